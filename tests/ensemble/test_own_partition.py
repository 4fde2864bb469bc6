"""Links between members break: cut, silent, in one direction only. A minority acknowledges nothing."""
import pytest

import clients
import ensemble
import ops
import servers
import wire

# Every election by timeout costs one syncLimit; nothing here may take many of them.
RECOVERY_SECONDS = 15 * ensemble.SYNC_SECONDS


@pytest.mark.parametrize("how", ["cut", "swallow", "hold"])
def test_a_leader_without_its_followers_acknowledges_nothing(make_ensemble, how):
    group = make_ensemble(3, linked=True)
    old = group.start()
    group.write("/node", b"before")
    with clients.Traffic(group, members_stall=True) as traffic, old.session(timeout=20000) as lonely:
        traffic.wait_progress()
        group.proxy.isolate(old.sid, {"cut": None, "swallow": group.proxy.swallow, "hold": group.proxy.hold}[how])
        lonely.submit(ops.SET_DATA, ops.set_data("/node", b"lonely"))
        new = group.wait_leader_among(group.others(old), seconds=RECOVERY_SECONDS)
        item = lonely.next_item(RECOVERY_SECONDS)
        assert item is wire.CLOSED or item.err != ops.OK, "a minority acknowledged a write"
        servers.wait_until(lambda: not old.serves(), RECOVERY_SECONDS, "the old leader to step down")
        traffic.wait_progress()
        group.proxy.heal()
        assert group.wait_served(1, 2, 3, seconds=RECOVERY_SECONDS) is new
        traffic.wait_progress()
        traffic.check()


@pytest.mark.parametrize("lost", ["from the leader", "to the leader"])
def test_a_leader_that_is_not_heard_or_cannot_hear_is_replaced(make_ensemble, lost):
    group = make_ensemble(3, linked=True)
    old = group.start()
    with clients.Traffic(group, members_stall=True) as traffic:
        traffic.wait_progress()
        for other in group.others(old):
            if lost == "from the leader":
                group.proxy.swallow(old.sid, other.sid)
            else:
                group.proxy.swallow(other.sid, old.sid)
        group.wait_leader_among(group.others(old), seconds=RECOVERY_SECONDS)
        traffic.only = group.others(old)
        traffic.wait_progress()
        group.proxy.heal()
        group.wait_served(1, 2, 3, seconds=RECOVERY_SECONDS)
        traffic.only = None
        traffic.wait_progress()
        traffic.check()


def check_the_others_go_on(group, traffic, follower, other, leader):
    """The follower, which has lost its leader, leaves; the other two serve on; healed, it comes back to them."""
    servers.wait_until(lambda: not follower.serves(), RECOVERY_SECONDS, "the follower to lose its leader")
    traffic.only = [leader, other]
    traffic.wait_progress(300)
    assert leader.mode() == "leader" and other.mode() == "follower"
    group.proxy.heal()
    assert group.wait_served(1, 2, 3, seconds=RECOVERY_SECONDS) is leader
    traffic.only = None
    traffic.wait_progress()
    traffic.check()


@pytest.mark.parametrize("lost", ["from the leader", "to the leader"])
def test_one_follower_with_half_a_link_costs_nobody_else_anything(make_ensemble, lost):
    group = make_ensemble(3, linked=True)
    leader = group.start()
    follower, other = group.followers()
    with clients.Traffic(group, members_stall=True) as traffic:
        traffic.wait_progress()
        ends = (leader, follower) if lost == "from the leader" else (follower, leader)
        group.proxy.swallow(*[member.sid for member in ends])
        check_the_others_go_on(group, traffic, follower, other, leader)


def test_a_member_cut_off_from_the_leader_alone_disturbs_nobody(make_ensemble):
    """It still reaches the other follower, and asks it to vote again and again."""
    group = make_ensemble(3, linked=True)
    leader = group.start()
    follower, other = group.followers()
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        group.proxy.cut(leader.sid, follower.sid)
        check_the_others_go_on(group, traffic, follower, other, leader)


def test_followers_need_no_link_to_each_other(make_ensemble):
    group = make_ensemble(3, linked=True)
    leader = group.start()
    one, two = group.followers()
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        group.proxy.cut(one.sid, two.sid)
        traffic.wait_progress(200)
        assert group.wait_served(1, 2, 3) is leader
        group.proxy.heal()
        traffic.check()


def test_the_larger_part_of_five_goes_on(make_ensemble):
    group = make_ensemble(5, linked=True)
    old = group.start()
    mate, *rest = group.others(old)
    with clients.Traffic(group, members_stall=True) as traffic:
        traffic.wait_progress()
        for far in rest:
            group.proxy.cut(old.sid, far.sid)
            group.proxy.cut(mate.sid, far.sid)
        group.wait_leader_among(rest, seconds=RECOVERY_SECONDS)
        servers.wait_until(lambda: not old.serves() and not mate.serves(), RECOVERY_SECONDS, "the two to stop")
        traffic.wait_progress()
        group.proxy.heal()
        group.wait_served(seconds=RECOVERY_SECONDS)
        traffic.wait_progress()
        traffic.check()


def test_links_that_come_and_go(make_ensemble):
    group = make_ensemble(3, linked=True)
    group.start()
    with clients.Traffic(group, members_stall=True) as traffic:
        for sid in (3, 1, 2, 3):
            group.proxy.isolate(sid)
            group.wait_leader_among(group.others(group[sid]), seconds=RECOVERY_SECONDS)
            traffic.wait_progress()
            group.proxy.heal()
        group.wait_served(1, 2, 3, seconds=RECOVERY_SECONDS)
        traffic.wait_progress()
        traffic.check()


def test_slow_links_only_make_it_slow(make_ensemble):
    """A tenth of a second each way: rounds take longer, nobody is given up."""
    group = make_ensemble(3, linked=True)
    leader = group.start()
    for one in group:
        for two in group.others(one):
            group.proxy.delay(one.sid, two.sid, 0.1)
    with clients.Traffic(group) as traffic:
        traffic.wait_progress(100)
        assert group.wait_served(1, 2, 3) is leader
        leader.kill()
        group.wait_served(*[member.sid for member in group.others(leader)], seconds=RECOVERY_SECONDS)
        traffic.wait_progress()
        leader.spawn()
        group.wait_served(1, 2, 3, seconds=RECOVERY_SECONDS)
        group.proxy.heal()
        traffic.check()
