"""The checker passes what one log could have answered, and finds every kind of planted lie."""
import copy
import random

import pytest

import history
import linearizable
import ops

pytestmark = pytest.mark.xdist_group("checker")  # they share a history

PATHS = ["/r/0", "/r/1"]
REGISTERS = {path: (zxid, b"") for zxid, path in enumerate(PATHS, 1)}
SESSIONS = 4


class Store:
    """One log, and sessions that see it late: what every answer is made from."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.history = history.History()
        self.clock = 0.0
        self.history.now = self._now
        self.zxid = len(PATHS)
        self.log = {path: [(zxid, 0, b"")] for path, (zxid, _) in REGISTERS.items()}
        self.views = [self.zxid] * SESSIONS
        self.sequence = 0

    def _now(self):
        self.clock += 0.001
        return self.clock

    def run(self, steps):
        for number in range(steps):
            session = self.random.randrange(SESSIONS)
            kind = self.random.choice([self.set, self.set, self.multi, self.read, self.read, self.create])
            kind(session, b"%d" % number)
        return self.history

    def _answered(self, one, err, **fields):
        """Some answers get lost."""
        if self.random.random() < 0.15:
            return
        self.views[one.session] = max(self.views[one.session], fields.pop("zxid", self.zxid))
        self.history.answer(one, err, self.views[one.session], **fields)

    def _apply(self, path, value):
        self.log[path].append((self.zxid, self.log[path][-1][1] + 1, value))
        return {"mzxid": self.zxid, "version": self.log[path][-1][1]}

    def set(self, session, value):
        path = self.random.choice(PATHS)
        version = self.log[path][-1][1]
        expected = self.random.choice([-1, version, version + 1])
        one = self.history.send(session, "set", path, value=value, expected=expected)
        if self.random.random() < 0.1:
            return  # never arrived
        self.zxid += 1
        if expected not in (-1, version):
            self._answered(one, ops.BAD_VERSION)
        else:
            self._answered(one, 0, stat={path: self._apply(path, value)})

    def multi(self, session, value):
        one = self.history.send(session, "multi", " ".join(PATHS), value=value)
        self.zxid += 1
        self._answered(one, 0, stat={path: self._apply(path, value) for path in PATHS})

    def read(self, session, _value):
        path = self.random.choice(PATHS)
        synced = self.random.random() < 0.5
        one = self.history.send(session, "read", path, synced=synced)
        prefix = self.zxid if synced else self.random.randint(self.views[session], self.zxid)
        zxid, version, data = [entry for entry in self.log[path] if entry[0] <= prefix][-1]
        self._answered(one, 0, zxid=prefix, data=data, stat={"mzxid": zxid, "version": version})

    def create(self, session, _value):
        one = self.history.send(session, "create", "/s/n-", flags=ops.SEQUENTIAL)
        self.zxid += 1
        name = f"/s/n-{self.sequence:010d}"
        self.sequence += 1
        self._answered(one, 0, name=name)


def findings(one_history):
    return linearizable.Checker(one_history, REGISTERS).check()


@pytest.fixture(name="right", scope="module")
def right_history():
    return Store(7).run(400)


@pytest.fixture(name="spoiled")
def copy_of_right(right):
    """A copy to plant something in."""
    mine = copy.copy(right)
    mine.operations = copy.deepcopy(right.operations)
    return mine


@pytest.mark.parametrize("seed", range(30))
def test_what_one_log_answers_is_right(seed):
    assert findings(Store(seed).run(300)) == []


def pick(one_history, kind, condition=lambda one: True, at=-1):
    """An answered operation from the middle of the history on."""
    found = [one for one in one_history.operations
             if one.kind == kind and one.outcome == history.ACKNOWLEDGED and condition(one)]
    return found[len(found) // 2 if at == -1 else at]


def expect(spoiled, text):
    found = findings(spoiled)
    assert any(text in finding for finding in found), found


def test_a_write_ordered_before_an_earlier_answer(spoiled):
    one = pick(spoiled, "create")
    one.zxid = 1
    expect(spoiled, "a write is older than what was seen before")


def test_a_read_of_a_lost_write(spoiled):
    one = pick(spoiled, "set")
    for other in spoiled.operations:
        if other.data == one.value:
            other.outcome = history.UNKNOWN
    one.stat[one.path]["version"] += 1
    expect(spoiled, "version")


def test_a_stale_read_that_claims_a_newer_prefix(spoiled):
    one = pick(spoiled, "read")
    one.zxid += 1000
    expect(spoiled, "a read lacks a write before the zxid of its answer")


def test_a_read_of_what_is_not_committed_yet(spoiled):
    one = pick(spoiled, "read", lambda one: one.stat["version"] > 1)
    one.zxid = one.stat["mzxid"] - 1
    expect(spoiled, "a read shows more than the zxid of its answer")


def test_a_value_that_nobody_wrote(spoiled):
    one = pick(spoiled, "read", lambda one: one.data)
    one.data = b"never"
    expect(spoiled, "another value than was written")


def test_a_stale_synced_read(right):
    """The read itself is of a true prefix, just not of one that a sync allows."""
    mine = copy.copy(right)
    mine.operations = copy.deepcopy(right.operations)
    one = pick(mine, "read", lambda one: one.synced)
    first = Store(0).log[one.path][0]
    one.zxid, one.data, one.stat = 2, b"", {"mzxid": first[0], "version": 0}
    expect(mine, "a synced read does not show what was seen before")
    one.synced = False
    one.session = 99
    assert findings(mine) == []


def test_a_synced_read_at_a_deposed_leader_can_be_allowed(spoiled):
    one = pick(spoiled, "read", lambda one: one.synced)
    one.zxid, one.data, one.session = 2, b"", 99
    one.stat = {"mzxid": REGISTERS[one.path][0], "version": 0}
    assert linearizable.Checker(spoiled, REGISTERS, lambda one: False).check() == []


def test_a_session_that_goes_back(spoiled):
    one = pick(spoiled, "read", lambda one: one.stat["version"] > 3 and not one.synced)
    one.zxid, one.data = 2, b""
    one.stat = {"mzxid": REGISTERS[one.path][0], "version": 0}
    expect(spoiled, "a session went back in time")


def test_two_writes_at_one_zxid(spoiled):
    first, second = [one for one in spoiled.acknowledged(["set"]) if one.path == PATHS[0]][:2]
    second.zxid = second.stat[PATHS[0]]["mzxid"] = first.zxid
    expect(spoiled, "one zxid for two writes")


def test_a_version_used_twice(spoiled):
    first, second = [one for one in spoiled.acknowledged(["set"]) if one.path == PATHS[0]][:2]
    second.stat[PATHS[0]]["version"] = first.stat[PATHS[0]]["version"]
    expect(spoiled, "after")


def test_a_version_that_nobody_wrote(spoiled):
    for one in spoiled.operations:
        for stat in [one.stat] if one.kind == "read" else (one.stat or {}).values():
            if stat is not None and stat["version"] > 20:
                stat["version"] += 200
    expect(spoiled, "versions were written by nobody")


def test_a_conditional_write_at_the_wrong_version(spoiled):
    one = pick(spoiled, "set", lambda one: one.expected != -1)
    one.expected -= 1
    expect(spoiled, "asked for version")


def test_a_refusal_without_a_reason(right):
    """Of all refusals, those between two known neighbours are certain."""
    found = []
    for number, one in enumerate(right.operations):
        if one.err == ops.BAD_VERSION:
            mine = copy.copy(right)
            mine.operations = copy.deepcopy(right.operations)
            mine.operations[number].expected -= 1
            found += findings(mine)
    assert any("which it asked for" in finding for finding in found)


def test_a_torn_multi():
    """Its answer got lost; one path shows it, the other does not."""
    mine = history.History()
    write = mine.send(1, "multi", " ".join(PATHS), value=b"both")
    for path, data, mzxid, version in ((PATHS[0], b"both", 3, 1), (PATHS[1], b"", 2, 0)):
        mine.answer(mine.send(2, "read", path), 0, 3, data=data, stat={"mzxid": mzxid, "version": version})
    assert write.outcome == history.UNKNOWN
    expect(mine, "a read lacks a write before the zxid of its answer")


def test_writes_of_one_session_that_change_places():
    mine = history.History()
    lost = mine.send(1, "set", PATHS[0], value=b"late")
    done = mine.send(1, "set", PATHS[1], value=b"early")
    mine.answer(done, 0, 3, stat={PATHS[1]: {"mzxid": 3, "version": 1}})
    mine.answer(mine.send(2, "read", PATHS[0]), 0, 4, data=b"late", stat={"mzxid": 4, "version": 1})
    assert lost.outcome == history.UNKNOWN
    expect(mine, "writes of one session changed places")


def test_a_name_created_twice(spoiled):
    first, second = spoiled.acknowledged(["create"])[:2]
    second.name = first.name
    expect(spoiled, "was created twice")


def test_a_sequence_that_goes_back(spoiled):
    first, second = spoiled.acknowledged(["create"])[3:5]
    first.name, second.name = second.name, first.name
    expect(spoiled, "number")


def test_an_ephemeral_lost_while_its_session_lives():
    mine = history.History()
    mine.answer(mine.send(1, "create", "/e", flags=ops.EPHEMERAL), 0, 3, name="/e")
    mine.answer(mine.send(2, "look", "/e", synced=True), ops.NO_NODE, 4)
    expect(mine, "an ephemeral was lost")
    mine.closed.add(1)
    assert findings(mine) == []


def node(mzxid, data=b"", czxid=0):
    return {"data": data, "stat": {"mzxid": mzxid, "czxid": czxid}}


class TestTheEnd:
    """check_final: what all members hold when everything is over."""

    @staticmethod
    def found(one_history, nodes):
        checker = linearizable.Checker(one_history, {})
        assert checker.check() == []
        return linearizable.check_final(checker, nodes)

    @pytest.fixture(name="mine")
    def make_history(self):
        mine = history.History()
        mine.answer(mine.send(1, "create", "/n"), 0, 3, name="/n")
        mine.answer(mine.send(1, "create", "/e", flags=ops.EPHEMERAL), 0, 4, name="/e")
        return mine

    def test_all_there(self, mine):
        assert self.found(mine, {"/n": node(3, czxid=3), "/e": node(4, czxid=4)}) == []

    def test_a_lost_node(self, mine):
        assert "is lost" in self.found(mine, {"/e": node(4, czxid=4)})[0]

    def test_a_lost_ephemeral(self, mine):
        assert "is lost" in self.found(mine, {"/n": node(3, czxid=3)})[0]

    def test_an_ephemeral_without_session(self, mine):
        mine.closed.add(1)
        assert "outlived" in self.found(mine, {"/n": node(3, czxid=3), "/e": node(4, czxid=4)})[0]

    def test_a_node_made_twice(self, mine):
        assert "made again" in self.found(mine, {"/n": node(9, czxid=9), "/e": node(4, czxid=4)})[0]

    def test_a_deleted_node(self, mine):
        mine.answer(mine.send(1, "delete", "/n"), 0, 5)
        assert "is there" in self.found(mine, {"/n": node(3, czxid=3), "/e": node(4, czxid=4)})[0]

    def test_a_lost_write(self):
        mine = history.History()
        mine.answer(mine.send(1, "set", PATHS[0], value=b"x"), 0, 3, stat={PATHS[0]: {"mzxid": 3, "version": 1}})
        checker = linearizable.Checker(mine, REGISTERS)
        assert checker.check() == []
        assert "is lost" in linearizable.check_final(checker, {PATHS[0]: node(1), PATHS[1]: node(2)})[0]
