"""Client libraries under steady load beside the raw clients: kazoo, and the reference's own from Java.

They may lose a connection and find the next one by themselves; anything else is a failure.
"""
import contextlib
import pathlib
import subprocess
import threading

import kazoo.client
import kazoo.exceptions
import kazoo.handlers.threading
import kazoo.protocol.states

import servers

SESSION_SECONDS = 20
PAUSE_SECONDS = 0.005
PROGRESS_SECONDS = 60
HEAP = ["-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
RETRIED = (kazoo.exceptions.ConnectionLoss, kazoo.exceptions.OperationTimeoutError,
           kazoo.exceptions.SessionMovedError, kazoo.exceptions.ConnectionClosedError,
           kazoo.handlers.threading.KazooTimeoutError)


def hosts(group):
    return ",".join(f"127.0.0.1:{port}" for port in group.ports)


class KazooLoad(threading.Thread):
    """Counts in one register, each write at the version of the last; keeps an ephemeral and a watch."""

    def __init__(self, group, name="kazoo"):
        super().__init__(name=name, daemon=True)
        self.node, self.live = f"/{name}-load", f"/{name}-live"
        self.client = kazoo.client.KazooClient(hosts(group), timeout=SESSION_SECONDS)
        self.client.add_listener(self._on_state)
        self.stopping = threading.Event()
        self.lost, self.error = False, None
        self.writes = self.reconnects = self.watched = 0

    def _on_state(self, state):
        if state == kazoo.protocol.states.KazooState.LOST and not self.stopping.is_set():
            self.lost = True
        if state == kazoo.protocol.states.KazooState.SUSPENDED:
            self.reconnects += 1

    def __enter__(self):
        self.client.start(timeout=SESSION_SECONDS)
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()
        with contextlib.suppress(*RETRIED):
            self.client.stop()
        self.client.close()

    def run(self):
        try:
            self._persist(lambda: self.client.ensure_path(self.node))
            self._persist(self._make_live)
            self.client.DataWatch(self.node, self._on_data)
            self._count()
        except Exception as error:  # a thread has nobody else to tell
            self.error = error

    def _make_live(self):
        with contextlib.suppress(kazoo.exceptions.NodeExistsError):
            self.client.create(self.live, ephemeral=True)

    def _on_data(self, _data, _stat):
        self.watched += 1

    def _persist(self, act):
        while not self.stopping.is_set():
            try:
                return act()
            except RETRIED:
                self.stopping.wait(PAUSE_SECONDS)
        return None

    def _count(self):
        version = self._persist(lambda: self.client.exists(self.node)).version
        while not self.stopping.is_set():
            try:
                version = self.client.set(self.node, b"%d" % self.writes, version).version
                self.writes += 1
            except RETRIED:
                # Whether it took place is for the server to say; twice it cannot have.
                self._persist(lambda: self.client.sync(self.node))
                stat = self._persist(lambda: self.client.exists(self.node))
                if stat is not None:
                    assert version <= stat.version <= version + 1, f"version {stat.version} after {version}"
                    version = stat.version
            self.stopping.wait(PAUSE_SECONDS)

    def wait_progress(self, writes=20):
        goal = self.writes + writes
        servers.wait_until(lambda: self.error or self.lost or self.writes >= goal, PROGRESS_SECONDS, "kazoo's writes")
        self.check()

    def check(self):
        if self.error is not None:
            raise self.error
        assert not self.lost, "kazoo's session was lost"

    def check_end(self):
        """The ephemeral is there, and is this session's."""
        self.check()
        stat = self._persist(lambda: self.client.exists(self.live))
        assert stat is not None and stat.ephemeralOwner == self.client.client_id[0]


class JavaLoad:
    """JavaLoad.java as a process of its own, compiled as it starts."""

    def __init__(self, group):
        source = pathlib.Path(__file__).with_name("JavaLoad.java")
        self.process = subprocess.Popen(
            ["java", *HEAP, "-cp", servers.JAVA_CLASSPATH, str(source), hosts(group)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def writes(self):
        return max((int(line.split()[1]) for line in list(self.lines) if line.startswith("writes ")), default=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()

    def wait_progress(self, writes=40):
        goal = self.writes + writes
        servers.wait_until(lambda: self.process.poll() is not None or self.writes >= goal, PROGRESS_SECONDS,
                           "writes of the Java client")
        self.check()

    def check(self):
        assert self.process.poll() is None, "\n".join(self.lines[-20:])

    def check_end(self):
        """Tells it to end, which it does well only if its session and ephemeral are there."""
        self.process.stdin.write("end\n")
        self.process.stdin.flush()
        code = self.process.wait(PROGRESS_SECONDS)
        self.reader.join()
        assert code == 0, "\n".join(self.lines[-20:])
