"""Judges a history: what one server with one log could have answered is right, anything else is a finding.

The search that linearizability needs in general is not needed here: the zxids in the answers claim an order
of all writes, and every value is written once, so a write without an answer is known by whoever read it. Left
to check is that the claimed order fits the clock (a write has a greater zxid than everything any client saw
before it was sent), that every read is what the prefix named by its zxid holds, and that a synced read's
prefix has everything that was seen before. Together these are necessary and sufficient.

Registers: nodes that exist before the first operation, at version 0, and are only set. Other nodes are
created once, under names of their own, and may be deleted once.
"""
import bisect
import collections
import dataclasses
import typing

import history
import ops


@dataclasses.dataclass
class Write:
    """A write of one path whose place in the order is known."""
    zxid: int
    version: typing.Optional[int]  # None for the path of a multi that only its other path tells of
    value: bytes
    operation: object


class Checker:
    """`registers` gives path: (czxid, value) as the first operation found them.

    `synced_read_is_fresh(operation)` says whether the promise of sync holds for this one.
    """

    def __init__(self, one_history, registers, synced_read_is_fresh=lambda one: True):
        self.history = one_history
        self.registers = registers
        self.synced_read_is_fresh = synced_read_is_fresh
        self.findings = []
        self.writes = {path: [Write(zxid, 0, value, None)] for path, (zxid, value) in registers.items()}
        self.resolved = {}  # number of an operation without an answer: its zxid, as readers saw it

    def find(self, text, *operations):
        self.findings.append(text + "".join(f"\n    {one}" for one in operations))

    def check(self):
        """All findings as texts; none is what one hopes for."""
        self._place_writes()
        self._check_versions()
        self._check_clock_order()
        self._check_prefixes()
        self._check_sessions()
        self._check_creates()
        self._check_ephemerals()
        return self.findings

    def _place_writes(self):
        """Puts every write of a register that has a known zxid into the order of its path."""
        unknown = {}
        for one in self.history.operations:
            if one.kind in ("set", "multi"):
                if one.outcome == history.ACKNOWLEDGED:
                    for path in one.paths:
                        stat = one.stat[path]
                        if stat["mzxid"] != one.zxid:
                            self.find(f"mzxid {stat['mzxid']:#x} is not the zxid of the answer", one)
                        self.writes[path].append(Write(stat["mzxid"], stat["version"], one.value, one))
                elif one.outcome == history.UNKNOWN:
                    for path in one.paths:
                        unknown[path, one.value] = one
        seen = {}
        for one in self._reads_of_registers():
            claim = one.stat["mzxid"], one.stat["version"]
            if (one.path, one.data) in unknown:
                earlier = seen.setdefault((one.path, one.data), (claim, one))
                if earlier[0] != claim:
                    self.find(f"one write, read with mzxid and version {earlier[0]} and {claim}", earlier[1], one)
        for (path, value), ((zxid, version), _) in seen.items():
            writer = unknown[path, value]
            self.writes[path].append(Write(zxid, version, value, writer))
            known = self.resolved.setdefault(writer.number, zxid)
            if known != zxid:
                self.find(f"a multi has two zxids, {known:#x} and {zxid:#x}", writer)
        for (path, value), writer in unknown.items():
            # What one path of a multi shows holds for the other: it was applied wholly.
            if writer.number in self.resolved and (path, value) not in seen:
                self.writes[path].append(Write(self.resolved[writer.number], None, value, writer))
        for writes in self.writes.values():
            writes.sort(key=lambda write: write.zxid)

    def _reads_of_registers(self):
        return [one for one in self.history.operations
                if one.kind == "read" and one.outcome == history.ACKNOWLEDGED and one.path in self.registers]

    def _check_versions(self):
        """Each write adds one to the version; jumps are for writes that nobody was told of."""
        for path, writes in self.writes.items():
            unseen = sum(1 for one in self.history.operations
                         if one.kind in ("set", "multi") and path in one.paths
                         and one.outcome == history.UNKNOWN and one.number not in self.resolved)
            skipped = 0
            for earlier, later in zip(writes, writes[1:]):
                if later.zxid == earlier.zxid:
                    self.find(f"{path}: one zxid for two writes", earlier.operation, later.operation)
            unseen += sum(1 for write in writes if write.version is None)
            known = [write for write in writes if write.version is not None]
            for earlier, later in zip(known, known[1:]):
                if later.version <= earlier.version:
                    self.find(f"{path}: version {later.version} at {later.zxid:#x} after {earlier.version} "
                              f"at {earlier.zxid:#x}", earlier.operation, later.operation)
                skipped += max(0, later.version - earlier.version - 1)
            if skipped > unseen:
                self.find(f"{path}: {skipped} versions were written by nobody, {unseen} writes have no answer")
            self._check_conditions(path, writes)

    def _check_conditions(self, path, writes):
        """A conditional write took place at its version, and was refused only at another."""
        for write in writes:
            asked = -1 if write.operation is None else write.operation.expected
            if write.version is not None and asked not in (-1, write.version - 1):
                self.find(f"{path}: asked for version {write.operation.expected}, wrote {write.version}",
                          write.operation)
        zxids = [write.zxid for write in writes]
        for one in self.history.operations:
            if one.kind == "set" and one.path == path and one.err == ops.BAD_VERSION:
                at = bisect.bisect_left(zxids, one.zxid)
                before = writes[at - 1]
                certain = (before.version is not None and at < len(writes)
                           and writes[at].version == before.version + 1)
                if certain and before.version == one.expected:
                    self.find(f"{path}: refused at version {before.version}, which it asked for", one)

    def zxid_of(self, one):
        """Where a write stands; None while nobody knows."""
        return self.resolved.get(one.number) if one.outcome == history.UNKNOWN else one.zxid

    def _check_clock_order(self):
        """Whoever asks after somebody was answered comes later in the order."""
        highest, witness = 0, None
        waiting = sorted((one for one in self.history.operations if one.answered is not None),
                         key=lambda one: one.answered)
        at = 0
        for one in sorted(self.history.operations, key=lambda one: one.sent):
            while at < len(waiting) and waiting[at].answered < one.sent:
                if waiting[at].zxid > highest:
                    highest, witness = waiting[at].zxid, waiting[at]
                at += 1
            zxid = self.zxid_of(one)
            if one.is_write and zxid is not None and zxid <= highest:
                self.find("a write is older than what was seen before it was sent", witness, one)
            if (one.synced and one.answered is not None and one.zxid < highest
                    and self.synced_read_is_fresh(one)):
                self.find("a synced read does not show what was seen before", witness, one)

    def _check_prefixes(self):
        """A read shows exactly what the log holds up to the zxid of its answer."""
        zxids = {path: [write.zxid for write in writes] for path, writes in self.writes.items()}
        for one in self._reads_of_registers():
            writes = self.writes[one.path]
            seen = bisect.bisect_left(zxids[one.path], one.stat["mzxid"])
            if one.stat["mzxid"] > one.zxid:
                self.find("a read shows more than the zxid of its answer", one)
            elif seen == len(writes) or writes[seen].zxid != one.stat["mzxid"]:
                self.find("a read shows what nobody wrote", one)
            elif writes[seen].value != one.data or writes[seen].version not in (one.stat["version"], None):
                self.find("a read shows another value than was written at its mzxid", writes[seen].operation, one)
            elif seen + 1 < len(writes) and writes[seen + 1].zxid <= one.zxid:
                self.find("a read lacks a write before the zxid of its answer", writes[seen + 1].operation, one)

    def _check_sessions(self):
        """Answers of one session never go back; its writes take place in the order sent."""
        by_session = collections.defaultdict(list)
        for one in self.history.operations:
            by_session[one.session].append(one)
        for operations in by_session.values():
            operations.sort(key=lambda one: one.number)
            seen = wrote = None
            for one in operations:
                zxid = self.zxid_of(one)
                if zxid is None:
                    continue
                if one.is_write:
                    if wrote is not None and zxid <= self.zxid_of(wrote):
                        self.find("writes of one session changed places", wrote, one)
                    wrote = one
                if one.outcome == history.UNKNOWN:
                    continue
                if seen is not None and zxid < seen.zxid:
                    self.find("a session went back in time", seen, one)
                seen = one

    def _check_creates(self):
        """Names are made once; the numbers of sequential names grow in zxid order."""
        made = {}
        numbers = collections.defaultdict(list)
        for one in self.history.acknowledged(["create"]):
            if one.name in made:
                self.find(f"{one.name} was created twice", made[one.name], one)
            made[one.name] = one
            if one.flags & ops.SEQUENTIAL:
                parent, _, name = one.name.rpartition("/")
                numbers[parent].append((one.zxid, int(name[-10:]), one))
        for parent, found in numbers.items():
            found.sort(key=lambda item: item[:2])
            for earlier, later in zip(found, found[1:]):
                if later[1] <= earlier[1]:
                    self.find(f"{parent}: number {later[1]} after {earlier[1]}", earlier[2], later[2])

    def _check_ephemerals(self):
        """An ephemeral is seen from its create on, until somebody ends its session."""
        made = {one.name: one for one in self.history.acknowledged(["create"]) if one.flags & ops.EPHEMERAL}
        ended = {session for session, _ in self.history.expired} | self.history.closed
        for one in self.history.operations:
            if one.kind == "look" and one.err == ops.NO_NODE:
                create = made.get(one.path)
                if create is not None and create.session not in ended and one.zxid >= create.zxid:
                    self.find("an ephemeral was lost while its session lived", create, one)


def check_final(checker, nodes):
    """Nothing acknowledged is missing from the tree that all members hold in the end; gives the findings.

    `nodes` is {path: {"data", "stat", ...}}. Ephemerals live as long as their sessions.
    """
    findings = []
    deleted = {one.path: one for one in checker.history.operations if one.kind == "delete"}
    for path, writes in checker.writes.items():
        last = writes[-1]
        node = nodes.get(path)
        if node is None or node["stat"]["mzxid"] < last.zxid:
            findings.append(f"{path}: an acknowledged write is lost\n    {last.operation}")
        elif node["stat"]["mzxid"] == last.zxid and node["data"] != last.value:
            findings.append(f"{path}: holds {node['data']!r}, written was\n    {last.operation}")
    expired = {session for session, _ in checker.history.expired}
    for one in checker.history.acknowledged(["create"]):
        node, deleter = nodes.get(one.name), deleted.get(one.name)
        gone = one.session in checker.history.closed or one.session in expired
        ephemeral = bool(one.flags & ops.EPHEMERAL)
        if node is None:
            if deleter is None and not (ephemeral and gone):
                findings.append(f"an acknowledged node is lost\n    {one}")
        elif deleter is not None and deleter.outcome == history.ACKNOWLEDGED:
            findings.append(f"a deleted node is there\n    {deleter}")
        elif ephemeral and gone:
            findings.append(f"an ephemeral outlived its session\n    {one}")
        elif node["stat"]["czxid"] != one.zxid:
            findings.append(f"a node was made again, at {node['stat']['czxid']:#x}\n    {one}")
    return findings
