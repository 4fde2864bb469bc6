"""Compares what the members of an ensemble hold, node by node."""
import tree

# Each member writes its own view of the members there while reconfiguration is off.
LOCAL_PATHS = ("/zookeeper/config",)


def of(member):
    nodes = tree.of(member)
    for path in LOCAL_PATHS:
        nodes.pop(path, None)
    return nodes


def assert_same_on(group):
    """All members that live hold the same nodes; returns these nodes. Settle the ensemble before."""
    first, *others = group.alive
    expected = of(first)
    for other in others:
        difference = tree.difference(expected, of(other))
        assert not difference, f"members {first.sid} and {other.sid} differ:\n{difference}"
    return expected
