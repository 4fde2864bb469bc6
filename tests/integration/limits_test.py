"""Limits on connections, and connections that never say anything."""
import contextlib
import re
import resource
import socket

import ops
import servers
import wire

HALF_OPEN = 10_000


def connection_count(server):
    return int(re.search(rb"Connections: (\d+)", server.command_word("srvr"))[1])


def is_reset(port):
    """Whether the server ends a new connection at once; that may reach us while we still connect."""
    with contextlib.suppress(ConnectionResetError), wire.Connection(port) as connection:
        return connection.is_closed()
    return True


def test_max_client_cnxns(make_server):
    server = make_server({"maxClientCnxns": 3}).start()
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(wire.Session(server.port)) for _ in range(3)]
        assert is_reset(server.port)
        assert all(session.ping().err == ops.OK for session in sessions)
        sessions[0].close_session()

        def has_room():
            with contextlib.suppress(wire.ConnectionClosed, OSError), wire.Session(server.port):
                return True

        servers.wait_until(has_room, 10, "the closed connection to make room")


def test_max_cnxns(make_server):
    server = make_server(properties={"zookeeper.maxCnxns": 3}).start()
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(wire.Session(server.port))
        assert is_reset(server.port)


def test_connections_without_a_session_are_closed(make_server):
    server = make_server(properties={"zookeeper.nio.sessionlessCnxnTimeout": 500}).start()
    with wire.Connection(server.port) as silent, wire.Connection(server.port) as half:
        half.send_raw(b"\x00\x00\x00\x2d" + bytes(20))
        assert silent.is_closed()
        assert half.is_closed()


def test_ten_thousand_half_open_connections(make_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        server = make_server().start()
        with wire.Session(server.port, timeout=40000) as session, contextlib.ExitStack() as stack:
            for number in range(HALF_OPEN):
                silent = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
                if number % 100 == 0:
                    assert session.ping().err == ops.OK
                if number % 2:
                    silent.sendall(b"\x00\x00\x00\x2d" + bytes(number % 45))
            assert session.call(ops.CREATE, ops.create("/a")).err == ops.OK
            with wire.Session(server.port) as other:
                assert other.call(ops.EXISTS, ops.read("/a")).err == ops.OK
        servers.wait_until(lambda: connection_count(server) < 10, 60, "the connections to be forgotten")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
