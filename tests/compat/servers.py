"""Starts and stops real server processes, the Java reference and ours, behind one interface.

Every server gets a directory of its own, a loopback port of its own, and is only ever ended by its own
process id, so several runs can share a machine.
"""
import collections
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILT_SERVER = REPOSITORY / "build" / "release" / "server" / "main" / "okapi-server"

JAVA = "java"
OKAPI = "okapi"

# zookeeper.jar names the rest of its class path in its manifest, all but a logging back end.
JAVA_CLASSPATH = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar"
JAVA_OPTIONS = [
    # A small heap and only the quick compiler: these servers live for seconds.
    "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
    # Digest hashes and path bytes follow the default charset of the virtual machine.
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
]
JAVA_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"

# Below the kernel's range for outgoing connections.
PORTS_BEGIN, PORTS_END = 10000, 32000
_GIVEN_LATELY = collections.deque(maxlen=2000)

START_SECONDS = 60
STOP_SECONDS = 30
POLL_SECONDS = 0.02

DEFAULT_CONFIG = {
    "tickTime": 2000,
    "clientPortAddress": "127.0.0.1",
    "maxClientCnxns": 0,
    "admin.enableServer": "false",
    "4lw.commands.whitelist": "*",
    # Logs are preallocated; the default of 64 MB each would fill a small disk.
    "preAllocSize": 256,
}


class StartFailed(Exception):
    """The process ended, or did not answer, before it was ready."""


def subject_kind():
    """What the tests run against: OKAPI_SERVER is the path of our server, or the word java."""
    return JAVA if os.environ.get("OKAPI_SERVER") == JAVA else OKAPI


def subject_path():
    chosen = os.environ.get("OKAPI_SERVER")
    return pathlib.Path(chosen).resolve() if chosen else BUILT_SERVER


def okapi_binary():
    path = subject_path()
    if not os.access(path, os.X_OK):
        raise StartFailed(
            f"no server to test at {path}: set OKAPI_SERVER to our okapi-server, or to 'java' "
            "to run the tests against the reference itself")
    return str(path)


def free_port(neighbours=0):
    """A loopback port that is free now, together with the given number of ports after it.

    No client takes it by chance before the server binds it. Nor is it given again soon, or by another
    worker of the same run: a port may be bound late (the quorum port by a leader alone), and again after
    a crash.
    """
    begin, end = _ports_of_this_worker()
    for _ in range(500):
        port = random.SystemRandom().randrange(begin, end - neighbours)
        wanted = range(port, port + neighbours + 1)
        if all(one not in _GIVEN_LATELY and _is_free(one) for one in wanted):
            _GIVEN_LATELY.extend(wanted)
            return port
    raise StartFailed("no free port found")


def _ports_of_this_worker():
    """pytest-xdist runs several workers, which know nothing of each other's ports."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (PORTS_END - PORTS_BEGIN) // workers
    return PORTS_BEGIN + number * share, PORTS_BEGIN + (number + 1) * share


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until(condition, seconds, what):
    """Polls until condition() is true and returns its value; fails with a text after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for: {what}")
        time.sleep(POLL_SECONDS)


def four_letter_word(port, word, seconds=5):
    """The whole answer to a four-letter word as bytes; b"" when the connection is closed unanswered."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(word if isinstance(word, bytes) else word.encode())
        chunks = []
        while True:
            try:
                chunk = connection.recv(65536)
            except ConnectionResetError:
                break
            if not chunk:
                break
            chunks.append(chunk)
    return b"".join(chunks)


class Server:
    """One server process and its directory. `start`, then `stop` or `kill`, as often as wanted."""

    def __init__(self, kind, directory, config=None, properties=None, environment=None):
        self.kind = kind
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config = dict(DEFAULT_CONFIG)
        self.config.update(config or {})
        self.config.setdefault("dataDir", str(self.directory / "data"))
        self.properties = dict(properties or {})
        self.environment = dict(environment or {})
        self.config_path = self.directory / "zoo.cfg"
        self.log_path = self.directory / "server.log"
        self.process = None
        self._chosen_port = "clientPort" in self.config

    @property
    def port(self):
        return int(self.config["clientPort"])

    @property
    def data_dir(self):
        return pathlib.Path(self.config["dataDir"])

    @property
    def version_dir(self):
        return self.data_dir / "version-2"

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def command(self):
        flags = [f"-D{name}={value}" for name, value in self.properties.items()]
        if self.kind == JAVA:
            return (["java", *JAVA_OPTIONS, *flags, "-cp", JAVA_CLASSPATH, JAVA_MAIN, str(self.config_path)])
        return [okapi_binary(), str(self.config_path), *flags]

    def write_config(self):
        lines = [f"{key}={value}\n" for key, value in self.config.items() if value is not None]
        self.config_path.write_text("".join(lines), encoding="latin-1")

    def spawn(self):
        """Starts the process without waiting for it to serve."""
        assert not self.running, "already running"
        self.write_config()
        environment = dict(os.environ)
        environment.update(self.environment)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=self.directory, env=environment)

    def start(self):
        """Starts the process and returns once it answers. A port lost to somebody else is replaced."""
        for _ in range(5):
            if not self._chosen_port:
                self.config["clientPort"] = free_port()
            self.spawn()
            try:
                self.wait_ready()
            except StartFailed:
                if self._chosen_port or not self._lost_port():
                    raise
                continue
            # Restarts keep the port, as clients of the first life come back to it.
            self._chosen_port = True
            return self
        raise StartFailed("every chosen port was taken")

    def _lost_port(self):
        return "already in use" in self.log_text().lower()

    def wait_ready(self, seconds=START_SECONDS):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise StartFailed(f"exit code {self.process.returncode}\n{self.log_tail()}")
            with contextlib.suppress(OSError):
                if b"Mode: " in four_letter_word(self.port, "srvr"):
                    return
            time.sleep(POLL_SECONDS)
        self.kill()
        raise StartFailed(f"not serving after {seconds} s\n{self.log_tail()}")

    def wait_exit(self, seconds=STOP_SECONDS):
        """The exit code; negative for the signal that ended the process."""
        return self.process.wait(timeout=seconds)

    def stop(self):
        """Asks the process to end (SIGTERM) and returns its exit code."""
        self.process.terminate()
        try:
            return self.wait_exit()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {STOP_SECONDS} s after SIGTERM\n{self.log_tail()}") from None

    def kill(self):
        """Ends the process at once (SIGKILL), as a crash would."""
        if self.running:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process is not None:
            self.kill()

    def command_word(self, word):
        return four_letter_word(self.port, word)

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=40):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def running(kind, config=None, properties=None, environment=None):
    """A started server in a temporary directory, killed and removed at the end."""
    directory = tempfile.mkdtemp(prefix="okapi-compat-")
    server = Server(kind, directory, config, properties, environment)
    try:
        yield server.start()
    finally:
        server.close()
        shutil.rmtree(directory, ignore_errors=True)
