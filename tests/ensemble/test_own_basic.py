"""An ensemble starts, elects, replicates, and all members hold the same tree."""
import threading

import pytest

import ops
import tree
import trees


@pytest.mark.parametrize("size", [3, 5])
def test_it_elects_and_all_members_hold_the_same_tree(make_ensemble, size):
    group = make_ensemble(size, properties=tree.PROPERTIES)
    leader = group.start()
    assert len(group.followers()) == size - 1
    for member in group:
        with member.session() as session:
            session.must(ops.CREATE, ops.create(f"/from{member.sid}", b"x"))
            session.close_session()
    group.wait_same_zxid()
    trees.assert_same_on(group)
    assert leader.mode() == "leader", "the leader changed without a reason"


ROUNDS = 3000


def test_a_synced_read_at_the_leader_shows_what_a_follower_told(make_ensemble, is_reference):
    """A leader announces a commit before it applies it; a sync that comes between has to wait."""
    if is_reference:
        pytest.skip("the reference answers a sync of a leader's own client without that order")
    group = make_ensemble(3)
    leader = group.start()
    follower = group.followers()[0]
    group.write("/node", b"")
    group.write("/noise", b"")
    done = threading.Event()
    busy = threading.Thread(target=keep_busy, args=(leader, done))
    busy.start()
    try:
        with leader.session() as reader, follower.session() as writer:
            for number in range(ROUNDS):
                wrote = writer.call(ops.SET_DATA, ops.set_data("/node", b"%d" % number)).zxid
                reader.submit(ops.SYNC, ops.sync("/node"))
                reader.submit(ops.GET_DATA, ops.read("/node"))
                reader.next_reply()
                seen = reader.next_reply().zxid
                assert seen >= wrote, f"round {number}: told {wrote:#x}, then read at {seen:#x} behind a sync"
    finally:
        done.set()
        busy.join()


def keep_busy(member, done):
    """So that there is always something to apply."""
    with member.session() as session:
        while not done.is_set():
            for _ in range(20):
                session.submit(ops.SET_DATA, ops.set_data("/noise", bytes(200)))
            for _ in range(20):
                session.next_reply()
