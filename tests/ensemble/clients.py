"""Concurrent clients on the raw wire, whose every request and answer goes into a history.

A client is one session. It keeps some requests in flight, asks any member, and comes back to another one with
the same session when its connection ends.
"""
import collections
import contextlib
import random
import threading

import ensemble
import history
import linearizable
import ops
import replies
import servers
import trees
import wire

REGISTERS = 6
SESSION_MS = 30_000
# A member that does not answer for so long is left for another, well before the session could expire.
PATIENCE_SECONDS = 4
RECONNECT_SECONDS = 0.05
# The load is to be steady, not to saturate two cores.
PAUSE_SECONDS = 0.004
PROGRESS_SECONDS = 60

ROOTS = ("/registers", "/made", "/sequence", "/live")
MIX = {"set": 30, "conditional set": 15, "multi": 8, "create": 5, "sequential": 5, "delete": 3,
       "read": 15, "synced read": 15, "look": 6, "move": 1}


class Expired(Exception):
    """A server said that the session is gone."""


class Request:
    """What was sent and not answered yet: the xid, the operation code, and the record (None for a sync)."""

    def __init__(self, xid, op, record):
        self.xid, self.op, self.record = xid, op, record


class Client(threading.Thread):
    def __init__(self, traffic, number, depth):
        super().__init__(name=f"client {number}", daemon=True)
        self.traffic, self.number, self.depth = traffic, number, depth
        self.history = traffic.history
        self.random = random.Random(f"{traffic.seed} {number}")
        self.live = f"/live/{number}"
        self.stopping = threading.Event()
        self.session = self.session_id = self.password = None
        self.last_zxid = 0
        self.versions = {}  # of registers, as last seen
        self.made = []  # own nodes that may be deleted
        self.in_flight = collections.deque()
        self.values = 0
        self.connects = 0
        self.error = None

    def run(self):
        try:
            while not self.stopping.is_set():
                try:
                    self._connect()
                    self._work()
                except (OSError, wire.ConnectionClosed) as error:
                    self._note_stall(error)
                    self._disconnect()
        except Expired:
            self.history.expired.append((self.session_id, self.history.now()))
        except Exception as error:  # a thread has nobody else to tell
            self.error = error
        self._disconnect()

    def _note_stall(self, error):
        """A request that is neither answered nor cut off: nobody was told to wait, or that it is in vain."""
        member = self.traffic.group[self.asked[0]] if self.in_flight else None
        if isinstance(error, TimeoutError) and member is not None and not member.stood_still(2 * PATIENCE_SECONDS):
            waiting = self.in_flight[0].record or self.in_flight[-1].record
            self.traffic.stalls.append((self.history.now(), self.asked, str(waiting)))

    def _disconnect(self):
        """What is in flight stays unknown."""
        self.in_flight.clear()
        if self.session is not None:
            self.session.close()
            self.session = None

    def _connect(self):
        """Returns with a connection; ends only with `stopping` or a refused session."""
        while not self.stopping.is_set():
            member = self.random.choice(self.traffic.members())
            with contextlib.suppress(OSError, wire.ConnectionClosed):
                again = {} if self.session_id is None else {
                    "session_id": self.session_id, "password": self.password, "last_zxid": self.last_zxid}
                kind = member.kind
                self.session = wire.Session(member.port, PATIENCE_SECONDS, timeout=SESSION_MS, **again)
                if self.session.session_id == 0:
                    raise Expired
                self.session_id, self.password = self.session.session_id, self.session.password
                # A member that changes its mode closes its connections: this holds for the whole of one.
                self.asked = (member.sid, kind, member.mode())
                self.connects += 1
                return
            self.stopping.wait(RECONNECT_SECONDS)

    def _work(self):
        if not self.stopping.is_set() and self.live not in self.versions:
            self._send(ops.CREATE, ops.create(self.live, flags=ops.EPHEMERAL), "create", self.live,
                       flags=ops.EPHEMERAL)
        while not self.stopping.is_set():
            while len(self.in_flight) < self.depth:
                if self._ask() == "move":
                    self._take_rest()
                    self._disconnect()
                    return
            self._take()
            self.stopping.wait(self.traffic.pause)
        self._take_rest()

    def _take_rest(self):
        while self.in_flight:
            self._take()

    def _ask(self):
        kind = self.random.choices(list(self.traffic.mix), self.traffic.mix.values())[0]
        path = f"/registers/{self.random.randrange(REGISTERS)}"
        self.values += 1
        value = f"{self.number}:{self.values}".encode()
        if kind in ("set", "conditional set"):
            version = -1 if kind == "set" else self.versions.get(path, 0)
            self._send(ops.SET_DATA, ops.set_data(path, value, version), "set", path, value=value, expected=version)
        elif kind == "multi":
            paths = [f"/registers/{number}" for number in self.random.sample(range(REGISTERS), 2)]
            body = ops.multi(*((ops.SET_DATA, ops.set_data(path, value)) for path in paths))
            self._send(ops.MULTI, body, "multi", " ".join(paths), value=value)
        elif kind == "create":
            path = f"/made/{self.number}-{self.values}"
            self._send(ops.CREATE, ops.create(path, value), "create", path, value=value)
        elif kind == "sequential":
            self._send(ops.CREATE, ops.create("/sequence/n-", value, flags=ops.SEQUENTIAL), "create", "/sequence/n-",
                       value=value, flags=ops.SEQUENTIAL)
        elif kind == "delete" and self.made:
            path = self.made.pop(0)
            self._send(ops.DELETE, ops.delete(path), "delete", path)
        elif kind in ("read", "synced read"):
            self._read(ops.GET_DATA, "read", path, synced=kind == "synced read")
        elif kind == "look":
            self._read(ops.EXISTS, "look", f"/live/{self.random.randrange(self.traffic.size)}", synced=True)
        return kind

    def _read(self, op, kind, path, synced):
        record = self._record(kind, path, synced=synced)
        if synced:
            self._submit(ops.SYNC, ops.sync(path), None)
        self._submit(op, ops.read(path), record)

    def _record(self, kind, path, **fields):
        return self.history.send(self.session_id, kind, path, by=self.asked, **fields)

    def _send(self, op, body, kind, path, **fields):
        self._submit(op, body, self._record(kind, path, **fields))

    def _submit(self, op, body, record):
        # Noted first: bytes that left in part may be executed.
        self.in_flight.append(Request(None, op, record))
        self.in_flight[-1].xid = self.session.submit(op, body)

    def _take(self):
        """The answer to the oldest request in flight."""
        if not self.in_flight:
            return
        reply = self.session.next_reply()
        request = self.in_flight.popleft()
        if reply.xid != request.xid:
            raise AssertionError(f"answer to {reply.xid}, expected to {request.xid}: {request.record}")
        if reply.err == ops.SESSION_EXPIRED:
            raise Expired
        self.last_zxid = max(self.last_zxid, reply.zxid)
        if request.record is None:
            return
        fields = self._decode(request, reply) if reply.err == ops.OK else {}
        self.history.answer(request.record, reply.err, reply.zxid, **fields)
        if request.record.path == self.live and reply.err in (ops.OK, ops.NODE_EXISTS):
            self.versions[self.live] = 0

    def _decode(self, request, reply):
        record, body = request.record, replies.decode(request.op, reply.body)
        if record.kind == "set":
            self.versions[record.path] = body["stat"]["version"]
            return {"stat": {record.path: body["stat"]}}
        if record.kind == "multi":
            return {"stat": {path: result["stat"] for path, result in zip(record.paths, body["results"])}}
        if record.kind == "create":
            if record.path.startswith("/made/"):
                self.made.append(body["path"])
            return {"name": body["path"]}
        if record.kind == "read":
            self.versions[record.path] = body["stat"]["version"]
            return {"data": body["data"], "stat": body["stat"]}
        return {}


class Traffic:
    """Clients of all members, and the judgement of what they saw. Use as a context: it stops the clients.

    `members_stall` is for tests in which members stand still or are cut off. A leader that is deposed without
    knowing it may answer a sync from its past (the reference does, and sync promises no more without
    sync.confirmLeadership), and a request may wait for longer than a client does.
    """

    def __init__(self, group, clients=6, depths=(1, 1, 4), seed=0, members_stall=False, mix=None,
                 pause=PAUSE_SECONDS):
        self.group, self.seed = group, seed
        self.members_stall = members_stall
        self.mix, self.pause = mix or MIX, pause
        self.history = history.History()
        self.stalls = []  # (time, member asked, request) of each answer that did not come
        self.only = None  # members to ask; all without
        self.size = clients
        self.registers = self._make_registers()
        self.clients = [Client(self, number, depths[number % len(depths)]) for number in range(clients)]

    def members(self):
        return self.only or list(self.group)

    def _make_registers(self):
        with self.group.leader().session() as session:
            for path in ROOTS:
                session.must(ops.CREATE, ops.create(path))
            paths = [f"/registers/{number}" for number in range(REGISTERS)]
            made = {}
            for path in paths:
                body = session.must(ops.CREATE2, ops.create(path))
                made[path] = (replies.decode(ops.CREATE2, body)["stat"]["czxid"], b"")
            session.close_session()
        return made

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join()

    def wait_progress(self, writes=60, seconds=PROGRESS_SECONDS):
        """Waits until so many more writes were acknowledged."""
        goal = self.history.acknowledged_writes + writes

        def reached():
            self.raise_errors()
            return self.history.acknowledged_writes >= goal
        try:
            servers.wait_until(reached, seconds, f"{writes} acknowledged writes")
        except AssertionError as error:
            missing = goal - self.history.acknowledged_writes
            raise AssertionError(f"{error}; {missing} missing\n{self.group.log_tails()}") from None

    def raise_errors(self):
        for client in self.clients:
            if client.error is not None:
                raise client.error

    def check(self, sessions_may_expire=False):
        """Ends the clients, half of the sessions too, and judges all that happened and what is left."""
        self.stop()
        self.raise_errors()
        if not sessions_may_expire:
            assert not self.history.expired, f"expired: {self.history.expired}"
        stalls = [stall for stall in self.stalls if stall[1][1] == ensemble.OKAPI]
        assert self.members_stall or not stalls, f"no answer within {PATIENCE_SECONDS} s: {stalls[:5]}"
        self._close_half()
        self.group.wait_same_zxid()
        nodes = trees.assert_same_on(self.group)
        checker = linearizable.Checker(self.history, self.registers, self._synced_read_is_fresh)
        findings = checker.check() + linearizable.check_final(checker, nodes)
        assert not findings, f"{len(findings)} findings\n" + "\n".join(findings[:10])
        assert self.history.acknowledged(), "no write at all was acknowledged"

    def _synced_read_is_fresh(self, one):
        """A leading reference does not order a sync of its own client behind commits that it has announced, and
        not yet applied: what a follower's client was told may be missing for a moment."""
        _, kind, mode = one.by
        return not self.members_stall and not (kind == servers.JAVA and mode not in ("follower", "observer"))

    def _close_half(self):
        """Every second session is closed, through a member of its choice; its ephemeral has to go."""
        for client in self.clients[::2]:
            if client.session_id is None or any(client.session_id == gone for gone, _ in self.history.expired):
                continue

            def closed(client=client):
                with contextlib.suppress(OSError, wire.ConnectionClosed):
                    port = client.random.choice([member.port for member in self.group.alive])
                    with wire.Session(port, PATIENCE_SECONDS, timeout=SESSION_MS, session_id=client.session_id,
                                      password=client.password, last_zxid=client.last_zxid) as session:
                        assert session.session_id == client.session_id, "a session is gone before its time"
                        return session.close_session().err == ops.OK
                return False
            servers.wait_until(closed, SESSION_MS / 1000, "a session to close")
            self.history.closed.add(client.session_id)
