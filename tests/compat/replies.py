"""Turns the body of a successful reply into plain values, by operation."""
import ops
from jute import Reader, Truncated


def _stat(reader):
    return {"stat": reader.stat()}


def _path(reader):
    return {"path": reader.string()}


def _path_stat(reader):
    return {"path": reader.string(), "stat": reader.stat()}


def _data(reader):
    return {"data": reader.buffer(), "stat": reader.stat()}


def _children(reader):
    return {"children": reader.vector(reader.string)}


def _children_stat(reader):
    return {"children": reader.vector(reader.string), "stat": reader.stat()}


def _acl(reader):
    return {"acl": reader.vector(reader.acl), "stat": reader.stat()}


def _paths(reader):
    return {"paths": reader.vector(reader.string)}


def _number(reader):
    return {"number": reader.i32()}


def _identities(reader):
    return {"identities": reader.vector(lambda: (reader.string(), reader.string()))}


def _token(reader):
    return {"token": reader.buffer()}


def _nothing(_reader):
    return {}


def _results(reader):
    """Multi results: a list of {"type", "err", ...}; an error result repeats its code in the body."""
    results = []
    while True:
        kind, done, err = reader.i32(), reader.boolean(), reader.i32()
        if done:
            return {"results": results, "end": (kind, err)}
        body = {"body_err": reader.i32()} if kind == ops.ERROR else DECODERS[kind](reader)
        results.append({"type": kind, "err": err, **body})


DECODERS = {
    ops.CREATE: _path,
    ops.DELETE: _nothing,
    ops.EXISTS: _stat,
    ops.GET_DATA: _data,
    ops.SET_DATA: _stat,
    ops.GET_ACL: _acl,
    ops.SET_ACL: _stat,
    ops.GET_CHILDREN: _children,
    ops.SYNC: _path,
    ops.PING: _nothing,
    ops.GET_CHILDREN2: _children_stat,
    ops.CHECK: _nothing,
    ops.MULTI: _results,
    ops.CREATE2: _path_stat,
    ops.RECONFIG: _data,
    ops.CHECK_WATCHES: _nothing,
    ops.REMOVE_WATCHES: _nothing,
    ops.CREATE_CONTAINER: _path_stat,
    ops.DELETE_CONTAINER: _nothing,
    ops.CREATE_TTL: _path_stat,
    ops.MULTI_READ: _results,
    ops.AUTH: _nothing,
    ops.SET_WATCHES: _nothing,
    ops.SASL: _token,
    ops.GET_EPHEMERALS: _paths,
    ops.GET_ALL_CHILDREN_NUMBER: _number,
    ops.SET_WATCHES2: _nothing,
    ops.ADD_WATCH: _number,
    ops.WHO_AM_I: _identities,
    ops.CLOSE_SESSION: _nothing,
}


def decode(op, body):
    """The fields of a body. Whatever does not decode, or is left over, is kept as raw bytes."""
    reader = Reader(body)
    try:
        fields = DECODERS[op](reader)
    except (KeyError, Truncated):
        return {"raw": body}
    rest = reader.rest()
    return {**fields, "rest": rest} if rest else fields
