"""Large things pass between members: requests of a megabyte, trees of many nodes, sessions with many ephemerals."""
import pytest

import clients
import ops
import replies
import tree
import trees
from ensemble import JAVA, OKAPI

# Under jute.maxbuffer (1 MB) with what surrounds it in requests and proposals.
LARGE = 1_000_000
NODES, NODE_BYTES, BATCH = 20_000, 500, 400
EPHEMERALS = 3_000

GROUPS = {"ours": [OKAPI] * 3, "led by ours": [JAVA, JAVA, OKAPI], "led by Java": [OKAPI, OKAPI, JAVA]}


@pytest.fixture(name="group", params=GROUPS.values(), ids=GROUPS)
def led_by_the_last(request, make_ensemble):
    group = make_ensemble(request.param, properties=tree.PROPERTIES)
    group.start(3, 1)
    group.spawn(2)
    assert group.wait_served().sid == 3
    return group


def fill(member):
    """Many nodes by few multis."""
    with member.session() as session:
        session.must(ops.CREATE, ops.create("/many"))
        for first in range(0, NODES, BATCH):
            session.must(ops.MULTI, ops.multi(*(
                (ops.CREATE, ops.create(f"/many/{number:06d}", b"%d" % number + bytes(NODE_BYTES)))
                for number in range(first, first + BATCH))))
        session.close_session()


def count_of_children(member, path):
    with member.session() as session:
        session.must(ops.SYNC, ops.sync(path))
        body = session.must(ops.GET_ALL_CHILDREN_NUMBER, ops.get_all_children_number(path))
        session.close_session()
    return replies.decode(ops.GET_ALL_CHILDREN_NUMBER, body)["number"]


def test_a_write_of_a_megabyte_through_every_member(group):
    for member in group:
        with member.session() as session:
            data = bytes([member.sid]) * LARGE
            session.must(ops.CREATE, ops.create(f"/large{member.sid}", data))
            session.must(ops.SET_DATA, ops.set_data(f"/large{member.sid}", data[::-1]))
            session.close_session()
    group.wait_same_zxid()
    nodes = trees.assert_same_on(group)
    assert all(len(nodes[f"/large{sid}"]["data"]) == LARGE for sid in (1, 2, 3))
    # And again from the disk, by DIFF.
    follower = group[1]
    follower.kill()
    with group[2].session() as session:
        session.must(ops.SET_DATA, ops.set_data("/large1", b"2" * LARGE))
        session.close_session()
    follower.spawn()
    group.wait_served(1, 2, 3)
    group.wait_same_zxid()
    trees.assert_same_on(group)


def test_a_large_tree_goes_to_an_empty_member_under_load(group):
    fill(group[3])
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        for sid in (1, 2):
            group[sid].kill()
            group[sid].lose_data()
            group[sid].spawn()
            group.wait_served(1, 2, 3)
            traffic.wait_progress()
        for member in group:
            assert count_of_children(member, "/many") == NODES
        with group[3].session() as session:
            for first in range(0, NODES, BATCH):
                session.must(ops.MULTI, ops.multi(*(
                    (ops.DELETE, ops.delete(f"/many/{number:06d}")) for number in range(first, first + BATCH))))
            session.close_session()
        traffic.check()


def test_a_session_with_thousands_of_ephemerals_ends_everywhere(group):
    session = group[1].session(timeout=20000)
    session.must(ops.CREATE, ops.create("/own"))
    for first in range(0, EPHEMERALS, BATCH):
        session.must(ops.MULTI, ops.multi(*(
            (ops.CREATE, ops.create(f"/own/{number}", flags=ops.EPHEMERAL))
            for number in range(first, min(first + BATCH, EPHEMERALS)))))
    for member in group:
        assert count_of_children(member, "/own") == EPHEMERALS
    assert session.close_session().err == ops.OK
    group.wait_same_zxid()
    assert trees.assert_same_on(group)["/own"]["children"] == []
