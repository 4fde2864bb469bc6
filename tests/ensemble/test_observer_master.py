"""An observer that is told of commits by a follower (observerMasterPort), each of either kind."""
import contextlib

import pytest

import clients
import ensemble
import load
import ops
import servers
import tree
import trees
import wire
from ensemble import JAVA, OKAPI

# Three voters and the observer.
KINDS = {"ours behind ours": (OKAPI, OKAPI), "ours behind Java": (JAVA, OKAPI), "Java behind ours": (OKAPI, JAVA)}
OBSERVER_SID = 4
NODE_CREATED = 1


@pytest.fixture(name="kinds", params=KINDS.values(), ids=KINDS)
def voters_and_observer_kind(request):
    return request.param


@pytest.fixture(name="make_group")
def make_group_of(make_ensemble, kinds):
    def make(**options):
        voters, observer = kinds
        # Each member has an address of its own, as the port is the same for all.
        config = {"observerMasterPort": servers.free_port(), "maxSessionTimeout": load.SESSION_MS, **options}
        return make_ensemble([voters] * 3 + [observer], observers=[OBSERVER_SID], host="127.0.0.{sid}", config=config,
                             properties=tree.PROPERTIES)
    return make


@pytest.fixture(name="group")
def started_group(make_group):
    group = make_group()
    group.start()
    return group


def master_of(group):
    """The follower that the observer is connected to."""
    def found():
        with contextlib.suppress(OSError, KeyError):
            return group[int(group[OBSERVER_SID].mntr()["zk_observer_master_id"])]
        return None
    group.wait_served()
    master = servers.wait_until(found, ensemble.SERVE_SECONDS, "the observer's master")
    assert master.mode() == "follower"
    return master


def synced_observers(member):
    return int(member.mntr()["zk_synced_observers"])


def snapshots_sent(group):
    return sum(int(member.mntr().get("zk_snap_count", 0)) for member in group.alive if member.sid != OBSERVER_SID)


def exists(member, path):
    with member.session() as session:
        err = session.call(ops.EXISTS, ops.read(path)).err
        session.close_session()
    return err == ops.OK


def check_equal(group):
    group.wait_same_zxid()
    return trees.assert_same_on(group)


def test_every_kind_of_write_through_the_observer_gives_one_tree(group):
    master = master_of(group)
    told = {member.sid: synced_observers(member) for member in group if member.sid != OBSERVER_SID}
    assert told == {sid: int(sid == master.sid) for sid in told}
    load.Load(1).run(group[OBSERVER_SID], 200)
    load.Load(2).run(group.leader(), 100)
    assert len(check_equal(group)) > 60
    assert master_of(group) is master


def test_sync_and_watches_at_the_observer(group):
    with group[OBSERVER_SID].session(timeout=20000) as here, group.leader().session(timeout=20000) as there:
        for number in range(20):
            path = f"/n{number}"
            assert here.call(ops.EXISTS, ops.read(path, watch=True)).err == ops.NO_NODE
            there.must(ops.CREATE, ops.create(path))
            here.must(ops.SYNC, ops.sync(path))
            assert here.call(ops.EXISTS, ops.read(path)).err == ops.OK
            assert [(event.type, event.path) for event in here.drain_events()] == [(NODE_CREATED, path)]
        here.close_session()
        there.close_session()


def test_sessions_come_to_the_observer_and_go(group):
    session = group[1].session(timeout=20000)
    session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
    for sid in (OBSERVER_SID, 2, OBSERVER_SID, master_of(group).sid, OBSERVER_SID):
        session.close()
        session = wire.Session(group[sid].port, session_id=session.session_id, password=session.password,
                               timeout=20000)
        assert session.session_id >> 56 == 1
        session.must(ops.CREATE, ops.create("/s-", flags=ops.EPHEMERAL_SEQUENTIAL))
        assert session.call(ops.EXISTS, ops.read("/e")).err == ops.OK
    with contextlib.closing(session):
        session.close_session()
    assert not [path for path in check_equal(group) if path.startswith(("/e", "/s-"))]
    with wire.Session(group[OBSERVER_SID].port, session_id=session.session_id, password=session.password) as late:
        assert late.session_id == 0


def test_a_session_at_the_observer_lives_by_its_pings_alone(group):
    """The master tells the leader of clients that its observers have heard of."""
    with group[OBSERVER_SID].session(timeout=2000) as session:
        session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
        for _ in range(12):
            ensemble.let_pass(0.5)
            session.ping()
        assert exists(group.leader(), "/e")
        session.close()
    servers.wait_until(lambda: not exists(group.leader(), "/e"), 30, "the end of a session that is silent")


def test_the_observer_goes_on_when_its_master_or_the_leader_is_killed(group):
    observer = group[OBSERVER_SID]
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        for whom in (master_of, master_of, ensemble.Ensemble.leader):
            old = whom(group)
            old.kill()
            group.wait_served(*[member.sid for member in group.others(old)])
            assert master_of(group) is not old
            traffic.only = [observer]
            traffic.wait_progress()
            traffic.only = None
            old.spawn()
            group.wait_served()
        traffic.check()
    check_equal(group)


def test_the_observer_is_brought_up_by_what_it_missed(group):
    load.Load(1).run(group.leader(), 100)
    group.wait_same_zxid()
    observer = group[OBSERVER_SID]
    for end in (observer.stop, observer.kill):
        before = snapshots_sent(group)
        end()
        load.Load(2).run(group.leader(), 100)
        observer.spawn()
        master_of(group)
        check_equal(group)
        assert snapshots_sent(group) == before


def test_the_observer_is_brought_up_by_a_snapshot(group):
    load.Load(1).run(group.leader(), 200)
    observer = group[OBSERVER_SID]
    observer.kill()
    observer.lose_data()
    before = snapshots_sent(group)
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        observer.spawn()
        master_of(group)
        traffic.only = [observer]
        traffic.wait_progress()
        traffic.check()
    check_equal(group)
    assert snapshots_sent(group) > before


def test_the_observer_comes_and_goes_under_load(group):
    observer = group[OBSERVER_SID]
    with clients.Traffic(group) as traffic:
        for end in ("stop", "kill", "kill"):
            traffic.wait_progress()
            getattr(observer, end)()
            traffic.wait_progress()
            observer.spawn()
            master_of(group)
        traffic.only = [observer]
        traffic.wait_progress()
        traffic.check()
    check_equal(group)
