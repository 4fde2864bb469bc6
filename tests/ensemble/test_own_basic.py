"""An ensemble starts, elects, replicates, and all members hold the same tree."""
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
