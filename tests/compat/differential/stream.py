"""A seeded generator of request streams: steps that several sessions take in turn.

A stream never looks at answers, so that both servers get the same bytes. Names come from a small pool, so
that requests meet existing nodes, missing ones and each other.

Two profiles keep the states of a 3.8.0 and a 3.9.5 server equal where those two differ by design:
`watches` sets watches but keeps every node readable for everybody (3.8.0 neither filters events nor checks
`exists`), `acls` varies the permissions but sets no watch.
"""
import random
import zlib
from typing import NamedTuple

import ops
import wire

from . import pools

SLOTS = 3


class Request(NamedTuple):
    op: int
    body: bytes
    xid: object = None       # None takes the next number
    parts: tuple = ()        # of a multi: (operation, flags or None) of every part
    decodes: bool = True     # of a multi: False when a 3.9.5 server rejects its encoding as a whole


class Step(NamedTuple):
    slot: int
    requests: tuple = ()
    closes: bool = False     # the server ends the connection after the last answer
    reattach: object = None  # "same", "wrong password" or "old client"

    def describe(self):
        if self.reattach:
            return f"session {self.slot}: reattach ({self.reattach})"
        names = [f"{ops.NAMES.get(r.op, r.op)} {r.body.hex()}" for r in self.requests]
        return f"session {self.slot}: " + "; ".join(names)


class Stream:
    def __init__(self, seed, length):
        self.seed = seed
        self.random = random.Random(seed)
        self.length = length
        self.watching = seed % 2 == 0
        self.extended_types = seed % 3 != 0
        self.enforce_quota = seed % 4 < 2
        self.slot = 0
        # Paths that probably exist: a guess, as answers are never looked at.
        self.known = ["/"]

    def steps(self):
        for request in self._prologue():
            yield Step(0, (request,))
        for _ in range(self.length - len(self._prologue())):
            self.slot = self.random.randrange(SLOTS)
            yield self._step()

    def _step(self):
        roll = self.random.random()
        if roll < 0.03:
            kind = self.random.choice(["same", "same", "old client", "wrong password"])
            return Step(self.slot, reattach=kind)
        if roll < 0.07:
            return Step(self.slot, (self._closing(),), closes=True)
        if roll < 0.15:
            # Pipelined: none of these differs between the versions in a way that needs a look in between.
            count = self.random.randint(2, 6)
            return Step(self.slot, tuple(self._one(self._pipelined_kinds()) for _ in range(count)))
        return Step(self.slot, (self._one(self._kinds()),))

    def _prologue(self):
        """A few nodes and a quota to begin with, else most requests would find nothing."""
        paths = ["/a", "/b", "/a/a", "/b/b", "/a/a/c", "/zookeeper/quota/a"]
        self.known = ["/", *paths[:-1]]
        limits = b"count=-1,bytes=-1=;byteHardLimit=600;countHardLimit=9"
        return [Request(ops.CREATE, ops.create(path)) for path in paths] + [
            Request(ops.CREATE, ops.create("/zookeeper/quota/a/zookeeper_limits", limits)),
            Request(ops.CREATE, ops.create("/zookeeper/quota/a/zookeeper_stats", b"count=1,bytes=0"))]

    def _kinds(self):
        kinds = {
            self._create: 24, self._delete: 10, self._set_data: 12, self._read: 22, self._multi: 12,
            self._multi_read: 3, self._set_acl: 5, self._get_acl: 4, self._auth: 2, self._listing: 5,
            self._sync: 2, self._delete_container: 1, self._quota: 3, self._malformed: 3, self._odd: 2,
        }
        if self.watching:
            kinds.update({self._add_watch: 6, self._check_watches: 4, self._set_watches: 3})
        return kinds

    def _pipelined_kinds(self):
        kinds = {self._ping: 1, self._listing: 1, self._sync: 1}
        if self.watching:
            kinds[self._read] = 4
        if not self.enforce_quota:
            # Quotas are measured against applied values: what a pipelined write finds is a matter of luck.
            kinds.update({self._create: 5, self._delete: 2, self._set_data: 3, self._multi: 2})
        return kinds

    def _one(self, kinds):
        maker = self.random.choices(list(kinds), weights=list(kinds.values()))[0]
        return maker()

    # Pieces of requests.

    def _path(self, bad=0.04):
        if self.random.random() < bad:
            return self.random.choice(pools.BAD_PATHS)
        if self.random.random() < 0.05:
            return self.random.choice(pools.SYSTEM_PATHS)
        if self.random.random() < 0.6:
            return self.random.choice(self.known)
        depth = self.random.choice([1, 1, 2, 2, 2, 3])
        path = "".join("/" + self.random.choice("abcd") for _ in range(depth))
        if self.random.random() < 0.12:
            path += "/s-%010d" % self.random.randrange(12)
        return path

    def _new_path(self, bad=0.04):
        """Often a child of a node that probably exists."""
        if self.random.random() < 0.4:
            return self._path(bad)
        path = self.random.choice(self.known).rstrip("/") + "/" + self.random.choice("abcde")
        if path.count("/") > 4:
            return self._path(bad)
        if self.random.random() < 0.8:
            self.known.append(path)
        return path

    def _doomed_path(self):
        path = self._path()
        if path in self.known[1:]:
            self.known.remove(path)
        return path

    def _data(self):
        return self.random.choice([b"", None, b"x", b"payload", b"\x00" * 40, b"y" * 200])

    def _version(self):
        return self.random.choice([-1] * 8 + [0, 0, 1, 2, -2, 7, -2**31, 2**31 - 1])

    def _acls(self):
        if self.random.random() < 0.05:
            return self.random.choice(pools.BAD_ACLS)
        if self.watching:
            return self.random.choice(pools.READABLE_ACLS)
        if self.random.random() < 0.6:
            return pools.OPEN
        return [self.random.choice(pools.ACL_ENTRIES) for _ in range(self.random.randint(1, 3))]

    def _flags(self):
        return self.random.choices([0, 1, 2, 3, 4, 5, 6, 7, -1], weights=[50, 14, 12, 8, 3, 1, 1, 1, 1])[0]

    def _watch_kind(self, path):
        """One kind of watch per connection and path: 3.8.0 cannot hold two."""
        return zlib.crc32(f"{self.seed} {self.slot} {path!r}".encode()) % 4

    def _watch_flag(self, path):
        return self.watching and self._watch_kind(path) < 2 and self.random.random() < 0.7

    # Single operations.

    def _create(self):
        path, op = self._new_path(), self.random.choice([ops.CREATE, ops.CREATE, ops.CREATE2])
        flags = self._flags()
        if flags & 2 and flags < 7:
            path = path + "/s-" if isinstance(path, str) else path
        if self.random.random() < 0.08:
            return Request(ops.CREATE_CONTAINER, ops.create(path, self._data(), self._acls(), ops.CONTAINER))
        if self.random.random() < 0.08:
            ttl = self.random.choice([3600_000, 1099511627775, 1099511627776, 0, -5])
            flags = self.random.choice([ops.TTL, ops.TTL_SEQUENTIAL])
            return Request(ops.CREATE_TTL, ops.create_ttl(path, self._data(), self._acls(), flags, ttl))
        return Request(op, ops.create(path, self._data(), self._acls(), flags))

    def _delete(self):
        return Request(ops.DELETE, ops.delete(self._doomed_path(), self._version()))

    def _set_data(self):
        return Request(ops.SET_DATA, ops.set_data(self._path(), self._data(), self._version()))

    def _read(self):
        op = self.random.choice([ops.EXISTS, ops.EXISTS, ops.GET_DATA, ops.GET_CHILDREN, ops.GET_CHILDREN2])
        path = self._path()
        return Request(op, ops.read(path, self._watch_flag(path)))

    def _set_acl(self):
        return Request(ops.SET_ACL, ops.set_acl(self._path(), self._acls(), self._version()))

    def _get_acl(self):
        return Request(ops.GET_ACL, ops.get_acl(self._path()))

    def _listing(self):
        op = self.random.choice([ops.GET_EPHEMERALS, ops.GET_ALL_CHILDREN_NUMBER, ops.WHO_AM_I])
        path = self.random.choice([None, "", " ", "/", "/a", "/a/b", self._path()])
        return Request(op, b"" if op == ops.WHO_AM_I else ops.get_ephemerals(path))

    def _sync(self):
        return Request(ops.SYNC, ops.sync(self._path(bad=0.3)))

    def _ping(self):
        return Request(ops.PING, b"", wire.PING_XID)

    def _auth(self):
        scheme, data = self.random.choice(pools.GOOD_AUTHS)
        return Request(ops.AUTH, ops.auth(scheme, data), wire.AUTH_XID)

    def _delete_container(self):
        return Request(ops.DELETE_CONTAINER, ops.delete_container(self._path()))

    def _quota(self):
        """Limits are always well-formed text: a 3.8.0 server ends when it has to parse anything else."""
        node = "/zookeeper/quota/" + self.random.choice(["a", "a/b", "b"])
        kind = self.random.choice(["create", "limits", "stats", "set", "delete"])
        if kind == "create":
            return Request(ops.CREATE, ops.create(node))
        text = self.random.choice([b"count=3,bytes=100", b"count=-1,bytes=30", b"count=4,bytes=-1",
                                   b"count=-1,bytes=-1=;byteHardLimit=150;countHardLimit=4"])
        leaf = node + ("/zookeeper_stats" if kind == "stats" else "/zookeeper_limits")
        if kind == "set":
            return Request(ops.SET_DATA, ops.set_data(leaf, text))
        if kind == "delete":
            return Request(ops.DELETE, ops.delete(leaf))
        return Request(ops.CREATE, ops.create(leaf, text))

    def _malformed(self):
        """A body cut short; the connection survives."""
        request = self._one({self._create: 3, self._delete: 1, self._set_data: 2, self._read: 3, self._set_acl: 1,
                             self._multi: 3, self._sync: 1})
        cut = self.random.randrange(len(request.body)) if request.body else 0
        return Request(request.op, request.body[:cut], parts=request.parts, decodes=False)

    def _odd(self):
        """Surplus bytes, unusual xids, and operations that a standalone server refuses."""
        choice = self.random.randrange(4)
        if choice == 0:
            return Request(ops.RECONFIG, ops.reconfig(joining="server.9=a:1:2;3"))
        request = self._one({self._set_data: 1, self._read: 1, self._get_acl: 1})
        if choice == 1:
            return Request(request.op, request.body + b"surplus")
        return Request(request.op, request.body, self.random.choice([0, -3, -5, 2**31 - 1, -2**31]))

    def _closing(self):
        """A request after which the server closes the connection."""
        scheme, data = self.random.choice(pools.BAD_AUTHS)
        return self.random.choice([
            Request(ops.CLOSE_SESSION, b""),
            Request(ops.CLOSE_SESSION, b""),
            Request(ops.AUTH, ops.auth(scheme, data), wire.AUTH_XID),
            Request(self.random.choice([0, 10, 23, 99, 108, -1, -2, 1000000]), b"ignored"),
        ])

    # Watches.

    def _add_watch(self):
        path = self._path()
        kind = self._watch_kind(path)
        mode = {2: ops.MODE_PERSISTENT, 3: ops.MODE_RECURSIVE}.get(kind, self.random.choice([2, -1]))
        return Request(ops.ADD_WATCH, ops.watches(path, mode))

    def _check_watches(self):
        path = self._path()
        op = self.random.choice([ops.CHECK_WATCHES, ops.REMOVE_WATCHES])
        kinds = [ops.WATCH_CHILDREN, ops.WATCH_DATA, ops.WATCH_ANY, 0, 6, -1]
        kind = self.random.choice(kinds) if self._watch_kind(path) < 2 else ops.WATCH_ANY
        return Request(op, ops.watches(path, kind))

    def _set_watches(self):
        groups = {kind: [] for kind in range(4)}
        for _ in range(self.random.randint(0, 6)):
            path = self._path(bad=0)
            groups[self._watch_kind(path)].append(path)
        standard = groups[0] + groups[1]
        lists = [[path for path in standard if self.random.random() < 0.5] for _ in range(3)]
        zxid = self.random.choice([0, 5, 50, 100, 2**40, -1])
        if self.random.random() < 0.5:
            return Request(ops.SET_WATCHES, ops.set_watches(zxid, *lists), wire.SET_WATCHES_XID)
        return Request(ops.SET_WATCHES2, ops.set_watches(zxid, *lists, groups[2], groups[3]), wire.SET_WATCHES_XID)

    # Multi.

    def _multi(self):
        if self.random.random() < 0.6:
            return self._likely_multi()
        parts, decodes = [], True
        for _ in range(self.random.choice([0, 1, 2, 2, 3, 3, 4, 6])):
            op, body, good = self._multi_part()
            parts.append((op, body))
            decodes = decodes and good
        return Request(ops.MULTI, ops.multi(*parts), parts=tuple(parts), decodes=decodes)

    def _likely_multi(self):
        """Parts that mostly succeed: one failure would undo, and so hide, all others."""
        parts = []
        for _ in range(self.random.randint(1, 5)):
            path = self.random.choice(self.known)
            child = path.rstrip("/") + "/" + self.random.choice("abcde")
            parts.append(self.random.choice([
                (ops.CREATE, ops.create(path.rstrip("/") + "/s-", flags=ops.EPHEMERAL_SEQUENTIAL)),
                (ops.CREATE2, ops.create(path.rstrip("/") + "/s-", b"two", flags=ops.SEQUENTIAL)),
                (ops.CREATE_CONTAINER, ops.create(path.rstrip("/") + "/s-", flags=ops.SEQUENTIAL)),
                (ops.CREATE, ops.create(child)),
                (ops.SET_DATA, ops.set_data(path, self._data())),
                (ops.CHECK, ops.check(path)),
            ]))
        if self.random.random() < 0.3:
            parts += [(ops.CREATE, ops.create("/brief")), (ops.DELETE, ops.delete("/brief"))]
        return Request(ops.MULTI, ops.multi(*parts), parts=tuple(parts))

    def _multi_part(self):
        roll = self.random.random()
        if roll < 0.02:
            return self.random.choice(pools.WRONG_MULTI_PARTS)
        # No null path: a 3.8.0 server loses the zxid of such a multi, and the two would part.
        path = self._path(bad=0.02) or "/a"
        if roll < 0.5:
            return self._multi_create(path)
        if roll < 0.65:
            return ops.DELETE, ops.delete(path, self._version()), True
        if roll < 0.88:
            return ops.SET_DATA, ops.set_data(path, self._data(), self._version()), True
        return ops.CHECK, ops.check(path, self._version()), True

    def _multi_create(self, path):
        op = self.random.choice([ops.CREATE, ops.CREATE, ops.CREATE, ops.CREATE2, ops.CREATE_CONTAINER])
        acls = self._acls()
        if self.extended_types and self.random.random() < 0.1:
            return ops.CREATE_TTL, ops.create_ttl(path, self._data(), acls), acls is not None
        flags = ops.CONTAINER if op == ops.CREATE_CONTAINER else self._flags()
        decodes = flags in range(5) and acls is not None
        return op, ops.create(path, self._data(), acls, flags), decodes

    def _multi_read(self):
        parts = []
        for _ in range(self.random.randint(0, 4)):
            op = self.random.choice([ops.GET_DATA, ops.GET_CHILDREN])
            parts.append((op, ops.read(self._path(), self.random.random() < 0.5)))
        return Request(ops.MULTI_READ, ops.multi(*parts), parts=tuple(parts))
