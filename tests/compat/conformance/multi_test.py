"""multi and multiRead: framing, results, atomicity."""
import pytest

import ops
import replies

END = ops.MULTI_END


def results(reply):
    assert reply.err == ops.OK
    return replies.decode(ops.MULTI, reply.body)["results"]


def test_bytes_of_a_failure(client, home):
    """Three operations, the second fails with -103."""
    reply = client.call(ops.MULTI, ops.multi(
        (ops.CHECK, ops.check(home)), (ops.CHECK, ops.check(home, 7)), (ops.CHECK, ops.check(home))))
    assert reply.err == ops.OK
    assert reply.body == bytes.fromhex(
        "ffffffff0000000000" "00000000" "ffffffff00ffffff99" "ffffff99" "ffffffff00fffffffe" "fffffffe"
        "ffffffff01ffffffff")


def test_empty(client):
    before = client.ping().zxid
    reply = client.call(ops.MULTI, END)
    assert (reply.err, reply.zxid, reply.body) == (ops.OK, before + 1, END)


def test_success_of_every_kind(extended, extended_home, since_39):
    home = extended_home
    reply = extended.call(ops.MULTI, ops.multi(
        (ops.CREATE, ops.create(home + "/a", b"1")), (ops.CREATE2, ops.create(home + "/b", b"22")),
        (ops.CREATE_CONTAINER, ops.create(home + "/c", flags=ops.CONTAINER)),
        (ops.CREATE_TTL, ops.create_ttl(home + "/t")), (ops.SET_DATA, ops.set_data(home + "/a", b"333", 0)),
        (ops.CHECK, ops.check(home + "/a", 1)), (ops.SET_DATA, ops.set_data(home + "/a", b"4")),
        (ops.DELETE, ops.delete(home + "/a", 2)), (ops.CREATE, ops.create(home + "/s", flags=ops.SEQUENTIAL))))
    found = results(reply)
    # Row "create2 sub-op in multi".
    create2 = since_39(ops.CREATE2, ops.CREATE)
    assert [result["type"] for result in found] == [
        ops.CREATE, create2, ops.CREATE2, ops.CREATE2, ops.SET_DATA, ops.CHECK, ops.SET_DATA, ops.DELETE, ops.CREATE]
    assert found[4]["stat"]["version"] == 1 and found[4]["stat"]["dataLength"] == 3
    assert found[6]["stat"]["version"] == 2 and found[6]["stat"]["mzxid"] == reply.zxid
    assert found[8]["path"] == home + "/s0000000004"
    assert found[2]["stat"]["ephemeralOwner"] == 0 and found[3]["stat"]["ephemeralOwner"] == 0


def test_a_failure_undoes_everything_and_burns_no_number(client, home):
    reply = client.call(ops.MULTI, ops.multi(
        (ops.CREATE, ops.create(home + "/s-", flags=ops.SEQUENTIAL)), (ops.SET_DATA, ops.set_data(home, b"x")),
        (ops.DELETE, ops.delete(home + "/missing")), (ops.CREATE, ops.create(home + "/after"))))
    assert [result["err"] for result in results(reply)] == [0, 0, ops.NO_NODE, ops.RUNTIME_INCONSISTENCY]
    assert client.call(ops.EXISTS, ops.read(home + "/s-0000000000")).err == ops.NO_NODE
    assert replies.decode(ops.GET_DATA, client.must(ops.GET_DATA, ops.read(home)))["data"] == b""
    body = client.must(ops.CREATE, ops.create(home + "/s-", flags=ops.SEQUENTIAL))
    assert replies.decode(ops.CREATE, body)["path"] == home + "/s-0000000000"


def test_later_parts_see_earlier_ones(client, home):
    found = results(client.call(ops.MULTI, ops.multi(
        (ops.CREATE, ops.create(home + "/a")), (ops.CREATE, ops.create(home + "/a/b")),
        (ops.DELETE, ops.delete(home + "/a/b")), (ops.DELETE, ops.delete(home + "/a")))))
    assert all(result["err"] == ops.OK for result in found)


# One wrong part behind a good one: 3.9.5 answers with (-5, body), 3.8.0 with the second pair;
# "per operation" stands for a failed multi that names the code.
UNDECODABLE = [
    ("setACL", (ops.SET_ACL, ops.set_acl("/a")), (ops.MARSHALLING, b""), (ops.MARSHALLING, b"")),
    ("exists", (ops.EXISTS, ops.read("/a")), (ops.MARSHALLING, b""), (ops.MARSHALLING, b"")),
    ("deleteContainer", (ops.DELETE_CONTAINER, ops.delete_container("/a")), (ops.MARSHALLING, b""),
     (ops.MARSHALLING, b"")),
    ("reconfig", (ops.RECONFIG, ops.reconfig()), (ops.MARSHALLING, b""), (ops.MARSHALLING, b"")),
    ("read beside write", (ops.GET_DATA, ops.read("/")), (ops.MARSHALLING, b""), (ops.MARSHALLING, b"")),
    ("flags", (ops.CREATE, ops.create("/x", flags=7)), (ops.MARSHALLING, b""), ("per operation", ops.BAD_ARGUMENTS)),
    ("TTL flags", (ops.CREATE, ops.create("/x", flags=ops.TTL)), (ops.MARSHALLING, b""), (ops.MARSHALLING, b"")),
    ("null ACL", (ops.CREATE, ops.create("/x", acls=None)), (ops.MARSHALLING, b""),
     ("per operation", ops.INVALID_ACL)),
    ("null path", (ops.CREATE, ops.create(None)), (ops.MARSHALLING, b""), (ops.MARSHALLING, END)),
    ("null path of delete", (ops.DELETE, ops.delete(None)), (ops.MARSHALLING, b""), (ops.MARSHALLING, END)),
]


@pytest.mark.parametrize("part, newer, older", [row[1:] for row in UNDECODABLE], ids=[row[0] for row in UNDECODABLE])
def test_parts_that_spoil_the_whole(client, home, since_39, part, newer, older):
    """Rows "bad flags / null ACL in multi" and "null path in multi"."""
    before = client.ping().zxid
    reply = client.call(ops.MULTI, ops.multi((ops.CREATE, ops.create(home + "/good")), part))
    kind, detail = since_39(newer, older)
    if kind == "per operation":
        assert [result["err"] for result in results(reply)] == [0, detail]
    else:
        assert (reply.err, reply.body) == (kind, detail)
    # The 3.8.0 server loses the zxid of a multi with a null path: its next transaction leaves a gap.
    assert reply.zxid == before + (detail != END)
    assert client.call(ops.EXISTS, ops.read(home + "/good")).err == ops.NO_NODE


def test_reads_only(client, home):
    reply = client.call(ops.MULTI, ops.multi((ops.GET_DATA, ops.read(home))))
    assert reply.err == ops.MARSHALLING


def test_container_with_plain_flags(client, home, since_39):
    """Row "createContainer (19) sub-op with flags 0"."""
    found = results(client.call(ops.MULTI, ops.multi((ops.CREATE_CONTAINER, ops.create(home + "/c")))))
    assert found[0]["type"] == since_39(ops.CREATE2, ops.CREATE)


def test_plain_create_with_the_container_flag(client, home):
    found = results(client.call(ops.MULTI, ops.multi((ops.CREATE, ops.create(home + "/c", flags=ops.CONTAINER)))))
    assert found[0]["type"] == ops.CREATE2


def test_multi_read_answers_each_part(client, home):
    client.must(ops.SET_DATA, ops.set_data(home, b"x"))
    client.must(ops.CREATE, ops.create(home + "/k"))
    reply = client.call(ops.MULTI_READ, ops.multi(
        (ops.GET_DATA, ops.read(home, True)), (ops.GET_DATA, ops.read("/missing")),
        (ops.GET_CHILDREN, ops.read(home, True))))
    found = results(reply)
    assert [(part["type"], part["err"]) for part in found] == [
        (ops.GET_DATA, 0), (ops.ERROR, ops.NO_NODE), (ops.GET_CHILDREN, 0)]
    assert found[0]["data"] == b"x" and found[2]["children"] == ["k"]
    # Watch flags inside are ignored.
    client.must(ops.SET_DATA, ops.set_data(home))
    client.must(ops.DELETE, ops.delete(home + "/k"))
    assert client.drain_events() == []


def test_multi_read_refuses_writes(client, home):
    reply = client.call(ops.MULTI_READ, ops.multi((ops.CREATE, ops.create(home + "/x"))))
    assert (reply.err, reply.body) == (ops.MARSHALLING, END)
    reply = client.call(ops.MULTI_READ, ops.multi((ops.EXISTS, ops.read(home))))
    assert (reply.err, reply.body) == (ops.MARSHALLING, b"")


def test_header_fields_that_nobody_reads(client, home):
    """Only `done` ends the list; the error code in a request's header is ignored."""
    body = ops.multi_header(ops.CHECK, err=5) + ops.check(home) + ops.multi_header(77, True, 9)
    found = results(client.call(ops.MULTI, body))
    assert found == [{"type": ops.CHECK, "err": 0}]
