"""A hundred kills of random members under load: nothing acknowledged is lost, and who lives on does not grow.

KILL_CYCLES is how many. What was measured goes to standard output (pytest -s).
"""
import collections
import os
import random
import statistics

import pytest

import clients

CYCLES = int(os.environ.get("KILL_CYCLES", "100"))
# Each member is spared for a third of them, so that one process lives through dozens of joins and elections.
SPARED_CYCLES = max(1, CYCLES // 3)
# The first cycles of a role fill its pools, and too few of the others tell nothing.
WARM_CYCLES, LEAST_CYCLES = 5, 15
# All clients may have come to this member.
DESCRIPTORS_MORE = 10
# The nodes made meanwhile; measured: half a megabyte in a hundred cycles of one leader.
RESIDENT_MORE_KB = 2_500

Sample = collections.namedtuple("Sample", "cycle descriptors resident_kb")


def sample(member, cycle):
    with open(f"/proc/{member.pid}/statm", encoding="ascii") as statm:
        resident_kb = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return Sample(cycle, len(os.listdir(f"/proc/{member.pid}/fd")), resident_kb)


class Life:
    """The samples of one process in one role."""

    def __init__(self, sid, mode):
        self.sid, self.mode, self.samples = sid, mode, []

    def __str__(self):
        first, last = self.samples[0], self.samples[-1]
        return (f"member {self.sid} as {self.mode}, cycles {first.cycle}..{last.cycle}: "
                f"descriptors {first.descriptors} -> {last.descriptors}, by medians {self.growth('descriptors'):+}; "
                f"resident {first.resident_kb} -> {last.resident_kb} KB, by medians {self.growth('resident_kb'):+}")

    def growth(self, field):
        """From the first third to the last; a single peak is the clients' doing."""
        values = [getattr(one, field) for one in self.samples[WARM_CYCLES:]]
        third = len(values) // 3
        return statistics.median(values[-third:]) - statistics.median(values[:third])


class Lives:
    def __init__(self, group):
        self.group, self.by_process = group, {}

    def take(self, cycle):
        for member in self.group:
            mode = member.mode()
            life = self.by_process.setdefault((member.pid, mode), Life(member.sid, mode))
            life.samples.append(sample(member, cycle))

    def long_ones(self):
        return [life for life in self.by_process.values() if len(life.samples) >= WARM_CYCLES + LEAST_CYCLES]


def test_a_hundred_kills_under_load(make_ensemble, is_reference):
    if is_reference:
        pytest.skip("the heap of the reference is what its collector leaves of it")
    group = make_ensemble(3)
    group.start()
    dice, lives = random.Random(100), Lives(group)
    with clients.Traffic(group) as traffic:
        for cycle in range(CYCLES):
            spared = cycle // SPARED_CYCLES % len(group.members) + 1
            victim = group[dice.choice([sid for sid in group.members if sid != spared])]
            traffic.wait_progress()
            victim.kill()
            group.wait_served(*[member.sid for member in group.others(victim)])
            traffic.wait_progress()
            victim.spawn()
            group.wait_served(1, 2, 3)
            lives.take(cycle)
        traffic.wait_progress()
        print(*lives.long_ones(), sep="\n")
        traffic.check()
    assert CYCLES < 100 or lives.long_ones(), "nobody lived long enough to be judged"
    for life in lives.long_ones():
        assert life.growth("descriptors") <= DESCRIPTORS_MORE, str(life)
        assert life.growth("resident_kb") <= RESIDENT_MORE_KB, str(life)
