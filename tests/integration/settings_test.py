"""Settings that only ours has, or that no client can see from its answers alone."""
import contextlib
import re

import ops
import servers
import wire


def test_session_secret_replaces_the_published_password(make_server, ours):
    if not ours(True, False):
        return
    server = make_server(properties={"zookeeper.sessionSecret": "only we know"}).start()
    session = wire.Session(server.port)
    assert session.password != wire.session_password(session.session_id)
    guess = {"session_id": session.session_id, "password": wire.session_password(session.session_id)}
    with wire.Session(server.port, **guess) as thief:
        assert thief.session_id == 0
    server.kill()
    server.start()
    with wire.Session(server.port, session_id=session.session_id, password=session.password) as again:
        assert again.session_id == session.session_id
    assert "only we know" not in server.log_text()


def test_connection_throttle_lets_in_what_it_has_tokens_for(make_server):
    server = make_server(properties={"zookeeper.connection_throttle_tokens": 3,
                                     "zookeeper.connection_throttle_fill_time": 600_000}).start()
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(wire.Session(server.port))
        try:
            stack.enter_context(wire.Session(server.port))
            assert False, "let in without a token"
        except wire.ConnectionClosed:
            pass
    assert metric(server, "connection_rejected") == 1


def test_autopurge_keeps_three_snapshots(make_server):
    config = {"autopurge.purgeInterval": 1, "autopurge.snapRetainCount": 3}
    server = make_server().start()
    for number in range(5):
        with wire.Session(server.port) as session:
            session.must(ops.CREATE, ops.create(f"/n{number}"))
        server.stop()
        server.start()
        servers.wait_until(lambda: len(snapshots(server)) >= min(number + 2, 5), 10, "the snapshot of the start")
    server.stop()
    assert len(snapshots(server)) > 3
    server.config.update(config)
    server.start()
    # The start's own snapshot may come after the purge, which runs once an hour.
    servers.wait_until(lambda: "Purge task completed" in server.log_text(), 20, "the purge")
    assert 3 <= len(snapshots(server)) <= 4
    server.kill()
    server.start()
    with wire.Session(server.port) as session:
        assert session.call(ops.EXISTS, ops.read("/n4")).err == ops.OK


def test_ephemerals_of_a_session_fit_its_close(make_server, ours):
    """Safety L-16: the reference lets them grow until no server can read the closeSession."""
    if not ours(True, False):
        return
    server = make_server(properties={"jute.maxbuffer": 5000}).start()
    with wire.Session(server.port) as session, wire.Session(server.port) as other:
        made = 0
        while True:
            path = f"/{made}-" + "x" * 900
            err = session.call(ops.CREATE, ops.create(path, flags=ops.EPHEMERAL)).err
            if err != ops.OK:
                break
            made += 1
        assert (made, err) == (5, ops.SYSTEM_ERROR)
        servers.wait_until(lambda: f"0x{session.session_id:x} has ephemerals" in server.log_text(), 5, "the log line")
        # Room that a delete makes counts, another session has room of its own, other nodes need none.
        session.must(ops.DELETE, ops.delete("/0-" + "x" * 900))
        session.must(ops.CREATE, ops.create("/again-" + "x" * 890, flags=ops.EPHEMERAL))
        other.must(ops.CREATE, ops.create(path, flags=ops.EPHEMERAL))
        session.must(ops.CREATE, ops.create("/persistent-" + "x" * 900))
        assert session.close_session().err == ops.OK
        assert other.call(ops.EXISTS, ops.read("/again-" + "x" * 890)).err == ops.NO_NODE
    server.kill()
    server.start()


def test_large_requests_share_a_bound(make_server):
    server = make_server(properties={"zookeeper.largeRequestThreshold": 1000,
                                     "zookeeper.largeRequestMaxBytes": 5000}).start()
    with wire.Session(server.port) as session:
        for number in range(5):
            assert session.call(ops.CREATE, ops.create(f"/{number}", bytes(4000))).err == ops.OK
        session.submit(ops.CREATE, ops.create("/large", bytes(6000)))
        assert session.is_closed()
    assert metric(server, "large_requests_rejected") >= 1


def test_dump_lists_sessions_ephemerals_and_connections(make_server):
    server = make_server().start()
    with wire.Session(server.port) as session:
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
        name = f"0x{session.session_id:x}"
        dump = server.command_word("dump").decode()
        assert f"\t{name}\n" in dump and f"{name}:\n\t/e\n" in dump
        port = session.socket.getsockname()[1]
        assert f"\tip: /127.0.0.1:{port} sessionId: {name}\n" in dump
        assert re.search(r"Connections Sets \(\d\)/\(2\):\n", dump)


def test_numbers_are_counted(make_server, ours):
    server = make_server().start()
    with wire.Session(server.port) as session:
        session.must(ops.CREATE, ops.create("/a"))
        session.must(ops.GET_DATA, ops.read("/a", True))
        session.must(ops.SET_DATA, ops.set_data("/a", b"new"))
        assert metric(server, "connection_request_count") == 1
        for name in ("cnt_fsynctime", "cnt_readlatency", "cnt_updatelatency", "sync_processor_request_queued",
                     "prep_processor_request_queued", "response_bytes", "bytes_received_count", "watch_bytes",
                     "cnt_node_changed_watch_count", "cnt_dbinittime", "cnt_startup_txns_loaded"):
            assert metric(server, name) > 0, name
        if ours(True, False):
            assert metric(server, "digest_mismatches_count") == 0
        server.command_word("srst")
        assert metric(server, "watch_bytes") == 0
        assert metric(server, "cnt_updatelatency") == 0


def test_a_setting_without_effect_is_told(make_server, ours):
    if not ours(True, False):
        return
    names = {"zookeeper.request_throttler.shutdownTimeout": 10, "zookeeper.flushDelay": 5, "zookeeper.memoryLimitMb": 100,
             "zookeeper.audit.enable": "true", "zookeeper.enableEagerACLCheck": "true"}
    server = make_server(properties=names).start()
    for name in names:
        told = re.compile(rf"WARN .*{re.escape(name)}.*no effect")
        servers.wait_until(lambda told=told: told.search(server.log_text()), 5, name)


def metric(server, name):
    lines = dict(line.split("\t") for line in server.command_word("mntr").decode().splitlines())
    return float(lines["zk_" + name])


def snapshots(server):
    return list(server.version_dir.glob("snapshot.*"))
