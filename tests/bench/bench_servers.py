"""The servers that compare.py measures: Java's, ours and the ceiling, each a process of its own on
a loopback port of its own, ended by its own process id."""
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import time

JAVA, OKAPI, CEILING = "java", "okapi", "ceiling"

JAVA_CLASSPATH = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar"
JAVA_OPTIONS = ["-Xms1g", "-Xmx4g", "-Djava.awt.headless=true",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
JAVA_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"

START_SECONDS = 120
STOP_SECONDS = 60
# Java's may lose a connection made while it starts and never close it: ask again soon.
PROBE_SECONDS = 0.3
# ConnectRequest of a new session: protocol, last zxid, timeout, id, 16 bytes of password, readOnly.
HELLO = struct.pack(">iiqiqi16s?", 45, 0, 0, 30000, 0, 16, b"", False)
GOODBYE = struct.pack(">iii", 8, 1, -11)


class Programs:
    """Paths of the programs; `okapi` may be missing."""

    def __init__(self, bench, ceiling, okapi=None):
        self.bench, self.ceiling, self.okapi = bench, ceiling, okapi


def free_port():
    """A loopback port below the kernel's range for outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def cpu_seconds(pid):
    """CPU time of all threads of a process, from its CPU clock (nanoseconds, not ticks)."""
    return time.clock_gettime((~pid << 3) | 2)


def rss_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Server:
    """One server and its directory below `root`. `start`, then `stop` or `kill`, at will."""

    def __init__(self, kind, programs, root, **config):
        self.kind, self.programs = kind, programs
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=root))
        self.port = free_port()
        self.config = {
            "tickTime": 2000, "dataDir": self.directory / "data", "clientPort": self.port,
            "clientPortAddress": "127.0.0.1", "maxClientCnxns": 0, "admin.enableServer": "false",
            "4lw.commands.whitelist": "*", "maxSessionTimeout": 60000, **config}
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def command(self):
        config = self.directory / "zoo.cfg"
        if self.kind == JAVA:
            return ["java", *JAVA_OPTIONS, "-cp", JAVA_CLASSPATH, JAVA_MAIN, str(config)]
        if self.kind == OKAPI:
            return [self.programs.okapi, str(config)]
        return [self.programs.ceiling, str(self.port), str(self.directory / "log")]

    def start(self):
        """Starts the process; returns the seconds until it answered a first handshake."""
        lines = [f"{key}={value}\n" for key, value in self.config.items()]
        (self.directory / "zoo.cfg").write_text("".join(lines))
        with open(self.directory / "server.log", "ab") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, cwd=self.directory)
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - begin > START_SECONDS:
                self.kill()
                tail = (self.directory / "server.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self.kind} does not serve:\n{tail}")
            time.sleep(0.0005)
        return time.monotonic() - begin

    def _answers(self):
        """Whether a session can be opened; it is closed again at once."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), PROBE_SECONDS) as probe:
                probe.sendall(HELLO)
                answered = len(probe.recv(4)) == 4
                probe.sendall(GOODBYE)
                return answered
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=STOP_SECONDS)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def snapshots(self):
        """Names of the snapshot files of now."""
        return {path.name for path in pathlib.Path(self.config["dataDir"]).rglob("snapshot.*")}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
