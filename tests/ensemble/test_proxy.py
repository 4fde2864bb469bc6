"""The proxy does to an ensemble of the reference what it says; other tests rely on it."""
import time

import ensemble
import proxy
import servers


JAVA_THREE = [ensemble.JAVA] * 3


def test_every_connection_between_members_goes_through_the_proxy(make_ensemble):
    """Also those that answer a dial from a smaller sid: members started from small to large dial back."""
    group = make_ensemble(JAVA_THREE, linked=True)
    for sid in (1, 2, 3):
        group.spawn(sid)
    leader = group.wait_served()
    group.proxy.isolate(leader.sid)
    group.wait_leader_among(group.others(leader))
    servers.wait_until(lambda: not leader.serves(), ensemble.SERVE_SECONDS, "the leader to step down")
    group.proxy.heal()
    group.wait_served(1, 2, 3)


def test_swallowed_bytes_cost_a_follower_its_leader(make_ensemble):
    group = make_ensemble(JAVA_THREE, linked=True)
    leader = group.start()
    follower = group.followers()[0]
    group.proxy.swallow(leader.sid, follower.sid)
    servers.wait_until(lambda: not follower.serves(), 4 * ensemble.SYNC_SECONDS, "the follower to give up")
    assert leader.mode() == "leader"
    group.proxy.heal()
    assert group.wait_served(1, 2, 3) is leader
    group.wait_same_zxid()


def test_held_bytes_arrive_when_healed(make_ensemble):
    group = make_ensemble(JAVA_THREE, linked=True)
    leader = group.start()
    follower = group.followers()[0]
    group.proxy.hold(leader.sid, follower.sid, [proxy.QUORUM])
    group.write("/held", b"x", leader.port)
    assert follower.zxid() != leader.zxid()
    group.proxy.heal()
    assert group.wait_same_zxid()
    assert group.leader() is leader


def test_a_delay_is_a_delay(make_ensemble):
    group = make_ensemble(JAVA_THREE, linked=True)
    leader = group.start()
    group.write("/before", b"x", leader.port)
    for follower in group.followers():
        group.proxy.delay(leader.sid, follower.sid, 0.5)
    begin = time.monotonic()
    group.write("/after", b"x", leader.port)
    assert time.monotonic() - begin >= 0.5
