"""Handshake, re-attachment, time-outs, and the end of sessions."""
import pytest

import ops
import servers
import wire
from jute import Reader, i32


def reattach(port, session, password=None, **request):
    return wire.Session(port, session_id=session.session_id, password=password or session.password, **request)


@pytest.mark.parametrize("asked, granted", [
    (-1, 4000), (0, 4000), (1, 4000), (4000, 4000), (10000, 10000), (40000, 40000), (2**31 - 1, 40000), (-2**31, 4000)])
def test_time_out_is_clamped(connect, asked, granted):
    assert connect(timeout=asked).response.timeout == granted


@pytest.mark.parametrize("password", [None, b"", b"short", bytes(16), bytes(40)])
def test_a_new_session_takes_any_password(connect, password):
    assert connect(password=password).session_id != 0


def test_reattach_keeps_ephemerals_but_not_identities(plain_server, connect, home):
    session = connect(auth=("digest", b"alice:secret"))
    session.must(ops.CREATE, ops.create(home + "/e", flags=ops.EPHEMERAL))
    again = reattach(plain_server.port, session, timeout=9000)
    with again:
        assert (again.session_id, again.password, again.response.timeout) == (
            session.session_id, session.password, 9000)
        assert session.is_closed()
        paths = Reader(again.must(ops.GET_EPHEMERALS, ops.get_ephemerals(None)))
        assert paths.vector(paths.string) == [home + "/e"]
        identities = Reader(again.must(ops.WHO_AM_I))
        assert identities.vector(lambda: (identities.string(), identities.string())) == [("ip", "127.0.0.1")]


def refused(port, **request):
    with wire.Session(port, **request) as session:
        assert session.response[:4] == (0, 0, 0, bytes(16))
        assert session.is_closed()
    return True


@pytest.mark.parametrize("password", [None, b"", bytes(16), b"0123456789abcdef", bytes(15), bytes(17)])
def test_reattach_with_a_wrong_password(plain_server, client, since_39, password):
    assert refused(plain_server.port, session_id=client.session_id, password=password)
    # Row 11.5: the reference closes the honest connection; ours keeps it.
    assert since_39(lambda: client.ping().err == ops.OK, client.is_closed)()


def test_reattach_to_an_unknown_session(plain_server):
    unknown = 0x0100001234567890
    assert refused(plain_server.port, session_id=unknown, password=wire.session_password(unknown))


def test_reattach_to_a_closed_session(plain_server, connect):
    session = connect()
    assert session.close_session().err == ops.OK
    assert refused(plain_server.port, session_id=session.session_id, password=session.password)


def test_a_client_from_the_future_is_turned_away(plain_server):
    with wire.Connection(plain_server.port) as connection:
        connection.send_frame(wire.connect_request(last_zxid=2**40))
        assert connection.is_closed()


def test_the_present_is_not_the_future(client, connect):
    assert connect(last_zxid=client.ping().zxid).session_id != 0


def test_requests_pipelined_behind_the_handshake(plain_server):
    """In one write: connect, auth, whoAmI, ping; the identity counts for the question after it."""
    frames = [wire.connect_request(), wire.header(-4, ops.AUTH) + ops.auth("digest", b"u:p"),
              wire.header(1, ops.WHO_AM_I), wire.header(-2, ops.PING)]
    with wire.Connection(plain_server.port) as connection:
        connection.send_raw(b"".join(i32(len(frame)) + frame for frame in frames))
        assert wire.parse_connect_response(connection.read_frame()).timeout > 0
        assert connection.read_frame() == i32(-4) + bytes(12)
        reader = Reader(connection.read_frame()[16:])
        identities = reader.vector(lambda: (reader.string(), reader.string()))
        assert sorted(identities) == [("digest", "u"), ("ip", "127.0.0.1")]
        assert connection.read_frame()[:4] == i32(-2)


def test_session_moved_is_a_silent_close(plain_server, connect, home):
    first = connect()
    first.must(ops.CREATE, ops.create(home + "/e", flags=ops.EPHEMERAL))
    with reattach(plain_server.port, first) as second:
        assert first.is_closed()
        assert second.call(ops.SET_DATA, ops.set_data(home + "/e")).err == ops.OK


def test_ephemerals_are_listed_for_their_session(client, connect, home):
    other = connect()
    for name in ("/ab", "/abc", "/b"):
        client.must(ops.CREATE, ops.create(home + name, flags=ops.EPHEMERAL))

    def listed(session, prefix):
        reader = Reader(session.must(ops.GET_EPHEMERALS, ops.get_ephemerals(prefix)))
        return sorted(path.replace(home, "") for path in reader.vector(reader.string))

    for everything in (None, "", "  ", "/"):
        assert listed(client, everything) == ["/ab", "/abc", "/b"]
    assert listed(client, home + "/ab") == ["/ab", "/abc"]
    assert listed(client, "nonsense") == []
    assert listed(other, None) == []


def test_expiry_removes_ephemerals_and_refuses_the_session(subject_kind):
    config = {"tickTime": 200}
    with servers.running(subject_kind, config) as server, wire.Session(server.port, timeout=20000) as watcher:
        session = wire.Session(server.port, timeout=400)
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
        watcher.must(ops.EXISTS, ops.read("/e", True))
        event = watcher.next_item(15)
        assert (event.type, event.path) == (ops.NODE_DELETED, "/e")
        # Only now the expiry is over: it closes any connection of the session.
        assert session.is_closed()
        assert refused(server.port, session_id=session.session_id, password=session.password)


def test_pings_keep_a_session(subject_kind):
    with servers.running(subject_kind, {"tickTime": 200}) as server, wire.Session(server.port, timeout=600) as session:
        idle = wire.Session(server.port, timeout=600)
        # By the time the idle session is gone, the pinged one would be gone too.
        servers.wait_until(lambda: session.ping().err == ops.OK and _gone(server, idle), 15,
                           "the idle session to expire")
        assert session.ping().err == ops.OK


def _gone(server, session):
    return hex(session.session_id).encode() not in server.command_word("dump")


def test_enforced_authentication(subject_kind):
    properties = {"zookeeper.enforce.auth.enabled": "true", "zookeeper.enforce.auth.schemes": "digest"}
    with servers.running(subject_kind, properties=properties) as server:
        for op in (ops.PING, ops.GET_DATA, ops.CLOSE_SESSION):
            with wire.Session(server.port) as session:
                reply = session.call(op, ops.read("/"), xid=5)
                assert (reply.xid, reply.zxid, reply.err) == (5, 0, ops.AUTH_REQUIRED)
                assert session.is_closed()
        with wire.Session(server.port) as session:
            assert session.authenticate("digest", b"a:b").err == ops.OK
            assert session.call(ops.GET_DATA, ops.read("/")).err == ops.OK


@pytest.fixture(scope="module")
def busy_server(subject_kind):
    """Several threads, so that the connections of one session are on different ones."""
    properties = {"zookeeper.nio.numSelectorThreads": 3, "zookeeper.forceSync": "no"}
    with servers.running(subject_kind, properties=properties) as server:
        yield server


def test_writes_before_a_reattach_do_not_block_those_after_it(busy_server, connect):
    """The old connection's last writes are still on their way when the new one begins."""
    session = connect(busy_server)
    session.must(ops.CREATE, ops.create("/pipelined"))
    for _ in range(100):
        for _ in range(30):
            session.submit(ops.SET_DATA, ops.set_data("/pipelined", bytes(100)))
        again = reattach(busy_server.port, session)
        assert again.session_id == session.session_id
        assert again.call(ops.SET_DATA, ops.set_data("/pipelined", b"again")).err == ops.OK
        assert again.must(ops.GET_DATA, ops.read("/pipelined")).startswith(i32(5) + b"again")
        session.close()
        session = again
    session.close()


def test_connections_that_quarrel_for_a_session_are_not_told_that_it_expired(busy_server, connect):
    session = connect(busy_server)
    session.must(ops.CREATE, ops.create("/quarrel", flags=ops.EPHEMERAL))
    request = wire.connect_request(session_id=session.session_id, password=session.password)
    for _ in range(20):
        rivals = [wire.Connection(busy_server.port) for _ in range(8)]
        for rival in rivals:
            rival.send_frame(request)
        granted = 0
        for rival in rivals:
            try:
                assert wire.parse_connect_response(rival.read_frame()).session_id == session.session_id
                granted += 1
            except wire.ConnectionClosed:
                pass
        assert granted > 0
        for rival in rivals:
            rival.close()
    with reattach(busy_server.port, session) as last:
        assert last.call(ops.EXISTS, ops.read("/quarrel")).err == ops.OK


def test_a_shorter_time_out_counts_from_the_reattach_on(subject_kind):
    with servers.running(subject_kind, {"tickTime": 200}) as server:
        session = wire.Session(server.port, timeout=4000)
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
        with reattach(server.port, session, timeout=400), wire.Session(server.port) as watcher:
            assert watcher.call(ops.EXISTS, ops.read("/e", True)).err == ops.OK
            event = watcher.next_item(2)
            assert (event.type, event.path) == (ops.NODE_DELETED, "/e")
