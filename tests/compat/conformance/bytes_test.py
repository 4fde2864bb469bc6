"""Whole frames, byte for byte: handshakes, the documented vectors, odd values that have to survive."""
import struct

import pytest

import ops
import servers
import wire
from jute import Reader, i32


def raw(text):
    return bytes.fromhex(text.replace(" ", ""))


def test_connect_request_vector():
    assert wire.connect_request(timeout=10000) == raw(
        "00000000 0000000000000000 00002710 0000000000000000 00000010" + "00" * 16 + "00")


@pytest.mark.parametrize("session_id, password", [
    (0x0100000E1BE30000, "7f7d8b4ba0bacd1cf501c58ce93b22c9"),
    (0x0100000F5DBF0000, "f3ad965e049409898969c087ed4dac59"),
])
def test_password_vectors_of_the_oracle(session_id, password):
    assert wire.session_password(session_id).hex() == password


def test_a_server_hands_out_the_computed_password(client):
    assert client.password == wire.session_password(client.session_id)
    assert client.session_id >> 56 == 1


@pytest.mark.parametrize("read_only, size", [(None, 36), (False, 37), (True, 37)])
def test_the_read_only_byte_is_answered_if_sent(plain_server, read_only, size):
    with wire.Connection(plain_server.port) as connection:
        request = wire.connect_request(read_only=read_only)
        assert len(request) == (44 if read_only is None else 45)
        connection.send_frame(request)
        frame = connection.read_frame()
        assert len(frame) == size
        assert wire.parse_connect_response(frame).read_only in (None, False)


@pytest.mark.parametrize("read_only, size", [(None, 36), (False, 37)])
def test_refused_connect_response(plain_server, read_only, size):
    with wire.Connection(plain_server.port) as connection:
        connection.send_frame(wire.connect_request(session_id=0x1234, read_only=read_only))
        assert connection.read_frame() == (i32(0) * 4 + raw("00000010") + bytes(17))[:size]
        assert connection.is_closed()


def test_ping(client):
    client.send_raw(raw("00000008 fffffffe 0000000b"))
    frame = client.read_frame()
    assert frame[:4] == i32(-2) and frame[12:] == i32(0) and len(frame) == 16


def test_ping_reply_xid_is_always_minus_two(client):
    assert client.call(ops.PING, xid=77).xid == -2


def test_unknown_operation(client):
    client.send_frame(wire.header(1, 4242))
    assert client.read_frame() == raw("00000001 ffffffffffffffff fffffffa")
    assert client.is_closed()


def test_create_request_vector():
    body = wire.header(1, ops.CREATE) + ops.create("/a")
    assert i32(len(body)) + body == raw(
        "00000031 00000001 00000001 00000002 2f61 00000000 00000001 0000001f 00000005 776f726c64 "
        "00000006 616e796f6e65 00000000")


def test_initial_nodes(subject_kind):
    with servers.running(subject_kind) as server, wire.Session(server.port) as session:
        quota_parent = Reader(session.must(ops.GET_DATA, ops.read("/zookeeper")))
        assert quota_parent.buffer() == b""
        stat = quota_parent.stat()
        assert (stat.pop("cversion"), stat.pop("numChildren")) == (-2, 2) and not any(stat.values())
        stat = Reader(session.must(ops.EXISTS, ops.read("/"))).stat()
        assert (stat.pop("cversion"), stat.pop("numChildren")) == (-1, 1) and not any(stat.values())
        config = Reader(session.must(ops.GET_DATA, ops.read("/zookeeper/config")))
        assert config.buffer() == b""
        stat = config.stat()
        assert stat.pop("aversion") == -1 and not any(stat.values())
        assert Reader(session.must(ops.GET_ALL_CHILDREN_NUMBER, ops.sync("/"))).i32() == 3
        body = session.must(ops.CREATE, ops.create("/s-", flags=ops.SEQUENTIAL))
        assert Reader(body).string() == "/s-0000000000"


@pytest.mark.parametrize("data", [None, b"", b"\x00", bytes(range(256))])
def test_null_and_empty_data_stay_apart(client, home, data):
    client.must(ops.CREATE, ops.create(home + "/created", data))
    client.must(ops.SET_DATA, ops.set_data(home, data))
    for path in (home, home + "/created"):
        reader = Reader(client.must(ops.GET_DATA, ops.read(path)))
        assert reader.buffer() == data
        assert reader.stat()["dataLength"] == len(data or b"")


def test_largest_frame(client, home):
    overhead = 8 + 4 + len(home) + 4 + 4
    client.must(ops.SET_DATA, ops.set_data(home, bytes(1048575 - overhead)))
    client.send_raw(struct.pack(">i", 1048576))
    assert client.is_closed()


def test_replies_may_exceed_the_frame_limit_of_requests(client, home):
    for number in range(3):
        client.must(ops.CREATE, ops.create(f"{home}/{number}", bytes(600_000)))
    parts = [(ops.GET_DATA, ops.read(f"{home}/{number}")) for number in range(3)]
    assert len(client.must(ops.MULTI_READ, ops.multi(*parts))) > 1_800_000


def test_surplus_bytes_are_ignored(client, home):
    assert client.call(ops.GET_DATA, ops.read(home) + b"surplus").err == ops.OK


@pytest.mark.parametrize("xid", [0, -1, -2, -3, -8, 2**31 - 1, -2**31])
def test_any_xid_is_echoed(client, home, xid):
    client.send_frame(wire.header(xid, ops.GET_DATA) + ops.read(home))
    assert client.read_frame()[:4] == i32(xid)


def test_sync_echoes_its_path_unchecked(client):
    for path in ("", "no-slash", "/missing/", "//", "/\x00"):
        assert Reader(client.must(ops.SYNC, ops.sync(path))).string() == path
    assert client.must(ops.SYNC, ops.sync(None)) == i32(-1)


SEQUENCE = ["-0000000001", "-0000000002"]


def test_sequence_counts_every_child_and_no_deletion(client, home):
    client.must(ops.CREATE, ops.create(home + "/a"))
    for suffix in SEQUENCE:
        body = client.must(ops.CREATE, ops.create(home + "/s-", flags=ops.SEQUENTIAL))
        assert Reader(body).string() == home + "/s" + suffix
    client.must(ops.DELETE, ops.delete(home + "/a"))
    body = client.must(ops.CREATE, ops.create(home + "/s-", flags=ops.SEQUENTIAL))
    assert Reader(body).string() == home + "/s-0000000003"


def test_stat_of_parent_and_node_through_a_life(client, home):
    created = client.call(ops.CREATE2, ops.create(home + "/n", b"x"))
    reader = Reader(created.body)
    assert reader.string() == home + "/n"
    stat = reader.stat()
    assert stat["czxid"] == stat["mzxid"] == stat["pzxid"] == created.zxid
    parent = Reader(client.must(ops.EXISTS, ops.read(home))).stat()
    assert (parent["cversion"], parent["pzxid"], parent["numChildren"]) == (1, created.zxid, 1)
    changed = client.call(ops.SET_DATA, ops.set_data(home + "/n", b"yy"))
    stat = Reader(changed.body).stat()
    assert (stat["mzxid"], stat["version"], stat["dataLength"]) == (changed.zxid, 1, 2)
    stat = Reader(client.must(ops.SET_ACL, ops.set_acl(home + "/n"))).stat()
    assert (stat["mzxid"], stat["version"], stat["aversion"]) == (changed.zxid, 1, 1)
    deleted = client.call(ops.DELETE, ops.delete(home + "/n", 1))
    parent = Reader(client.must(ops.EXISTS, ops.read(home))).stat()
    assert (parent["cversion"], parent["pzxid"], parent["numChildren"]) == (2, deleted.zxid, 0)


def test_pipelined_requests_are_answered_in_order(client, home):
    xids = []
    for number in range(200):
        xids.append(client.submit(ops.CREATE, ops.create(f"{home}/s-", flags=ops.SEQUENTIAL)))
        xids.append(client.submit(ops.GET_DATA, ops.read(f"{home}/s-{number:010d}")))
    for xid in xids:
        reply = client.next_reply()
        assert (reply.xid, reply.err) == (xid, ops.OK)
