"""Writes of every kind through one server, to fill its log and snapshots."""
import random

import ops
import wire
from differential import pools

# Sessions of a load stay open over restarts.
SESSION_MS = 600_000
ACLS = [ops.ANYONE, [(ops.ALL, "digest", pools.ALICE), (ops.READ, "world", "anyone")],
        [(ops.ALL, "ip", "127.0.0.1"), (ops.READ, "digest", pools.BOB)], [(ops.READ, "world", "anyone")]]
NAMES = ["a", "b", "c", "\u00e4\u00f6", "\u4e2d\u6587", "x" * 60]


class Load:
    """Sends requests one after the other; all of them have been answered when it returns."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.root = f"/load{seed}"
        self.paths = [self.root]

    def run(self, server, count):
        """Leaves one session with ephemerals open, closes another."""
        with wire.Session(server.port, timeout=SESSION_MS) as staying, \
                wire.Session(server.port, timeout=SESSION_MS) as leaving:
            staying.authenticate("digest", pools.SUPER.encode())
            staying.call(ops.CREATE, ops.create(self.root))
            for _ in range(count):
                session = self.random.choice([staying, staying, leaving])
                session.call(*self._request())
            leaving.close_session()

    def _path(self):
        return self.random.choice(self.paths)

    def _new(self):
        path = self._path()
        if path.count("/") > 5:
            path = self.root
        path += "/" + self.random.choice(NAMES)
        self.paths.append(path)
        return path

    def _data(self):
        return self.random.choice([None, b"", b"data", bytes(300), self.random.randbytes(50)])

    def _create(self):
        flags = self.random.choice([0, 0, 0, 0, 1, 2, 3])
        return ops.CREATE, ops.create(self._new(), self._data(), self.random.choice(ACLS), flags)

    def _request(self):
        kind = self.random.choices(
            ["create", "create2", "container", "ttl", "set", "acl", "delete", "multi", "failing multi", "error"],
            weights=[30, 5, 4, 4, 20, 8, 10, 8, 4, 4])[0]
        if kind == "create":
            return self._create()
        if kind == "create2":
            return ops.CREATE2, ops.create(self._new(), self._data())
        if kind == "container":
            return ops.CREATE_CONTAINER, ops.create(self._new(), self._data(), flags=ops.CONTAINER)
        if kind == "ttl":
            ttl = self.random.choice([3_600_000, 1099511627775])
            return ops.CREATE_TTL, ops.create_ttl(self._new(), self._data(), ttl=ttl)
        if kind == "set":
            return ops.SET_DATA, ops.set_data(self._path(), self._data())
        if kind == "acl":
            return ops.SET_ACL, ops.set_acl(self._path(), self.random.choice(ACLS))
        if kind == "delete":
            return ops.DELETE, ops.delete(self._path())
        if kind == "error":
            return ops.CREATE, ops.create("/missing/parent")
        return ops.MULTI, self._multi(fails=kind == "failing multi")

    def _multi(self, fails):
        path = f"{self.root}/m{self.random.randrange(10**9)}"
        self.paths.append(path)
        parts = [(ops.CREATE, ops.create(path, self._data(), self.random.choice(ACLS))),
                 (ops.CREATE, ops.create(path + "/s-", flags=ops.SEQUENTIAL)),
                 (ops.CREATE2, ops.create(path + "/two", b"2")),
                 (ops.CREATE_CONTAINER, ops.create(path + "/c", flags=ops.CONTAINER)),
                 (ops.CREATE_TTL, ops.create_ttl(path + "/t")),
                 (ops.CREATE, ops.create(path + "/e", flags=ops.EPHEMERAL)),
                 (ops.SET_DATA, ops.set_data(path, b"set")),
                 (ops.CREATE, ops.create(path + "/gone")), (ops.DELETE, ops.delete(path + "/gone")),
                 (ops.CHECK, ops.check(path, 1))]
        return ops.multi(*parts, *([(ops.CHECK, ops.check(path, 99))] if fails else []))
