"""Disks fill up or become slow under load: who cannot write stops, nobody waits for it, nothing acknowledged is lost."""
import pytest

import clients
import disks
import ensemble
import servers

SLOW_MS = 1000
# Far above what a leader waits for an answer to a proposal.
STUCK_MS = 60_000
EXIT_SECONDS = 60


@pytest.fixture(name="shim", scope="session")
def built_shim(tmp_path_factory):
    return disks.build_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture(name="group")
def three_with_breakable_disks(make_ensemble, shim):
    group = make_ensemble(3)
    for member in group:
        member.disk = disks.Disk(shim, member.directory)
        member.environment.update(member.disk.environment)
    group.start()
    return group


def wait_ended_by_full_disk(member, is_reference):
    """Ours ends and says why; the reference tries again and again, and serves nobody."""
    if is_reference:
        servers.wait_until(lambda: not member.serves(), EXIT_SECONDS, "a member to stop serving")
        member.kill()
        return
    assert member.wait_exit(EXIT_SECONDS) == 1
    assert "no space left" in member.log_text().lower()


@pytest.mark.parametrize("mode", ["leader", "follower"])
def test_f_dsk_02_the_disk_of_one_is_full(group, mode, is_reference):
    with clients.Traffic(group, members_stall=is_reference) as traffic:
        traffic.wait_progress()
        victim = group.leader() if mode == "leader" else group.followers()[0]
        victim.ends_expected = True
        victim.disk.fill()
        wait_ended_by_full_disk(victim, is_reference)
        traffic.wait_progress()
        victim.disk.make_room()
        victim.spawn()
        group.wait_served(1, 2, 3)
        traffic.wait_progress()
        traffic.check()


def test_f_dsk_02_the_disks_of_all_are_full(group, is_reference):
    """The last one may have nothing to write any more, and look for a leader."""
    with clients.Traffic(group, members_stall=is_reference) as traffic:
        traffic.wait_progress()
        for member in group:
            member.ends_expected = True
            member.disk.fill()
        servers.wait_until(lambda: not any(member.serves() for member in group), EXIT_SECONDS, "nobody to serve")
        for member in group:
            member.kill()
            member.disk.make_room()
        group.spawn()
        group.wait_served(1, 2, 3)
        traffic.wait_progress()
        traffic.check()


@pytest.mark.parametrize("mode", ["leader", "follower"])
def test_f_dsk_13_the_disk_of_one_is_slow(group, mode):
    """A quorum of quick disks suffices, and the slow one keeps its role."""
    leader = group.leader()
    slow = leader if mode == "leader" else group.followers()[0]
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        with slow.disk.slow(SLOW_MS):
            traffic.wait_progress(200)
            assert group.wait_served(1, 2, 3) is leader
            servers.wait_until(lambda: "fsync-ing the write ahead log" in slow.log_text(), EXIT_SECONDS, "a warning")
        traffic.wait_progress()
        traffic.check()


def test_f_dsk_13_all_disks_are_slow(group):
    with clients.Traffic(group, members_stall=True) as traffic:
        traffic.wait_progress()
        leader = group.leader()
        with group[1].disk.slow(SLOW_MS), group[2].disk.slow(SLOW_MS), group[3].disk.slow(SLOW_MS):
            traffic.wait_progress(20)
            assert group.wait_served(1, 2, 3) is leader
        traffic.wait_progress()
        traffic.check()


def test_f_dsk_13_a_member_joins_with_a_slow_disk(group):
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        slow = group.followers()[0]
        slow.kill()
        traffic.wait_progress()
        with slow.disk.slow(SLOW_MS):
            slow.spawn()
            group.wait_served(1, 2, 3)
            traffic.wait_progress()
        traffic.check()


@pytest.mark.parametrize("mode", ["leader", "follower"])
def test_f_dsk_13_the_disk_of_one_is_stuck(group, mode):
    """Nobody waits for it; when it moves again, its member is one of all."""
    stuck = group.leader() if mode == "leader" else group.followers()[0]
    with clients.Traffic(group, members_stall=True) as traffic:
        traffic.wait_progress()
        with stuck.disk.slow(STUCK_MS):
            traffic.only = group.others(stuck)
            traffic.wait_progress(300)
            ensemble.let_pass(2 * ensemble.SYNC_SECONDS)
            traffic.wait_progress()
        traffic.only = None
        group.wait_served(1, 2, 3)
        traffic.wait_progress()
        traffic.check()
