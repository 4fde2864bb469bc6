"""Observers hold and serve everything and count for nothing."""
import clients
import ensemble
import ops
import servers
import trees


def test_an_observer_joins_serves_and_may_go(make_ensemble):
    group = make_ensemble(4, observers=[4])
    leader = group.start(1, 2, 3)
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        observer = group[4]
        observer.spawn()
        group.wait_served()
        assert observer.mode() == "observer"
        traffic.only = [observer]
        traffic.wait_progress()
        traffic.only = None
        observer.kill()
        traffic.wait_progress()
        observer.lose_data()
        observer.spawn()
        assert group.wait_served() is leader
        traffic.wait_progress()
        traffic.check()


def test_an_observer_follows_from_leader_to_leader(make_ensemble):
    group = make_ensemble(4, observers=[4])
    group.start()
    observer = group[4]
    with clients.Traffic(group) as traffic:
        for _ in range(2):
            old = group.leader()
            old.kill()
            group.wait_served(4, *[member.sid for member in group.others(old, observer)])
            traffic.only = [observer]
            traffic.wait_progress()
            traffic.only = None
            old.spawn()
            group.wait_served()
        assert observer.mode() == "observer"
        traffic.check()


def test_observers_make_no_quorum(make_ensemble):
    group = make_ensemble(5, observers=[4, 5])
    leader = group.start()
    group.write("/node", b"before")
    for follower in group.followers():
        follower.kill()
    # One voter of three and two observers are no quorum.
    servers.wait_until(lambda: not any(member.serves() for member in group.alive), 6 * ensemble.SYNC_SECONDS,
                       "everybody to stop serving")
    for member in group.others(leader):
        if not member.running:
            member.spawn()
    group.wait_served()
    group.wait_same_zxid()
    assert trees.assert_same_on(group)["/node"]["data"] == b"before"


def test_a_session_at_an_observer_is_a_session_of_all(make_ensemble):
    group = make_ensemble(4, observers=[4])
    group.start()
    with group[4].session(timeout=20000) as session:
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
        session.must(ops.SYNC, ops.sync("/e"))
        group.wait_same_zxid()
        assert "/e" in trees.assert_same_on(group)
        session.close_session()
    group.wait_same_zxid()
    assert "/e" not in trees.assert_same_on(group)
