"""What concurrent clients asked and were answered, for linearizable.py to judge.

Times are of one monotonic clock in one process, so "answered before another was sent" means what it says.
"""
import dataclasses
import itertools
import threading
import time
import typing

WRITES = frozenset(["set", "create", "delete", "multi"])

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"


@dataclasses.dataclass
class Operation:
    """One request. `outcome` stays unknown when the connection ended before the answer came."""
    session: int
    kind: str  # set, create, delete, multi, read (a register), look (whether an ephemeral exists)
    path: str  # of a multi: the paths, joined by a blank
    number: int  # order of submission over all sessions
    sent: float
    value: bytes = b""
    expected: int = -1  # the version a write asks for
    synced: bool = False  # a read right behind a sync, sent with it
    flags: int = 0  # of a create
    answered: typing.Optional[float] = None
    outcome: str = UNKNOWN
    err: int = 0
    zxid: int = 0  # of the reply header
    stat: typing.Optional[dict] = None
    data: typing.Optional[bytes] = None  # of a read
    name: str = ""  # the path a create was answered with
    by: tuple = ()  # sid, kind and mode of the member asked

    @property
    def is_write(self):
        return self.kind in WRITES

    @property
    def paths(self):
        return self.path.split(" ")

    def __str__(self):
        return (f"{self.kind}{' (synced)' if self.synced else ''} {self.path} #{self.number} session "
                f"{self.session:#x} by {self.by} {self.outcome} err {self.err} zxid {self.zxid:#x} "
                f"value {self.value or self.data!r} sent {self.sent:.4f} answered {self.answered or 0:.4f}")


class History:
    """Operations of all clients, and what became of their sessions."""

    def __init__(self):
        self.operations = []
        self.begin = time.monotonic()
        self.expired = []  # (session, time) of each session that a server said was gone
        self.closed = set()  # sessions whose close was sent
        self.acknowledged_writes = 0  # tests wait for it to grow
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def now(self):
        return time.monotonic() - self.begin

    def send(self, session, kind, path, **fields):
        """Call right before the bytes leave."""
        with self._lock:
            one = Operation(session, kind, path, next(self._numbers), self.now(), **fields)
            self.operations.append(one)
        return one

    def answer(self, one, err, zxid, **fields):
        """Call right after the answer came."""
        one.answered = self.now()
        one.outcome = REFUSED if err else ACKNOWLEDGED
        one.err, one.zxid = err, zxid
        for name, value in fields.items():
            setattr(one, name, value)
        if one.is_write and not err:
            with self._lock:
                self.acknowledged_writes += 1

    def acknowledged(self, kinds=WRITES):
        return [one for one in self.operations if one.outcome == ACKNOWLEDGED and one.kind in kinds]

    def longest_gap(self, since=0.0):
        """The longest time between two acknowledged writes."""
        times = sorted(one.answered for one in self.acknowledged() if one.answered >= since)
        return max((later - earlier for earlier, later in zip(times, times[1:])), default=float("inf"))
