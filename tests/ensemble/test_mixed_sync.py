"""A learner of one kind is brought up to date by a leader of the other: DIFF, TRUNC and SNAP."""
import re

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

# What is logged of a synchronisation, by either side. Ours says nothing of a DIFF, and as a leader only of a SNAP.
# (A leading reference that cuts off what is beyond its own end says so only when it is debugged.)
LEADER_SAYS = {
    JAVA: {"DIFF": r"Sending DIFF zxid=", "SNAP": r"Sending snapshot last zxid"},
    OKAPI: {"SNAP": r"Sending a snapshot of "},
}
LEARNER_SAYS = {
    JAVA: {"DIFF": r"Getting a diff from the leader", "TRUNC": r"Truncating log to get in sync",
           "SNAP": r"Getting a snapshot from leader"},
    OKAPI: {"TRUNC": r"has the log cut behind zxid", "SNAP": r"sends a snapshot of zxid"},
}
KINDS = {"Java to ours": (JAVA, OKAPI), "ours to Java": (OKAPI, JAVA), "ours to ours": (OKAPI, OKAPI)}
CONFIG = {"maxSessionTimeout": load.SESSION_MS}


@pytest.fixture(name="kinds", params=KINDS.values(), ids=KINDS)
def leader_and_learner_kind(request):
    return request.param


@pytest.fixture(name="make_group")
def make_group_of(make_ensemble, kinds):
    """Members 2 and 3 are of the leader's kind, member 1 is the learner."""
    def make(**options):
        leader_kind, learner_kind = kinds
        return make_ensemble([learner_kind, leader_kind, leader_kind], properties=tree.PROPERTIES,
                             config={**CONFIG, **options})
    return make


def rejoin(group, how, change=lambda: None):
    """Member 1 joins the running two; the logs of both sides tell how it was synced."""
    learner = group[1]
    leader = group.wait_served(2, 3)
    marks = {member.sid: len(member.log_text()) for member in (learner, leader)}
    change()
    learner.spawn()
    assert group.wait_served(1, 2, 3) is leader
    assert learner.mode() == "follower"
    for member, says in ((leader, LEADER_SAYS[leader.kind]), (learner, LEARNER_SAYS[learner.kind])):
        text = member.logged_since(marks[member.sid])
        said = [kind for kind, pattern in says.items() if re.search(pattern, text)]
        assert said == [kind for kind in says if kind == how], f"member {member.sid}: {said}\n{text[-4000:]}"


def check_equal(group):
    group.wait_same_zxid()
    return trees.assert_same_on(group)


def test_diff(make_group):
    group = make_group()
    group.start()
    load.Load(1).run(group[2], 100)
    group.wait_same_zxid()
    group[1].stop()
    load.Load(2).run(group[3], 100)
    rejoin(group, "DIFF")
    check_equal(group)
    # And what came by DIFF is on the learner's disk.
    group[1].kill()
    rejoin(group, "DIFF")
    check_equal(group)


def test_diff_under_load(make_group):
    """Proposals come between the sync and UPTODATE."""
    group = make_group()
    group.start()
    with clients.Traffic(group) as traffic:
        for end in ("stop", "kill", "kill"):
            traffic.wait_progress()
            getattr(group[1], end)()
            traffic.wait_progress()
            group[1].spawn()
            group.wait_served(1, 2, 3)
        traffic.wait_progress()
        traffic.check()


def test_nothing_to_send(make_group):
    group = make_group()
    group.start()
    zxid = group.wait_same_zxid()
    group[1].kill()
    rejoin(group, "DIFF")
    assert group[1].zxid() == zxid
    check_equal(group)


def test_snap_to_an_empty_learner(make_group):
    group = make_group()
    group.start()
    load.Load(1).run(group[2], 300)
    group[1].kill()
    rejoin(group, "SNAP", group[1].lose_data)
    nodes = check_equal(group)
    assert len(nodes) > 50
    # The snapshot is on disk: after a crash there is nothing left to send.
    group[1].kill()
    rejoin(group, "DIFF")
    check_equal(group)


def test_snap_to_a_learner_that_is_far_behind(make_group):
    """More writes than a leader keeps in memory (500), and none may come from its log."""
    group = make_group(snapshotSizeFactor=-1)
    group.start()
    load.Load(1).run(group[2], 50)
    group.wait_same_zxid()
    group[1].stop()
    load.Load(2).run(group[3], 700)
    rejoin(group, "SNAP")
    check_equal(group)


def test_diff_from_the_log_on_disk(make_group):
    """More writes than a leader keeps in memory; a log of any size may serve."""
    group = make_group(snapshotSizeFactor=0)
    group.start()
    load.Load(1).run(group[2], 50)
    group.wait_same_zxid()
    group[1].stop()
    load.Load(2).run(group[3], 700)
    rejoin(group, "DIFF")
    check_equal(group)


def test_snap_under_load(make_group):
    """The snapshot is taken from a tree that changes; a session's ephemeral among what changes."""
    group = make_group()
    group.start()
    with clients.Traffic(group) as traffic:
        load.Load(1).run(group[2], 300)
        for _ in range(3):
            group[1].kill()
            group[1].lose_data()
            traffic.wait_progress()
            group[1].spawn()
            group.wait_served(1, 2, 3)
        traffic.wait_progress()
        traffic.check()


def log_holds(member, needle):
    return any(needle in path.read_bytes() for path in member.version_dir.glob("log.*"))


def propose_alone(group, writes):
    """Member 1 leads, and has writes on its disk that nobody else has; then all are dead."""
    group.spawn(1)
    leader = group.wait_served(1, *[member.sid for member in group.alive])
    assert leader is group[1]
    group.wait_same_zxid()
    with leader.session(timeout=20000) as session:
        session.must(ops.CREATE, ops.create("/kept", b"kept"))
        group.wait_same_zxid()
        for other in group.alive:
            if other is not leader:
                other.pause()
        for number in range(writes):
            session.submit(ops.CREATE, ops.create(f"/lonely{number}", b"alone%d" % number))
        servers.wait_until(lambda: log_holds(leader, b"alone%d" % (writes - 1)), 20, "the proposals on the disk")
        for member in group:
            member.kill()
        with pytest.raises((wire.ConnectionClosed, OSError)):
            while True:
                assert session.next_reply().err != ops.OK, "one member of three acknowledged a write"


@pytest.fixture(name="led_by_learner")
def led_by_the_learner_to_be(make_group):
    """Member 1 leads a quorum with member 2, although its sid is the smallest: it alone has a write."""
    group = make_group()
    group.start()
    group.wait_same_zxid()
    for sid in (2, 3):
        group[sid].stop()
        if sid == 2:
            group.write("/ahead", b"1", group[1].port)
            servers.wait_until(lambda: group[1].zxid() == group[3].zxid(), ensemble.SETTLE_SECONDS, "the write")
    # Members 1 and 3 have the write; member 2 follows member 1.
    group[1].kill()
    group.spawn(2)
    return group


@pytest.mark.parametrize("writes", [1, 20])
def test_trunc(led_by_learner, writes):
    """What only a dead leader has was never acknowledged, and goes when it comes back."""
    group = led_by_learner
    propose_alone(group, writes)
    group.spawn(2, 3)
    rejoin(group, "TRUNC")
    nodes = check_equal(group)
    assert nodes["/kept"]["data"] == b"kept"
    assert not any(path.startswith("/lonely") for path in nodes)
    # The cut is durable, and appending goes on after it.
    group.write("/after", b"x", group[1].port)
    group[1].kill()
    rejoin(group, "DIFF")
    assert check_equal(group).keys() >= {"/kept", "/after"}


def test_a_lonely_history_after_others_went_on(led_by_learner):
    """The new epoch has writes of its own: the common part cannot be named, so a snapshot comes."""
    group = led_by_learner
    propose_alone(group, 3)
    group.spawn(2, 3)
    leader = group.wait_served(2, 3)
    group.write("/other", b"x", leader.port)
    rejoin(group, "SNAP")
    nodes = check_equal(group)
    assert "/other" in nodes and not any(path.startswith("/lonely") for path in nodes)
    group[1].kill()
    rejoin(group, "DIFF")
    assert "/lonely0" not in check_equal(group)


def test_trunc_of_a_leader_that_lives_on(make_ensemble, kinds):
    """It was cut off with proposals on its disk and in its memory, and comes back in the same process."""
    other_kind, old_kind = kinds
    group = make_ensemble([other_kind, other_kind, old_kind], properties=tree.PROPERTIES, config=CONFIG, linked=True)
    group.start(3, 2)
    group.spawn(1)
    old = group.wait_served(1, 2, 3)
    assert old is group[3]
    with old.session(timeout=20000) as session:
        session.must(ops.CREATE, ops.create("/kept", b"kept"))
        group.wait_same_zxid()
        group.proxy.isolate(old.sid, group.proxy.swallow)
        for number in range(4):
            session.submit(ops.CREATE, ops.create(f"/lonely{number}", b"alone%d" % number))
        servers.wait_until(lambda: log_holds(old, b"alone3"), 20, "the proposals on the disk")
        # No write before it is back: the new leader has nothing newer than what they share.
        new = group.wait_leader_among(group.others(old))
        servers.wait_until(lambda: not old.serves(), ensemble.SERVE_SECONDS, "the old leader to step down")
        group.proxy.heal()
        assert group.wait_served(1, 2, 3) is new
    nodes = check_equal(group)
    assert nodes["/kept"]["data"] == b"kept"
    assert not any(path.startswith("/lonely") for path in nodes)
    group.write("/after", b"x", old.port)
    old.kill()
    old.spawn()
    group.wait_served(1, 2, 3)
    assert not any(path.startswith("/lonely") for path in check_equal(group))


def test_trunc_of_a_follower_that_lives_on(make_ensemble, kinds):
    """Of five, the leader and one follower have proposals that nobody else got; the follower comes back first."""
    other_kind, old_kind = kinds
    group = make_ensemble([other_kind] * 3 + [old_kind] * 2, properties=tree.PROPERTIES, config=CONFIG, linked=True)
    group.start(5, 4, 1)
    group.spawn(2, 3)
    old = group.wait_served(*group.members)
    mate = group[4]
    assert old is group[5]
    rest = group.others(old, mate)
    with old.session(timeout=20000) as session:
        session.must(ops.CREATE, ops.create("/kept", b"kept"))
        group.wait_same_zxid()
        for far in rest:
            for near in (old, mate):
                group.proxy.swallow(near.sid, far.sid)
                group.proxy.swallow(far.sid, near.sid)
        session.submit(ops.CREATE, ops.create("/lonely", b"alone"))
        servers.wait_until(lambda: log_holds(old, b"alone") and log_holds(mate, b"alone"), 20, "two logs to have it")
        group.wait_leader_among(rest)
        old.kill()
        servers.wait_until(lambda: not mate.serves(), ensemble.SERVE_SECONDS, "the follower to lose its leader")
        group.proxy.heal()
        group.wait_served(1, 2, 3, 4)
    old.spawn()
    group.wait_served(*group.members)
    nodes = check_equal(group)
    assert "/kept" in nodes and "/lonely" not in nodes
