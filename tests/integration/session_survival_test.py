"""Sessions and their ephemerals across restarts."""
import pytest

import ops
import servers
import wire

CONFIG = {"tickTime": 500}


def start_with_ephemeral(make_server, timeout):
    server = make_server(CONFIG).start()
    session = wire.Session(server.port, timeout=timeout)
    session.must(ops.CREATE, ops.create("/e", b"mine", flags=ops.EPHEMERAL))
    return server, session


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_session_survives_a_restart(make_server, end):
    server, session = start_with_ephemeral(make_server, 10000)
    getattr(server, end)()
    server.start()
    with wire.Session(server.port, session_id=session.session_id, password=session.password, timeout=10000) as again:
        assert again.session_id == session.session_id
        assert again.call(ops.EXISTS, ops.read("/e")).err == ops.OK
        assert again.close_session().err == ops.OK
    with wire.Session(server.port) as other:
        assert other.call(ops.EXISTS, ops.read("/e")).err == ops.NO_NODE


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_session_that_does_not_come_back_expires(make_server, end):
    server, session = start_with_ephemeral(make_server, 2000)
    getattr(server, end)()
    server.start()
    with wire.Session(server.port, timeout=10000) as watcher:
        # On a slow machine the session may be gone as soon as we are here.
        if watcher.call(ops.EXISTS, ops.read("/e", True)).err == ops.OK:
            event = watcher.next_item(15)
            assert (event.type, event.path) == (ops.NODE_DELETED, "/e")
    servers.wait_until(lambda: is_refused(server, session), 10, "the expired session to be refused")


def is_refused(server, session):
    """The expiry also closes a connection that came for the session in the same moment."""
    try:
        with wire.Session(server.port, session_id=session.session_id, password=session.password) as again:
            return again.session_id == 0
    except wire.ConnectionClosed:
        return False


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_closed_session_stays_closed(make_server, end):
    server, session = start_with_ephemeral(make_server, 10000)
    assert session.close_session().err == ops.OK
    getattr(server, end)()
    server.start()
    with wire.Session(server.port) as other:
        assert other.call(ops.EXISTS, ops.read("/e")).err == ops.NO_NODE
    assert is_refused(server, session)


def test_session_ids_do_not_come_twice(make_server):
    server = make_server(CONFIG).start()
    seen = set()
    for _ in range(3):
        for _ in range(20):
            with wire.Session(server.port) as session:
                assert session.session_id not in seen
                seen.add(session.session_id)
        server.kill()
        server.start()
