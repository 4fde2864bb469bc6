"""Sends one stream to two servers, step by step, and compares all that comes back."""
import pprint

import ops
import servers
import tree
import wire
from wire import CLOSED, Event, Reply

from . import normal, rules, stream

# Longer than any run, so that no session expires in the middle of one.
SESSION_MS = 600_000
PROBE_XID = 1_000_000


class Difference(AssertionError):
    pass


class Side:
    """One server with its sessions."""

    def __init__(self, server):
        self.server = server
        self.identities = normal.Identities()
        self.slots = [None] * stream.SLOTS

    def open(self, slot):
        session = wire.Session(self.server.port, timeout=SESSION_MS)
        self.identities.add(session.session_id)
        self.slots[slot] = session
        return session.response

    def reattach(self, slot, kind):
        """The response, and whether the old connection was closed before it came."""
        old = self.slots[slot]
        password = bytes(16) if kind == "wrong password" else old.password
        read_only = None if kind == "old client" else False
        new = wire.Session(self.server.port, timeout=SESSION_MS, session_id=old.session_id, password=password,
                           read_only=read_only)
        if new.session_id:
            self.slots[slot].close()
            self.slots[slot] = new
        else:
            # The reference closes the old connection all the same; ours need not (row 11.5).
            old.close()
            self.slots[slot] = None
        return (new.response.timeout, self.identities.name(new.session_id), new.response.read_only,
                new.session_id == 0 and new.is_closed())

    def perform(self, step):
        """Sends the requests of a step; returns per slot the items that arrived, up to the answer to a ping."""
        active = self.slots[step.slot]
        for request in step.requests:
            active.submit(request.op, request.body, request.xid)
        items = {step.slot: self._answers(active, step)}
        for slot, session in enumerate(self.slots):
            if slot != step.slot and session is not None:
                session.submit(ops.PING, xid=wire.PING_XID)
                items[slot] = _until(session, 1)[:-1]
        if items[step.slot][-1:] == [CLOSED]:
            active.close()
            self.slots[step.slot] = None
        return items

    @staticmethod
    def _answers(active, step):
        if step.closes:
            return _until(active, len(step.requests) + 1)
        active.submit(ops.PING, xid=wire.PING_XID)
        items = _until(active, len(step.requests) + 1)
        return items if items[-1] is CLOSED else items[:-1]

    def probe(self, slot, op, body):
        # A number of its own: the next request must have the same one on both sides.
        return self.slots[slot].call(op, body, PROBE_XID)

    def tree(self):
        """Every node with data, ACL, children and Stat, as the super user sees it."""
        return {path: normal.fields(node, self.identities) for path, node in tree.of(self.server).items()}


def _until(session, replies_wanted):
    items, got = [], 0
    while got < replies_wanted:
        items.append(session.next_item())
        if items[-1] is CLOSED:
            break
        got += isinstance(items[-1], Reply)
    return items


class Lockstep:
    def __init__(self, seed, length, reference, subject):
        self.stream = stream.Stream(seed, length)
        self.reference = Side(reference)
        self.subject = Side(subject)
        self.newer = subject.kind == servers.OKAPI
        self.last_zxid = 0

    def run(self):
        for number, step in enumerate(self.stream.steps()):
            try:
                self._open_missing()
                if step.reattach:
                    self._compare_reattach(step)
                else:
                    self._compare_step(step)
            except (Difference, TimeoutError, wire.ConnectionClosed) as problem:
                raise Difference(self._report(number, step, problem)) from problem
        self._compare_equal("the trees at the end", self.reference.tree(), self.subject.tree())
        if self.newer and b"\nzk_digest_mismatches_count\t0\n" not in self.subject.server.command_word("mntr"):
            raise Difference(f"seed {self.stream.seed}: digests foretold and found differ")

    def _report(self, number, step, problem):
        return (f"seed {self.stream.seed}, step {number}: {step.describe()}\n{problem}\n"
                f"again: DIFFERENTIAL_SEED={self.stream.seed} DIFFERENTIAL_STEPS={number + 1} "
                "/usr/bin/python3 -m pytest tests/compat/differential_test.py -q")

    def _open_missing(self):
        for slot in range(stream.SLOTS):
            if self.reference.slots[slot] is None:
                ours, theirs = self.subject.open(slot), self.reference.open(slot)
                self._compare_equal("the connect response", theirs[:2], ours[:2])

    def _compare_reattach(self, step):
        theirs = self.reference.reattach(step.slot, step.reattach)
        ours = self.subject.reattach(step.slot, step.reattach)
        self._compare_equal("the reattach", theirs, ours)

    def _compare_step(self, step):
        theirs, ours = self.reference.perform(step), self.subject.perform(step)
        closing = any(request.op == ops.CLOSE_SESSION for request in step.requests)
        for slot in theirs:
            requests = iter(step.requests if slot == step.slot else ())
            expected = [self._expected(item, step, requests) for item in theirs[slot]]
            requests = iter(step.requests if slot == step.slot else ())
            actual = [normal.item(item, _op_of(item, requests), self.subject.identities) for item in ours[slot]]
            if closing:
                expected, actual = normal.sort_event_runs(expected), normal.sort_event_runs(actual)
            self._compare_equal(f"what session {slot} received", expected, actual)
        self._check_event_zxids(step, theirs, ours)

    def _expected(self, item, step, requests):
        request = next(requests) if isinstance(item, Reply) else None
        result = normal.item(item, request and request.op, self.reference.identities)
        if request is None or not self.newer:
            return result
        result = rules.expected(result, request, lambda op, body: self._probe(step.slot, op, body))
        return _name_owner(result, self.reference, step.slot)

    def _probe(self, slot, op, body):
        if op == ops.REMOVE_WATCHES:
            self.subject.probe(slot, op, body)
        return self.reference.probe(slot, op, body)

    def _check_event_zxids(self, step, theirs, ours):
        """Row "notification zxid": always -1 in 3.8.0, in 3.9.5 the transaction's, but for setWatches."""
        zxids = [item.zxid for item in theirs[step.slot] if isinstance(item, Reply)]
        last = max(zxids + [self.last_zxid])
        synthesized = any(r.op in (ops.SET_WATCHES, ops.SET_WATCHES2) for r in step.requests)
        for items in ours.values():
            events = [item.zxid for item in items if isinstance(item, Event)]
            if not self.newer or synthesized:
                good = all(zxid == -1 for zxid in events)
            else:
                good = events == sorted(events) and all(self.last_zxid < zxid <= last for zxid in events)
            if not good:
                raise Difference(f"event zxids {events}, transactions {self.last_zxid + 1} to {last}")
        self.last_zxid = last

    @staticmethod
    def _compare_equal(what, theirs, ours):
        if theirs == ours:
            return
        if isinstance(theirs, list) and len(theirs) == len(ours):
            theirs, ours = zip(*[pair for pair in zip(theirs, ours) if pair[0] != pair[1]])
        if isinstance(theirs, dict):
            keys = sorted(key for key in {*theirs, *ours} if theirs.get(key) != ours.get(key))
            theirs, ours = [{key: side.get(key) for key in keys} for side in (theirs, ours)]
        raise Difference(f"{what}:\nreference (after the rules):\n{pprint.pformat(theirs, width=140)}\n"
                         f"under test:\n{pprint.pformat(ours, width=140)}")


def _op_of(item, requests):
    return next(requests).op if isinstance(item, Reply) else None


def _name_owner(item, side, slot):
    """Fills in the session that a rule could only call "the session"."""
    for result in item.get("results", ()):
        if result.get("stat", {}).get("ephemeralOwner") == "the session":
            result["stat"]["ephemeralOwner"] = side.identities.name(side.slots[slot].session_id)
    return item
