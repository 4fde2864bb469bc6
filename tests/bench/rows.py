"""The rows of the comparison: what is run, what is read from it, and the aim.

A row's `run` gives samples: {target: {measure: [value of each round]}}. A check reads one measure:
its aim is a ratio to Java's or to the ceiling's value in the same round, or an absolute number.
"""
import dataclasses
import json
import random
import subprocess
import time
import typing

from bench_servers import CEILING, JAVA, OKAPI, Server, cpu_seconds, rss_bytes


@dataclasses.dataclass
class Check:
    measure: str
    aim: float
    of: typing.Optional[str] = None  # JAVA or CEILING for a ratio, nothing for an absolute aim
    at_least: bool = False

    def text(self):
        unit = {JAVA: "x Java", CEILING: "x ceiling"}.get(self.of, "")
        return f"{'>=' if self.at_least else '<='} {self.aim:g}{unit}"


@dataclasses.dataclass
class Row:
    name: str
    run: typing.Callable
    checks: list


class Context:
    """What the rows share: programs, sizes, and the servers that steady rows run against."""

    def __init__(self, programs, root, rounds, seconds, short):
        self.programs, self.root = programs, root
        self.rounds, self.seconds, self.short = rounds, seconds, short
        self.kinds = ([OKAPI] if programs.okapi else []) + [JAVA, CEILING]
        self.random = random.Random(1)
        self._shared = []

    def server(self, kind, **config):
        return Server(kind, self.programs, self.root, **config)

    def shared(self):
        """One long-lived server of each kind, Java's warmed up for its compiler."""
        if not self._shared:
            for kind in self.kinds:
                server = self.server(kind)
                self._shared.append(server)
                server.start()
            java = [server for server in self._shared if server.kind == JAVA]
            for workload in ("get", "exists", "children", "set", "create"):
                self.bench(java, [workload, "-c", "32", "-d", "8"], 1, 1 if self.short else 4)
        return self._shared

    def close(self):
        for server in self._shared:
            server.__exit__()

    def bench(self, servers, arguments, rounds, seconds):
        """Runs okapi-bench; gives {kind: {measure: [round values]}}."""
        first, *others = servers
        command = [self.programs.bench, *arguments, "-r", str(rounds), "-s", str(seconds), "--json",
                   "-q", "--host", f"127.0.0.1:{first.port}", "--pid", str(first.pid)]
        for server in others:
            command += ["--compare", f"127.0.0.1:{server.port}", "--compare-pid", str(server.pid)]
        command += ["--names", *(server.kind for server in servers)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"okapi-bench {arguments[0]}: {done.stderr.strip()}")
        return by_target(json.loads(done.stdout)["rounds"])


def by_target(rounds):
    out = {}
    for one in rounds:
        for target, measures in one.items():
            for measure, value in measures.items():
                out.setdefault(target, {}).setdefault(measure, []).append(value)
    return out


def steady(*arguments):
    """A row of okapi-bench against the shared servers, all of them in turn in every round."""
    def run(context):
        return context.bench(context.shared(), list(arguments), context.rounds, context.seconds)
    return run


def real_kinds(context):
    return [kind for kind in context.kinds if kind != CEILING]


def in_turn(context, kinds, one):
    """one(kind) gives {measure: value}; asked for each kind in random order, round by round."""
    rounds = []
    for _ in range(context.rounds):
        order = context.random.sample(kinds, len(kinds))
        rounds.append({kind: one(kind) for kind in order})
    return by_target(rounds)


def empty_server(context):
    def one(kind):
        server = context.server(kind)
        try:
            start = server.start()
            time.sleep(1)
            return {"start_ms": start * 1e3, "rss_mb": rss_bytes(server.pid) / 1e6}
        finally:
            server.__exit__()
    return in_turn(context, context.kinds, one)


def idle_cpu(context):
    seconds = 3 if context.short else 10

    def one(kind):
        with context.server(kind) as server:
            time.sleep(2)
            before = cpu_seconds(server.pid)
            time.sleep(seconds)
            return {"cpu_percent": 100 * (cpu_seconds(server.pid) - before) / seconds}
    return in_turn(context, context.kinds, one)


def idle_sessions(context):
    sessions = "1000" if context.short else "5000"

    def one(kind):
        with context.server(kind) as server:
            # A few sessions first: what a server allocates once is not the price of a session.
            context.bench([server], ["idle", "-c", "10"], 1, 0.1)
            return last(context.bench([server], ["idle", "-c", sessions], 1, 1), kind)
    return in_turn(context, context.kinds, one)


def last(samples, kind):
    return {measure: values[-1] for measure, values in samples[kind].items()}


def load(context, server, nodes):
    arguments = ["load", "-n", str(nodes), "-c", "8", "-d", "128", "--keep"]
    return last(context.bench([server], arguments, 1, 1), server.kind)


def million(context):
    nodes = 100_000 if context.short else 1_000_000

    def one(kind):
        with context.server(kind) as server:
            measures = load(context, server, nodes)
            server.kill()
            measures["restart_s"] = server.start()
            measures["rss_after_restart_mb"] = rss_bytes(server.pid) / 1e6
            return measures
    # A minute each for Java: one round less tells as much of a memory size.
    few = Context(context.programs, context.root, min(context.rounds, 3), 1, context.short)
    return in_turn(few, real_kinds(context), one)


def snapshot_tail(context):
    nodes = 20_000 if context.short else 200_000
    seconds = 4 if context.short else 10
    arguments = ["mixed", "--rate", "2000", "-c", "20", "--write-share", "0.5", "--warm-up", "1"]

    def one_round(server):
        """p99.9 without snapshots and with one after the other, on the same tree."""
        tails = {}
        for snap_count in context.random.sample([10**9, 1000], 2):
            server.stop()
            server.config["snapCount"] = snap_count
            server.start()
            before = server.snapshots()
            measures = last(context.bench([server], arguments, 1, seconds), server.kind)
            tails[snap_count] = measures["p999_us"]
            if snap_count == 1000 and server.snapshots() == before:
                raise RuntimeError(f"{server.kind} wrote no snapshot")
        return {"p999_plain_us": tails[10**9], "p999_snapshot_us": tails[1000],
                "snapshot_ratio": tails[1000] / tails[10**9]}

    samples = {}
    for kind in real_kinds(context):
        with context.server(kind, snapCount=10**9) as server:
            load(context, server, nodes)
            rounds = [{kind: one_round(server)} for _ in range(context.rounds)]
            samples.update(by_target(rounds))
    return samples


DEEP = ("-c", "64", "-d", "16")

ROWS = [
    Row("get-deep", steady("get", *DEEP), [Check("ops_per_cpu_s", 15, JAVA, True)]),
    Row("exists-deep", steady("exists", *DEEP), [Check("ops_per_cpu_s", 15, JAVA, True)]),
    Row("children-deep", steady("children", *DEEP), [Check("ops_per_cpu_s", 20, JAVA, True)]),
    Row("get-32", steady("get", "-c", "32"), [Check("ops_per_s", 3.3, JAVA, True)]),
    Row("get-alone", steady("get"), [Check("p50_us", 1.25, CEILING)]),
    Row("set-deep", steady("set", *DEEP), [Check("ops_per_cpu_s", 10, JAVA, True)]),
    Row("create-deep", steady("create", *DEEP),
        [Check("ops_per_cpu_s", 12, JAVA, True), Check("p999_us", 20_000)]),
    Row("set-alone", steady("set"), [Check("p50_us", 0.6, JAVA)]),
    Row("create-alone", steady("create"), [Check("p50_us", 0.6, JAVA)]),
    Row("handshakes", steady("handshakes", "-c", "128"), [Check("p99_us", 50_000)]),
    Row("watch-500", steady("watch", "-c", "500"), [Check("p50_us", 3_000)]),
    Row("empty", empty_server, [Check("rss_mb", 10), Check("start_ms", 30)]),
    Row("idle-cpu", idle_cpu, [Check("cpu_percent", 0.05)]),
    Row("idle-sessions", idle_sessions, [Check("rss_per_session_bytes", 2_000)]),
    Row("million", million, [Check("rss_per_znode_bytes", 300), Check("restart_s", 0.8)]),
    Row("snapshot-tail", snapshot_tail, [Check("snapshot_ratio", 1.3)]),
]
