"""Java's servers and ours in one ensemble: either leads, either follows or observes, and all hold the same."""
import contextlib

import pytest

import clients
import load
import tree
import trees
import wire
from ensemble import JAVA, OKAPI

# The last one leads: it has the largest sid and is among the first two to start.
LED_BY = {
    "ours among Java": [JAVA, JAVA, OKAPI],
    "Java before Java and ours": [OKAPI, JAVA, JAVA],
    "ours before ours and Java": [JAVA, OKAPI, OKAPI],
    "Java among ours": [OKAPI, OKAPI, JAVA],
}
CONFIG = {"maxSessionTimeout": load.SESSION_MS}
CONTAINER_PROPERTIES = tree.PROPERTIES


@pytest.fixture(name="group", params=LED_BY.values(), ids=LED_BY)
def mixed_group(request, make_ensemble):
    group = make_ensemble(request.param, config=CONFIG, properties=CONTAINER_PROPERTIES)
    group.start(3, 1)
    group.spawn(2)
    assert group.wait_served().sid == 3
    return group


def test_every_kind_of_write_through_every_member_gives_one_tree(group):
    for seed, member in enumerate(group):
        load.Load(seed).run(member, 250)
    group.wait_same_zxid()
    nodes = trees.assert_same_on(group)
    assert len(nodes) > 100


def test_the_tree_is_the_same_after_a_restart_of_each(group):
    """What a member wrote to disk in the ensemble is what it reads; followers come back by DIFF."""
    for seed, member in enumerate(group):
        load.Load(seed).run(member, 120)
    group.wait_same_zxid()
    before = trees.assert_same_on(group)
    for member in group:
        member.kill()
        group.wait_served(*[other.sid for other in group.others(member)])
        member.spawn()
        group.wait_served(1, 2, 3)
    group.wait_same_zxid()
    after = trees.assert_same_on(group)
    assert not tree.difference(before, after)


def test_members_are_killed_under_load(group):
    with clients.Traffic(group) as traffic:
        for sid in (3, 1, 2):
            traffic.wait_progress()
            group[sid].kill()
            group.wait_served(*[member.sid for member in group.others(group[sid])])
            traffic.wait_progress()
            group[sid].spawn()
            group.wait_served(1, 2, 3)
        traffic.wait_progress()
        traffic.check()


def test_sessions_move_between_the_kinds(group):
    """The password is computed alike, an ephemeral moves along, an expired session is gone for both."""
    ops = clients.ops
    session = group[1].session(timeout=20000)
    session.must(ops.CREATE, ops.create("/e", flags=ops.EPHEMERAL))
    for sid in (2, 3, 1, 2):
        session.close()
        session = wire.Session(group[sid].port, session_id=session.session_id, password=session.password,
                               timeout=20000)
        assert session.session_id >> 56 == 1
        assert session.call(ops.EXISTS, ops.read("/e")).err == ops.OK
    session.close_session()
    with contextlib.closing(session):
        group.wait_same_zxid()
    assert "/e" not in trees.assert_same_on(group)
    for member in group:
        with wire.Session(member.port, session_id=session.session_id, password=session.password) as late:
            assert late.session_id == 0


@pytest.mark.parametrize("voters, observer", [(JAVA, OKAPI), (OKAPI, JAVA)], ids=["ours observes", "Java observes"])
def test_one_kind_observes_the_other(make_ensemble, voters, observer):
    group = make_ensemble([voters] * 3 + [observer], observers=[4], config=CONFIG, properties=CONTAINER_PROPERTIES)
    group.start(1, 2, 3)
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        group[4].spawn()
        group.wait_served()
        traffic.only = [group[4]]
        traffic.wait_progress()
        traffic.only = None
        old = group.leader()
        old.kill()
        group.wait_served(4, *[member.sid for member in group.others(old, group[4])])
        traffic.wait_progress()
        old.spawn()
        group.wait_served()
        group[4].kill()
        traffic.wait_progress()
        group[4].spawn()
        group.wait_served()
        load.Load(4).run(group[4], 100)
        traffic.check()
