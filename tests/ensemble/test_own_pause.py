"""Members stand still for a while (SIGSTOP) and go on as if nothing had happened."""
import contextlib

import pytest

import clients
import ensemble
import ops
import servers
import wire


def test_a_leader_that_stood_still_does_not_lead_on(make_ensemble):
    group = make_ensemble(3)
    group.start()
    with clients.Traffic(group, members_stall=True) as traffic:
        for _ in range(2):
            traffic.wait_progress()
            old = group.leader()
            old.pause()
            new = group.wait_served(*[member.sid for member in group.others(old)])
            assert new is not old
            traffic.wait_progress()
            old.resume()
            assert group.wait_served(1, 2, 3) is new, "the leader that stood still came back as one"
        traffic.wait_progress()
        traffic.check()


def test_a_write_sent_to_a_leader_that_stands_still_is_not_acknowledged_by_it_alone(make_ensemble):
    group = make_ensemble(3)
    old = group.start()
    group.write("/node", b"before")
    with old.session(timeout=20000) as session:
        old.pause()
        session.submit(ops.SET_DATA, ops.set_data("/node", b"from the past"))
        group.wait_served(*[member.sid for member in group.others(old)])
        zxid = group.write("/node", b"after")
        old.resume()
        item = session.next_item()
        assert item is wire.CLOSED or item.err != ops.OK or item.zxid > zxid
    group.wait_served(1, 2, 3)
    group.wait_same_zxid()


def test_a_follower_that_stood_still_catches_up(make_ensemble):
    group = make_ensemble(3)
    leader = group.start()
    with clients.Traffic(group) as traffic:
        for follower in group.followers():
            traffic.wait_progress()
            follower.pause()
            traffic.wait_progress()
            # Longer than the leader waits for an answer.
            ensemble.let_pass(1.5 * ensemble.SYNC_SECONDS)
            follower.resume()
            assert group.wait_served(1, 2, 3) is leader
            # It may say that it follows until it reads what happened; then it joins anew.
            group.wait_same_zxid()
        traffic.wait_progress()
        traffic.check()


def test_a_short_pause_of_a_follower_changes_nothing(make_ensemble):
    group = make_ensemble(3)
    leader = group.start()
    follower = group.followers()[0]
    with follower.session(timeout=20000) as session:
        for _ in range(3):
            follower.pause()
            group.write("/node", b"x", leader.port)
            follower.resume()
            assert session.ping().err == ops.OK
    assert group.wait_served(1, 2, 3) is leader


def test_all_stand_still_and_go_on(make_ensemble):
    """As a virtual machine host that stops them all; sessions get their time again from who leads then."""
    group = make_ensemble(3)
    group.start()
    with clients.Traffic(group, members_stall=True) as traffic:
        traffic.wait_progress()
        for member in group:
            member.pause()
        ensemble.let_pass(1.5 * ensemble.SYNC_SECONDS)
        for member in group:
            member.resume()
        traffic.wait_progress()
        group.wait_served(1, 2, 3)
        traffic.check()


def test_two_of_three_stand_still(make_ensemble):
    """No quorum: the third stops serving; all is well when they go on."""
    group = make_ensemble(3)
    leader = group.start()
    with clients.Traffic(group, members_stall=True) as traffic:
        traffic.wait_progress()
        followers = group.followers()
        for follower in followers:
            follower.pause()
        servers.wait_until(lambda: not leader.serves(), 6 * ensemble.SYNC_SECONDS, "the leader to step down")
        for follower in followers:
            follower.resume()
        group.wait_served(1, 2, 3)
        traffic.wait_progress()
        traffic.check()


READERS = 8


def test_who_stood_still_answers_nothing_from_before(make_ensemble, is_reference):
    """Long enough for the others to go on without it; a read that was sent meanwhile finds it waking."""
    if is_reference:
        pytest.skip("the reference reads on until its next look at the clock")
    group = make_ensemble(3)
    group.start()
    for number in range(6):
        group.wait_same_zxid()
        member = group.leader() if number % 2 == 0 else group.followers()[0]
        others = [other.sid for other in group.others(member)]
        with contextlib.ExitStack() as stack:
            readers = [stack.enter_context(member.session(timeout=20000)) for _ in range(READERS)]
            member.pause()
            ensemble.let_pass(1.5 * ensemble.SYNC_SECONDS)
            leader = group.wait_served(*others)
            zxid = group.write("/node", b"%d" % number, leader.port)
            for reader in readers:
                reader.submit(ops.EXISTS, ops.read("/node"))
            member.resume()
            for reader in readers:
                item = reader.next_item()
                assert item is wire.CLOSED or item.zxid >= zxid, f"round {number}: {item}, after {zxid:#x}"
        group.wait_served(1, 2, 3)
