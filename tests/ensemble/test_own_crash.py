"""Members end without warning, under load: nothing acknowledged is lost, no session ends."""
import pytest

import clients

ROUNDS = 3


def test_the_leader_is_killed_under_load(make_ensemble):
    group = make_ensemble(3)
    group.start()
    with clients.Traffic(group) as traffic:
        for _ in range(ROUNDS):
            traffic.wait_progress()
            leader = group.leader()
            leader.kill()
            group.wait_served(*[member.sid for member in group.others(leader)])
            traffic.wait_progress()
            leader.spawn()
            group.wait_served()
        traffic.wait_progress()
        traffic.check()


def test_followers_are_killed_under_load(make_ensemble):
    group = make_ensemble(3)
    group.start()
    with clients.Traffic(group) as traffic:
        for round_number in range(ROUNDS):
            traffic.wait_progress()
            leader = group.leader()
            follower = group.others(leader)[round_number % 2]
            follower.kill()
            traffic.wait_progress()
            follower.spawn()
            assert group.wait_served() is leader, "a follower's end cost the leader its place"
        traffic.wait_progress()
        traffic.check()


def test_two_of_five_are_killed_at_once(make_ensemble):
    group = make_ensemble(5)
    group.start()
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        leader = group.leader()
        follower = group.others(leader)[0]
        leader.kill()
        follower.kill()
        traffic.wait_progress()
        leader.spawn()
        follower.spawn()
        group.wait_served()
        traffic.wait_progress()
        traffic.check()


@pytest.mark.parametrize("size", [3])
def test_all_are_killed_at_once(make_ensemble, size):
    """As in a power cut, but for what the page cache holds."""
    group = make_ensemble(size)
    group.start()
    with clients.Traffic(group) as traffic:
        for _ in range(2):
            traffic.wait_progress()
            for member in group:
                member.kill()
            group.spawn()
            group.wait_served()
        traffic.wait_progress()
        traffic.check()


def test_a_rolling_restart_under_load(make_ensemble):
    """Orderly stops, one after the other, the leader among them."""
    group = make_ensemble(3)
    group.start()
    with clients.Traffic(group) as traffic:
        for member in group:
            traffic.wait_progress()
            member.stop()
            traffic.wait_progress()
            member.spawn()
            group.wait_served()
        traffic.wait_progress()
        traffic.check()
