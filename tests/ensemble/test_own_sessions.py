"""Sessions belong to the ensemble: they move between members, outlive leaders, and end only when they may."""
import contextlib
import time

import pytest

import ensemble
import ops
import replies
import servers
import wire

SESSION_MOVED = -118
TIMEOUT_MS = 4000
# Expiry is counted in ticks, and a new leader gives every session its whole time again.
EXPIRY_SECONDS = 30


def again(member, session, **fields):
    """The same session through another member."""
    return wire.Session(member.port, session_id=session.session_id, password=session.password, **fields)


def exists(member, path):
    """Whether a node exists, as of now."""
    with member.session() as session:
        session.must(ops.SYNC, ops.sync(path))
        err = session.call(ops.EXISTS, ops.read(path)).err
        session.close_session()
    return err == ops.OK


def keep_alive(session, seconds, until=lambda: False):
    """Pings often enough for a timeout of TIMEOUT_MS."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        session.ping()
        ensemble.let_pass(TIMEOUT_MS / 10000)


def test_every_member_gives_ids_of_its_own(make_ensemble):
    group = make_ensemble(3)
    group.start()
    for member in group:
        with member.session() as session:
            assert session.session_id >> 56 == member.sid
            assert session.password == wire.session_password(session.session_id)


def test_a_session_moves_and_its_old_connection_is_of_no_use(make_ensemble):
    group = make_ensemble(3)
    group.start()
    old = group[1].session(timeout=20000)
    old.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
    for sid in (2, 3, 1, 3):
        new = again(group[sid], old, timeout=20000)
        assert new.session_id == old.session_id
        new.must(ops.CREATE, ops.create("/s-", flags=ops.EPHEMERAL_SEQUENTIAL))
        with contextlib.suppress(OSError, wire.ConnectionClosed):
            assert old.call(ops.CREATE, ops.create("/from-the-past")).err == SESSION_MOVED
        old.close()
        old = new
    assert not exists(group[2], "/from-the-past")
    owned = replies.decode(ops.GET_EPHEMERALS, old.must(ops.GET_EPHEMERALS, ops.get_ephemerals("/")))["paths"]
    assert len(owned) == 5
    assert old.close_session().err == ops.OK
    for member in group:
        assert not exists(member, "/e")


def test_a_wrong_password_is_refused_everywhere(make_ensemble, is_reference):
    group = make_ensemble(3)
    group.start()
    with group[1].session(timeout=20000) as session:
        for member in group:
            with wire.Session(member.port, session_id=session.session_id, password=b"x" * 16) as thief:
                assert thief.session_id == 0
        if not is_reference:
            # The reference closes the connection of the rightful owner first.
            assert session.ping().err == ops.OK
        with again(group[2], session, timeout=20000) as owner:
            assert owner.session_id == session.session_id


@pytest.mark.parametrize("at", ["leader", "follower"])
def test_an_ephemeral_survives_changes_of_the_leader(make_ensemble, at):
    group = make_ensemble(3)
    leader = group.start()
    session = (leader if at == "leader" else group.followers()[0]).session(timeout=20000)
    session.must(ops.CREATE, ops.create("/e", b"mine", flags=ops.EPHEMERAL))
    for _ in range(2):
        old = group.leader()
        old.kill()
        group.wait_served(*[member.sid for member in group.others(old)])
        assert all(exists(member, "/e") for member in group.alive)
        session.close()
        session = again(group.followers()[0], session, timeout=20000)
        assert session.session_id != 0, "the session is gone"
        old.spawn()
        group.wait_served(1, 2, 3)
    for member in group:
        assert exists(member, "/e")
    # The second change may have ended the connection too.
    session.close()
    session = again(group[1], session, timeout=20000)
    assert session.close_session().err == ops.OK
    assert not any(exists(member, "/e") for member in group)


@pytest.mark.parametrize("at", ["leader", "follower"])
def test_pings_keep_a_session_alive_wherever_they_go(make_ensemble, at):
    group = make_ensemble(3)
    leader = group.start()
    with (leader if at == "leader" else group.followers()[0]).session(timeout=TIMEOUT_MS) as session:
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
        keep_alive(session, 2.5 * TIMEOUT_MS / 1000)
        assert exists(leader, "/e")


@pytest.mark.parametrize("at", ["leader", "follower"])
def test_a_session_without_pings_ends_after_its_time_and_not_before(make_ensemble, at):
    group = make_ensemble(3)
    leader = group.start()
    with group[1].session() as watcher, \
            (leader if at == "leader" else group.followers()[-1]).session(timeout=TIMEOUT_MS) as session:
        # The create is the last sign of life, and comes no earlier than this.
        begin = time.monotonic()
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
        watcher.must(ops.SYNC, ops.sync("/e"))
        watcher.must(ops.EXISTS, ops.read("/e", True))
        event = watcher.next_item(EXPIRY_SECONDS)
        assert (event.type, event.path) == (ops.NODE_DELETED, "/e")
        assert time.monotonic() - begin >= TIMEOUT_MS / 1000
        assert session.is_closed()
    # Who has yet to apply the end of the session closes its connections, a new one among them, without an answer.
    group.wait_same_zxid()
    for member in group:
        with again(member, session) as late:
            assert late.session_id == 0
        assert not exists(member, "/e")


def test_a_new_leader_gives_every_session_its_time_again(make_ensemble):
    group = make_ensemble(3)
    old = group.start()
    with group.followers()[0].session(timeout=TIMEOUT_MS) as session:
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
    # Without the client, half of its time passes; then the leader is gone.
    ensemble.let_pass(TIMEOUT_MS / 2000)
    begin = time.monotonic()
    old.kill()
    new = group.wait_served(*[member.sid for member in group.others(old)])
    with new.session(timeout=30000) as watcher:
        assert watcher.call(ops.EXISTS, ops.read("/e", True)).err == ops.OK
        event = watcher.next_item(EXPIRY_SECONDS)
        assert (event.type, event.path) == (ops.NODE_DELETED, "/e")
        assert time.monotonic() - begin >= TIMEOUT_MS / 1000


def test_no_session_expires_while_nobody_leads(make_ensemble):
    """Twice the timeout without a quorum, and the session is there when a leader is."""
    group = make_ensemble(3)
    leader = group.start()
    session = leader.session(timeout=TIMEOUT_MS)
    session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
    session.close()
    group.wait_same_zxid()
    for member in group.others(leader):
        member.kill()
    ensemble.let_pass(2 * TIMEOUT_MS / 1000)
    for member in group.others(leader):
        member.spawn()
    group.wait_served(1, 2, 3)
    with again(group.leader(), session, timeout=TIMEOUT_MS) as back:
        assert back.session_id == session.session_id
        assert back.call(ops.EXISTS, ops.read("/e")).err == ops.OK
        back.close_session()


def test_a_member_that_is_behind_refuses_a_client_that_saw_more(make_ensemble):
    group = make_ensemble(3)
    group.start()
    zxid = group.wait_same_zxid()
    for member in group:
        with pytest.raises(wire.ConnectionClosed):
            wire.Session(member.port, last_zxid=zxid + 1000)


def test_watches_fire_on_every_member(make_ensemble):
    group = make_ensemble(3)
    group.start()
    group.write("/node", b"1")
    group.wait_same_zxid()
    with contextlib.ExitStack() as stack:
        watchers = [stack.enter_context(member.session()) for member in group]
        for watcher in watchers:
            watcher.must(ops.GET_DATA, ops.read("/node", True))
        zxid = group.write("/node", b"2", group.followers()[0].port)
        for watcher in watchers:
            event = watcher.next_item()
            assert (event.type, event.path) == (ops.NODE_DATA_CHANGED, "/node")
            reply = watcher.call(ops.GET_DATA, ops.read("/node"))
            assert reply.zxid >= zxid and replies.decode(ops.GET_DATA, reply.body)["data"] == b"2"


def test_a_watch_is_caught_up_with_on_another_member(make_ensemble):
    """What changed while the client was nowhere is told by the member it comes to."""
    group = make_ensemble(3)
    group.start()
    group.write("/node", b"1")
    with group[1].session(timeout=20000) as session:
        session.must(ops.SYNC, ops.sync("/node"))
        seen = session.call(ops.GET_DATA, ops.read("/node", True)).zxid
    group.write("/node", b"2", group[2].port)
    group.wait_same_zxid()
    with again(group[3], session, timeout=20000) as back:
        back.call(ops.SET_WATCHES, ops.set_watches(seen, data=["/node"]), xid=wire.SET_WATCHES_XID)
        if not back.events:
            back.events.append(back.next_item())
        assert [(event.type, event.path) for event in back.events] == [(ops.NODE_DATA_CHANGED, "/node")]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_sessions_survive_the_restart_of_all(make_ensemble, how):
    group = make_ensemble(3)
    group.start()
    sessions = []
    for member in group:
        with member.session(timeout=20000) as session:
            session.must(ops.CREATE, ops.create(f"/e{member.sid}", flags=ops.EPHEMERAL))
            sessions.append(session)
    for member in group:
        getattr(member, how)()
    group.spawn()
    leader = group.wait_served(1, 2, 3)
    for sid, session in enumerate(sessions, 1):
        assert exists(leader, f"/e{sid}")
        with again(group[sid % 3 + 1], session, timeout=20000) as back:
            assert back.session_id == session.session_id
            back.close_session()
        assert not exists(leader, f"/e{sid}")
    servers.wait_until(lambda: not any(exists(member, "/e1") for member in group), 10, "no ephemeral anywhere")
