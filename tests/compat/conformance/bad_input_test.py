"""Malformed and hostile input on the client port: only the connection that sent it may suffer.

The id in a test's name (x_cli_..) is that of the list of bad inputs in the safety page.
"""
import time

import pytest

import datadir
import ops
import servers
import wire
from jute import Reader, i32, i64

# Answers in this time also show that nothing was done by a claimed count.
QUICK_SECONDS = 10


@pytest.fixture(autouse=True)
def bystander(plain_server):
    """An innocent connection, older than the bad one, that has to keep working."""
    with wire.Session(plain_server.port, timeout=40000) as session:
        yield session
        assert session.ping().err == ops.OK
        assert session.call(ops.GET_DATA, ops.read("/")).err == ops.OK
        assert plain_server.running


@pytest.fixture
def raw(plain_server):
    with wire.Connection(plain_server.port) as connection:
        yield connection


def handshake(connection, **request):
    connection.send_frame(wire.connect_request(**request))
    return wire.parse_connect_response(connection.read_frame())


def test_x_cli_01_word_not_on_the_list(subject_kind):
    with servers.running(subject_kind, {"4lw.commands.whitelist": "srvr"}) as server:
        assert server.command_word("ruok") == b"ruok is not executed because it is not in the whitelist.\n"


@pytest.mark.parametrize("word", [b"abcd", b"RUOK", b"ruo\n", b"\xff\xff\xff\xff"])
def test_x_cli_01_unknown_word_is_a_length(raw, word):
    raw.send_raw(word)
    assert raw.is_closed()


@pytest.mark.parametrize("length", [-1, -2**31, 2**31 - 1, 1048576])
def test_x_cli_02_length_out_of_range(plain_server, client, length):
    with wire.Connection(plain_server.port) as first:
        first.send_raw(i32(length))
        assert first.is_closed()
    client.send_raw(i32(length))
    assert client.is_closed()


@pytest.mark.parametrize("length", range(8))
def test_x_cli_03_too_short_for_a_header(plain_server, client, length):
    with wire.Connection(plain_server.port) as first:
        first.send_frame(bytes(length))
        assert first.is_closed()
    client.send_frame(bytes(length))
    assert client.is_closed()


@pytest.mark.parametrize("size", range(0, 44, 3))
def test_x_cli_04_short_connect_request(raw, size):
    raw.send_frame(wire.connect_request()[:size] if size != 28 else wire.connect_request()[:27])
    assert raw.is_closed()


@pytest.mark.parametrize("length", [-2, 17, 2**31 - 1, -2**31])
def test_x_cli_04_password_beyond_the_frame(raw, length):
    raw.send_frame(i32(0) + i64(0) + i32(10000) + i64(0) + i32(length) + bytes(16))
    assert raw.is_closed()


@pytest.mark.parametrize("password", [None, b"", bytes(15), bytes(17)])
def test_x_cli_04_odd_passwords_that_fit(plain_server, client, password):
    with wire.Connection(plain_server.port) as connection:
        assert handshake(connection, password=password).timeout > 0
    with wire.Connection(plain_server.port) as connection:
        assert handshake(connection, password=password, session_id=client.session_id).timeout == 0


def test_x_cli_04_trailing_bytes(raw):
    raw.send_frame(wire.connect_request() + b"trailing")
    assert wire.parse_connect_response(raw.read_frame()).timeout > 0


@pytest.mark.parametrize("asked, granted", [(-1, 4000), (-2**31, 4000), (2**31 - 1, 40000)])
def test_x_cli_05_time_out_out_of_range(raw, asked, granted):
    assert handshake(raw, timeout=asked).timeout == granted


def test_x_cli_06_second_connect_request(client):
    client.send_frame(wire.connect_request())
    while not client.is_closed():
        pass


def test_x_cli_06_request_before_connect(raw):
    raw.send_frame(wire.header(1, ops.GET_DATA) + ops.read("/"))
    assert raw.is_closed()


def test_x_cli_07_unknown_operation(plain_server, connect):
    for op in (ops.ERROR, -12, -2, 0, 10, 23, 99, 108, 2**31 - 1, -2**31):
        session = connect()
        reply = session.call(op, b"body")
        assert (reply.zxid, reply.err, reply.body) == (-1, ops.UNIMPLEMENTED, b""), op
        assert session.is_closed()


@pytest.mark.parametrize("op, body", [(ops.CREATE_SESSION, i32(5000)), (ops.CHECK, ops.check("/"))])
def test_x_cli_07_internal_operation(client, since_39, op, body):
    """Row 11.11 and row "check as top-level op 13"."""
    client.submit(op, body)
    if since_39(False, True):
        # 3.8.0 answers createSession with a connect response, and check with nothing.
        return
    reply = client.next_reply()
    assert (reply.zxid, reply.err) == (-1, ops.UNIMPLEMENTED)
    assert client.is_closed()


def test_x_cli_07_refused_with_a_zxid_of_its_own(client):
    before = client.ping().zxid
    reply = client.call(ops.RECONFIG, ops.reconfig(members="server.1=a:1:2;3"))
    assert (reply.zxid, reply.err) == (before + 1, ops.RECONFIG_DISABLED)
    reply = client.call(ops.DELETE_CONTAINER, ops.delete_container("/zookeeper"))
    assert (reply.zxid, reply.err) == (before + 2, ops.BAD_ARGUMENTS)


BODIES = {
    ops.CREATE: ops.create("/x"), ops.DELETE: ops.delete("/x"), ops.EXISTS: ops.read("/x"),
    ops.GET_DATA: ops.read("/x"), ops.SET_DATA: ops.set_data("/x"), ops.GET_ACL: ops.get_acl("/x"),
    ops.SET_ACL: ops.set_acl("/x"), ops.GET_CHILDREN: ops.read("/x"), ops.SYNC: ops.sync("/x"),
    ops.GET_CHILDREN2: ops.read("/x"), ops.CREATE2: ops.create("/x"), ops.CHECK_WATCHES: ops.watches("/x"),
    ops.REMOVE_WATCHES: ops.watches("/x"), ops.CREATE_CONTAINER: ops.create("/x", flags=ops.CONTAINER),
    ops.CREATE_TTL: ops.create_ttl("/x"),
    ops.SET_WATCHES: ops.set_watches(0, ["/x"]), ops.GET_EPHEMERALS: ops.sync("/x"),
    ops.GET_ALL_CHILDREN_NUMBER: ops.sync("/x"), ops.SET_WATCHES2: ops.set_watches(0, ["/x"], [], [], [], []),
    ops.ADD_WATCH: ops.watches("/x", 0), ops.MULTI: ops.multi((ops.CHECK, ops.check("/x"))),
    ops.MULTI_READ: ops.multi((ops.GET_DATA, ops.read("/x"))),
}


@pytest.mark.parametrize("op", BODIES, ids=[ops.NAMES[op] for op in BODIES])
def test_x_cli_08_body_cut_anywhere(client, op):
    body = BODIES[op]
    for size in range(len(body)):
        reply = client.call(op, body[:size])
        assert (reply.err, reply.body[9:]) == (ops.MARSHALLING, b""), f"cut to {size}"


@pytest.mark.parametrize("length", [-2, -2**31, 5, 1048576, 2**31 - 1])
@pytest.mark.parametrize("op", BODIES, ids=[ops.NAMES[op] for op in BODIES])
def test_x_cli_08_string_length(client, op, length):
    body = BODIES[op]
    at = body.index(b"\x00\x00\x00\x02/x")
    broken = body[:at] + i32(length) + b"/x"
    started = time.monotonic()
    assert client.call(op, broken).err == ops.MARSHALLING
    assert time.monotonic() - started < QUICK_SECONDS


@pytest.mark.parametrize("count", [10**9, 2**31 - 1])
def test_x_cli_08_vector_count(client, count):
    started = time.monotonic()
    assert client.call(ops.SET_WATCHES, i64(0) + i32(count)).err == ops.MARSHALLING
    assert client.call(ops.CREATE, ops.create("/x")[:10] + i32(count)).err == ops.MARSHALLING
    assert time.monotonic() - started < QUICK_SECONDS


def test_x_cli_08_negative_vector_count_is_empty(client):
    assert client.call(ops.SET_WATCHES, i64(0) + i32(-2) * 3).err == ops.OK


def test_x_cli_08_malformed_auth_closes(connect):
    for body in (b"", i32(0), i32(0) + i32(2**31 - 1), i32(0) + i32(-2)):
        session = connect()
        session.submit(ops.AUTH, body)
        assert session.is_closed()
        session = connect()
        session.submit(ops.SASL, i32(2**31 - 1))
        assert session.is_closed()


@pytest.mark.parametrize("body", [b"", b"\x00", i32(-2), i32(2**31 - 1) + b"/x", ops.delete_container("/x")])
def test_x_cli_08_delete_container_is_never_decoded(client, body):
    assert client.call(ops.DELETE_CONTAINER, body).err == ops.BAD_ARGUMENTS


NOT_IN_A_PATH = {
    "not UTF-8": b"/\xff", "cut": b"/\xe2\x82", "overlong slash": b"/\xc0\xaf", "overlong NUL": b"/\xc0\x80",
    "lone surrogate": b"/\xed\xa0\x80", "surrogates one by one": b"/\xed\xa0\xbd\xed\xb8\x80",
    "beyond the BMP": "/\U0001f600", "NUL": "/a\x00b", "control": "/\x01", "C1 control": "/\x9f", "private": "/\ue000",
    "U+FFF0": "/\ufff0", "U+FFFE": "/\ufffe", "empty": "", "no slash": "a", "double slash": "//a", "dot": "/./a",
    "dots": "/../a", "ends with a dot": "/.", "trailing slash": "/zookeeper/", "DEL": "/\x7f",
}


@pytest.mark.parametrize("name", NOT_IN_A_PATH)
def test_x_cli_09_x_cli_10_paths_that_are_refused(client, name):
    path = NOT_IN_A_PATH[name]
    before = client.ping().zxid
    answer = client.call(ops.CREATE, ops.create(path)).err
    # A missing parent is reported before the rest of the path is looked at.
    assert answer == (ops.NO_NODE if name in ("dot", "dots") else ops.BAD_ARGUMENTS)
    assert client.call(ops.SET_DATA, ops.set_data(path)).err == ops.BAD_ARGUMENTS
    assert client.ping().zxid == before + 2


@pytest.mark.parametrize("name", ["\u00a0", "\uf900", "\uffef", "...", "a.", "\u4e2d\u6587", " ", "%s%n", "a" * 4000])
def test_x_cli_09_x_cli_10_paths_that_are_fine(client, home, name):
    path = f"{home}/{name}"
    body = client.must(ops.CREATE, ops.create(path))
    assert Reader(body).string() == path
    reader = Reader(client.must(ops.GET_CHILDREN, ops.read(home)))
    assert reader.vector(reader.string) == [name]


def test_x_cli_10_the_zookeeper_subtree(client):
    for path in ("/zookeeper", "/zookeeper/quota", "/zookeeper/config"):
        assert client.call(ops.DELETE, ops.delete(path)).err == ops.BAD_ARGUMENTS
    assert client.call(ops.SET_DATA, ops.set_data("/zookeeper/config", b"x")).err == ops.NO_AUTH


MULTIS = {
    "no end mark": (ops.multi_header(ops.CHECK) + ops.check("/"), ops.MARSHALLING),
    "end mark first": (ops.MULTI_END + b"whatever follows", ops.OK),
    "nested": (ops.multi((ops.MULTI, ops.MULTI_END)), ops.MARSHALLING),
    "check only": (ops.multi((ops.CHECK, ops.check("/"))), ops.OK),
    "error operation": (ops.multi((ops.ERROR, i32(-101))), ops.MARSHALLING),
    "session operation": (ops.multi((ops.CLOSE_SESSION, b"")), ops.MARSHALLING),
    "read and write": (ops.multi((ops.GET_DATA, ops.read("/")), (ops.CHECK, ops.check("/"))), ops.MARSHALLING),
    "header only": (ops.multi_header(ops.CREATE), ops.MARSHALLING),
}


@pytest.mark.parametrize("name", MULTIS)
def test_x_cli_11_multi(client, name):
    body, err = MULTIS[name]
    assert client.call(ops.MULTI, body).err == err


def test_x_cli_11_as_many_operations_as_fit(client):
    body = ops.multi(*[(ops.CHECK, ops.check("/"))] * 50_000)
    assert client.call(ops.MULTI, body).err in (ops.OK, ops.MARSHALLING)


@pytest.mark.parametrize("xid", [7, -1, -2, -4, -8, 0])
def test_x_cli_12_xids(client, xid):
    for op, body in [(ops.GET_DATA, ops.read("/")), (ops.SET_DATA, ops.set_data("/")), (ops.SYNC, ops.sync("/"))] * 2:
        client.send_frame(wire.header(xid, op) + body)
        assert Reader(client.read_frame()).i32() == xid


@pytest.mark.parametrize("flags", [7, 8, -1, -2**31, 2**31 - 1])
@pytest.mark.parametrize("op", [ops.CREATE, ops.CREATE2, ops.CREATE_CONTAINER, ops.CREATE_TTL])
def test_x_cli_13_flags(client, home, op, flags):
    body = ops.create(home + "/n", flags=flags) + (i64(5000) if op == ops.CREATE_TTL else b"")
    assert client.call(op, body).err == ops.BAD_ARGUMENTS


def test_x_cli_13_ttl_when_not_enabled(client, home):
    assert client.call(ops.CREATE_TTL, ops.create_ttl(home + "/n")).err == ops.UNIMPLEMENTED
    assert client.ping().err == ops.OK


@pytest.mark.parametrize("ttl", [0, -1, -2**63, 1099511627776, 2**63 - 1])
def test_x_cli_13_ttl_out_of_range(extended, extended_home, ttl):
    assert extended.call(ops.CREATE_TTL, ops.create_ttl(extended_home + "/n", ttl=ttl)).err == ops.BAD_ARGUMENTS


def test_x_cli_13_ttl_operation_with_another_mode(extended, extended_home, since_39):
    """Row 11.2: this ends a 3.9.5 server, so the reference is spared."""
    if since_39(True, False):
        body = ops.create_ttl(extended_home + "/n", flags=ops.PERSISTENT, ttl=-1)
        assert extended.call(ops.CREATE_TTL, body).err == ops.BAD_ARGUMENTS


@pytest.mark.parametrize("version", [-2, 1, -2**31, 2**31 - 1])
def test_x_cli_14_versions(client, home, version):
    for op, body in [(ops.SET_DATA, ops.set_data(home, b"", version)), (ops.DELETE, ops.delete(home, version)),
                     (ops.SET_ACL, ops.set_acl(home, ops.ANYONE, version))]:
        assert client.call(op, body).err == ops.BAD_VERSION


@pytest.fixture(scope="module")
def worn_server(subject_kind):
    """With /v at the last version there is, and /s one child before the end of its counter."""
    with servers.running(subject_kind) as server:
        server.stop()
        datadir.write_log(server.version_dir, [
            datadir.create("/v", 1), datadir.set_data("/v", 2**31 - 1),
            datadir.create("/s", 2), datadir.create("/s/x", 2**31 - 2)])
        yield server.start()


def test_x_cli_14_version_overflow(worn_server):
    with wire.Session(worn_server.port) as session:
        assert Reader(session.must(ops.EXISTS, ops.read("/v"))).stat()["version"] == 2**31 - 1
        stat = Reader(session.must(ops.SET_DATA, ops.set_data("/v", b"", 2**31 - 1))).stat()
        assert stat["version"] == -2**31


def test_x_cli_15_sequence_overflow(worn_server):
    with wire.Session(worn_server.port) as session:
        def create():
            return session.call(ops.CREATE, ops.create("/s/n", flags=ops.SEQUENTIAL))
        assert Reader(create().body).string() == "/s/n2147483646"
        pzxid = Reader(session.must(ops.EXISTS, ops.read("/s"))).stat()["pzxid"]
        assert Reader(create().body).string() == "/s/n2147483647"
        # The counter sticks: the name repeats, and the parent no longer notices.
        assert create().err == ops.NODE_EXISTS
        assert Reader(session.must(ops.EXISTS, ops.read("/s"))).stat()["pzxid"] == pzxid
        assert session.call(ops.CREATE, ops.create("/s/plain")).err == ops.OK


def test_x_cli_16_ten_thousand_entries(client, home):
    acls = [(31, "ip", f"10.0.{number // 250}.{number % 250}") for number in range(10_000)]
    assert client.call(ops.CREATE, ops.create(home + "/n", acls=acls)).err in (ops.OK, ops.INVALID_ACL)


def test_x_cli_16_ten_thousand_duplicates(client, home):
    acls = [(31, "world", "anyone")] * 10_000
    client.must(ops.CREATE, ops.create(home + "/n", acls=acls))
    reader = Reader(client.must(ops.GET_ACL, ops.get_acl(home + "/n")))
    assert reader.vector(reader.acl) == [(31, "world", "anyone")]


@pytest.mark.parametrize("scheme, data", [("nobody", b"x"), ("", b""), (None, b"x"), ("x" * 1000, bytes(1000))])
def test_x_cli_17_auth_refused(connect, scheme, data):
    session = connect()
    session.submit(ops.AUTH, ops.auth(scheme, data), wire.AUTH_XID)
    item = session.next_item()
    if item is not wire.CLOSED:
        assert item.err == ops.AUTH_FAILED
        assert session.is_closed()


@pytest.mark.parametrize("data", [b"", b"\x00" * 50, b":", b"u:" + b"p" * 1_000_000, b"\xff\xfe:\xff"])
def test_x_cli_17_odd_digests(connect, data):
    session = connect()
    session.submit(ops.AUTH, ops.auth("digest", data), wire.AUTH_XID)
    item = session.next_item()
    assert item is wire.CLOSED or item.err in (ops.OK, ops.AUTH_FAILED)


def test_x_cli_17_many_identities(connect):
    session = connect()
    for number in range(10_000):
        session.submit(ops.AUTH, ops.auth("digest", f"u{number}:p".encode()), wire.AUTH_XID)
        item = session.next_item()
        if item is wire.CLOSED or item.err:
            return
    assert session.ping().err == ops.OK


def test_x_cli_18_sasl_that_is_not_configured(client):
    for token in (b"", b"surprise"):
        reply = client.call(ops.SASL, ops.sasl(token))
        assert (reply.zxid, reply.err, reply.body) == (0, ops.OK, i32(-1))


@pytest.mark.parametrize("zxid", [0, -1, 2**62])
def test_x_cli_19_a_frame_full_of_watches(connect, zxid):
    session = connect()
    paths = [f"/{number:05x}" for number in range(90_000)]
    started = time.monotonic()
    session.submit(ops.SET_WATCHES, ops.set_watches(zxid, [], paths, []), wire.SET_WATCHES_XID)
    assert session.next_reply().err == ops.OK
    assert time.monotonic() - started < QUICK_SECONDS
    session.close()


def test_x_cli_20_requests_after_the_end(connect, since_39):
    """Nothing follows the answer; the reference now and then reports -112 for a ping it was quick to read."""
    session = connect()
    frames = [wire.header(1, ops.CLOSE_SESSION)] + [wire.header(number, ops.PING) for number in range(2, 50)]
    session.send_raw(b"".join(i32(len(frame)) + frame for frame in frames))
    items = []
    while not items or items[-1] is not wire.CLOSED:
        items.append(session.next_item())
    late = [item.err for item in items[1:-1]]
    assert items[0].xid == 1 and late == since_39([], [ops.SESSION_EXPIRED] * len(late))


def test_x_cli_20_a_flood_of_pings(client):
    frame = wire.header(wire.PING_XID, ops.PING)
    client.send_raw((i32(len(frame)) + frame) * 10_000)
    for _ in range(10_000):
        assert client.next_reply().xid == wire.PING_XID


STRANGERS = {
    "TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(200), "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n", "SMTP": b"EHLO example.org\r\n", "Redis": b"*1\r\n$4\r\nPING\r\n",
}


@pytest.mark.parametrize("name", STRANGERS)
def test_x_cli_21_other_protocols(raw, name):
    raw.send_raw(STRANGERS[name])
    assert raw.is_closed()


def test_x_cli_22_frames_byte_by_byte(raw):
    def trickle(payload):
        for position in range(len(payload) + 4):
            raw.send_raw((i32(len(payload)) + payload)[position:position + 1])

    trickle(wire.connect_request())
    assert wire.parse_connect_response(raw.read_frame()).timeout > 0
    trickle(wire.header(1, ops.GET_DATA) + ops.read("/"))
    assert raw.read_frame()[12:16] == i32(0)


def test_x_cli_22_a_thousand_frames_at_once(client, home):
    frames = [wire.header(number, ops.SET_DATA) + ops.set_data(home) for number in range(1, 1001)]
    client.send_raw(b"".join(i32(len(frame)) + frame for frame in frames))
    assert [client.next_reply().xid for _ in frames] == list(range(1, 1001))


def test_x_cli_22_half_a_frame_then_the_end(plain_server):
    for size in (0, 1, 3, 4, 20):
        with wire.Connection(plain_server.port) as connection:
            connection.send_raw((i32(45) + wire.connect_request())[:size])
        session = wire.Session(plain_server.port)
        session.send_raw((i32(100) + wire.header(1, ops.CREATE))[:size])
        session.close()
