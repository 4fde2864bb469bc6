"""Three Java servers become three of ours, one by one, and back, on the same data directories, under load.

No acknowledged write is lost, no session ends, and client libraries see no more than lost connections.
"""
import contextlib

import pytest

import clients
import libraries
import servers
import tree
from ensemble import JAVA, OKAPI


@pytest.fixture(name="load")
def all_kinds_of_load(make_ensemble):
    """load(group) is a context of the raw clients, kazoo and the Java library."""
    @contextlib.contextmanager
    def start(group):
        with clients.Traffic(group) as traffic, libraries.KazooLoad(group) as kazoo, \
                libraries.JavaLoad(group) as java:
            def progress():
                for one in (traffic, kazoo, java):
                    one.wait_progress()
            progress()
            yield traffic, progress
            for one in (kazoo, java):
                one.check_end()
    return start


def our_kind():
    return JAVA if servers.subject_kind() == JAVA else OKAPI


def replace_all(group, order, kind, progress, how="stop"):
    """Member after member becomes the other kind; in between everything goes on."""
    for sid in order:
        member = group[sid]
        getattr(member, how)()
        progress()
        group.replace(sid, kind)
        group.wait_served(1, 2, 3)
        progress()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1)], ids=["leader last", "leader first"])
def test_java_to_ours_and_back(make_ensemble, load, order):
    group = make_ensemble([JAVA] * 3, properties=tree.PROPERTIES)
    group.start(3, 2)
    group.spawn(1)
    group.wait_served(1, 2, 3)
    with load(group) as (traffic, progress):
        replace_all(group, order, our_kind(), progress)
        assert {member.kind for member in group} == {our_kind()}
        replace_all(group, order, JAVA, progress)
        traffic.stop()
        traffic.raise_errors()
    traffic.check()


@pytest.mark.long
@pytest.mark.parametrize("round_number", range(3))
def test_java_to_ours_and_back_by_crashes(make_ensemble, load, round_number):
    """What one kind left behind when it was killed, the other kind takes up."""
    group = make_ensemble([JAVA] * 3, properties=tree.PROPERTIES, config={"snapCount": 200})
    group.start()
    with load(group) as (traffic, progress):
        for _ in range(2):
            leader = group.leader().sid
            order = [leader] + [sid for sid in (1, 2, 3) if sid != leader]
            replace_all(group, order[round_number:] + order[:round_number], our_kind(), progress, "kill")
            replace_all(group, order, JAVA, progress, "kill")
        traffic.stop()
        traffic.raise_errors()
    traffic.check()
