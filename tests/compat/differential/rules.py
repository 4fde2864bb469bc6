"""What a 3.9.5 server answers where it differs from 3.8.0, computed from the answer of the 3.8.0 server.

One function per row of the table "3.8.0 versus 3.9.5" of the protocol page that a stream can meet. The rows
which a stream avoids, as the states of the servers would part, are covered one by one in conformance tests.
Each function turns the reference's item into the one we have to send; nothing else may differ.
"""
import ops
from jute import Reader

NULL = b"\xff\xff\xff\xff"


def expected(item, request, probe):
    """The item ours has to send for this request.

    probe(op, body) has the session ask the reference something; what changes a state is asked of both servers.
    """
    for rule in (exists_on_unreadable_node, watch_of_another, bad_flags_or_acl_in_multi, null_path_in_multi_read,
                 create2_in_multi):
        item = rule(item, request, probe)
    return item


def exists_on_unreadable_node(item, request, probe):
    """Row "exists on unreadable node": 3.8.0 answers with the Stat, 3.9.5 with -102."""
    if request.op != ops.EXISTS or item["err"] != ops.OK:
        return item
    if probe(ops.GET_DATA, request.body).err != ops.NO_AUTH:
        return item
    return error(item, ops.NO_AUTH)


def watch_of_another(item, request, probe):
    """checkWatches: 3.8.0 finds any connection's watch on the path, 3.9.5 only the caller's own.

    Removing it tells whose it is.
    """
    if request.op != ops.CHECK_WATCHES or item["err"] != ops.OK:
        return item
    if probe(ops.REMOVE_WATCHES, request.body).err != ops.NO_WATCHER:
        return item
    return error(item, ops.NO_WATCHER)


def bad_flags_or_acl_in_multi(item, request, _probe):
    """Row "bad flags / null ACL in multi": per-operation errors in 3.8.0, the whole multi -5 in 3.9.5."""
    if request.op == ops.MULTI and not request.decodes:
        return error(item, ops.MARSHALLING)
    return item


def null_path_in_multi_read(item, request, _probe):
    """Row "null path in multi": 3.8.0 finds it out at its turn and sends what it has, 3.9.5 while decoding."""
    if request.op == ops.MULTI_READ and any(body.startswith(NULL) for _, body in request.parts):
        return error(item, ops.MARSHALLING)
    return item


def create2_in_multi(item, request, _probe):
    """Row "create2 sub-op in multi": type 1 and path in 3.8.0, type 15 with path and Stat in 3.9.5.

    The Stat of a node just made is known in full.
    """
    if request.op != ops.MULTI or item["err"] != ops.OK or "results" not in item:
        return item
    results = []
    for (op, body), result in zip(request.parts, item["results"]):
        if op in (ops.CREATE2, ops.CREATE_CONTAINER) and result["type"] == ops.CREATE:
            result = {"type": ops.CREATE2, "err": ops.OK, "path": result["path"], "stat": new_stat(item["zxid"], body)}
        results.append(result)
    return {**item, "results": results}


def error(item, err):
    return {"reply": item["reply"], "xid": item["xid"], "zxid": item["zxid"], "err": err, "raw": b""}


def new_stat(zxid, create_body):
    reader = Reader(create_body)
    reader.string()
    data = reader.buffer()
    reader.vector(reader.acl)
    ephemeral = reader.i32() in (ops.EPHEMERAL, ops.EPHEMERAL_SEQUENTIAL)
    return {"czxid": zxid, "mzxid": zxid, "ctime": True, "mtime": True, "version": 0, "cversion": 0, "aversion": 0,
            "ephemeralOwner": "the session" if ephemeral else 0, "dataLength": len(data or b""), "numChildren": 0,
            "pzxid": zxid}
