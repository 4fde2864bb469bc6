"""The whole tree of a running server, as a super user sees it over the wire."""
import ops
import replies
import wire
from differential import pools

SUPER = ("digest", pools.SUPER.encode())
PROPERTIES = {
    "zookeeper.DigestAuthenticationProvider.superDigest": pools.SUPER_DIGEST,
    # Containers and TTL nodes are removed by the clock; a comparison must not wait for it.
    "znode.container.checkIntervalMs": 3_600_000,
}


def walk(session, path="/"):
    """{path: {data, stat, acl, children}} of the node and everything below it."""
    data = replies.decode(ops.GET_DATA, session.must(ops.GET_DATA, ops.read(path)))
    acl = replies.decode(ops.GET_ACL, session.must(ops.GET_ACL, ops.get_acl(path)))
    children = replies.decode(ops.GET_CHILDREN, session.must(ops.GET_CHILDREN, ops.read(path)))["children"]
    nodes = {path: {**data, "acl": acl["acl"], "children": sorted(children)}}
    for child in children:
        nodes.update(walk(session, path.rstrip("/") + "/" + child))
    return nodes


def of(server):
    with wire.Session(server.port) as session:
        session.authenticate(*SUPER)
        nodes = walk(session)
        session.close_session()
    return nodes


def difference(one, other):
    """A short text on where two trees differ; empty when they are equal."""
    lines = [f"only in the first: {path}" for path in sorted(one.keys() - other.keys())]
    lines += [f"only in the second: {path}" for path in sorted(other.keys() - one.keys())]
    lines += [f"{path}:\n  {one[path]}\n  {other[path]}" for path in sorted(one.keys() & other.keys())
              if one[path] != other[path]]
    return "\n".join(lines[:20])
