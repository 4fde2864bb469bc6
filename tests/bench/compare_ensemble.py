#!/usr/bin/env python3
"""Measures an ensemble of three of ours against three of Java's, with okapi-bench as the load.

Not a test. Both ensembles run side by side; every round visits them in random order, each row through the
leader and through a follower. Shown are medians over the rounds, and medians of the ratios within a round.
CPU and memory are those of all three servers. Writes are durable on a majority before they are answered.

    compare_ensemble.py --okapi build/release/server/main/okapi-server
    compare_ensemble.py --okapi PATH --rounds 3 --seconds 1 set-alone mixed
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "ensemble"), str(TESTS / "compat")]

import bench_servers  # noqa: E402
import ensemble  # noqa: E402
import rows  # noqa: E402
import servers  # noqa: E402

BUILD = TESTS.parent / "build" / "release"
TIMING = {"tickTime": 2000, "initLimit": 10, "syncLimit": 5, "minSessionTimeout": None, "preAllocSize": None}
JAVA_OPTIONS = ["-Xms512m", "-Xmx2g", "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
ROWS = {
    "set-deep": ["set", "-c", "64", "-d", "16"],
    "create-deep": ["create", "-c", "64", "-d", "16"],
    "set-32": ["set", "-c", "32"],
    "create-32": ["create", "-c", "32"],
    "set-alone": ["set"],
    "create-alone": ["create"],
    "mixed": ["mixed", "-c", "64", "-d", "16", "--write-share", "0.1"],
}
VIA = ("leader", "follower")
MEASURES = ("ops_per_s", "p50_us", "p99_us", "ops_per_cpu_s")
WARM_UP = (["set", "-c", "32", "-d", "8"], ["create", "-c", "32", "-d", "8"], ["mixed", "-c", "32", "-d", "8"])
LAYOUT = "{:<14}{:<10}{:<16}{:>12}{:>12}{:>12}"


class Target:
    """A running ensemble of one kind."""

    def __init__(self, kind, root, programs):
        self.kind = kind
        self.context = rows.Context(programs, str(root), 1, 1, False)
        self.group = ensemble.Ensemble(root / kind, [kind] * 3, config=TIMING)
        self.group.start()

    def rss_mb(self):
        return sum(bench_servers.rss_bytes(member.pid) for member in self.group) / 1e6

    def cpu_seconds(self):
        return sum(bench_servers.cpu_seconds(member.pid) for member in self.group)

    def run(self, arguments, via, seconds):
        """{measure: value} of one run of okapi-bench through the leader or a follower."""
        leader = self.group.wait_served(1, 2, 3)
        member = leader if via == "leader" else self.group.followers()[0]
        before = self.cpu_seconds()
        samples = rows.last(self.context.bench([self._as_server(member)], arguments, 1, seconds), self.kind)
        spent = self.cpu_seconds() - before
        # The load generator warms up and clears away, too; for both ensembles alike.
        samples["ops_per_cpu_s"] = samples["ops_per_s"] * seconds / spent if spent else 0
        return samples

    def _as_server(self, member):
        """What rows.Context.bench asks of a server."""
        return argparse.Namespace(port=member.port, pid=member.pid, kind=self.kind)


def shown(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_row(name, via, samples):
    for measure in MEASURES:
        values = {kind: [sample[measure] for sample in found if measure in sample]
                  for kind, found in samples.items()}
        java, ours = values.get(ensemble.JAVA, []), values.get(ensemble.OKAPI, [])
        ratios = [mine / base for mine, base in zip(ours, java) if base]
        cells = [shown(statistics.median(one)) if one else "-" for one in (java, ours, ratios)]
        print(LAYOUT.format(name, via, measure, *cells), flush=True)


def print_memory(what, targets):
    found = {target.kind: target.rss_mb() for target in targets}
    java, ours = found[ensemble.JAVA], found.get(ensemble.OKAPI)
    ratio = shown(ours / java) if ours else "-"
    print(LAYOUT.format("memory", "all three", what, shown(java), shown(ours) if ours else "-", ratio), flush=True)
    return found


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all if none")
    parser.add_argument("--okapi", help="path of okapi-server; left out without it")
    parser.add_argument("--build", default=BUILD, type=pathlib.Path, help="build directory that holds okapi-bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each run")
    parser.add_argument("--directory", help="where the servers keep their data; not a RAM disk")
    parser.add_argument("--json", help="file for every round's numbers")
    chosen = parser.parse_args()
    if unknown := set(chosen.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    return chosen


def main():
    chosen = arguments()
    servers.JAVA_OPTIONS[:] = JAVA_OPTIONS
    kinds = [ensemble.JAVA]
    if chosen.okapi:
        os.environ["OKAPI_SERVER"] = chosen.okapi
        kinds.append(ensemble.OKAPI)
    programs = bench_servers.Programs(str(chosen.build / "client/bench/okapi-bench"), None, chosen.okapi)
    document = {"rounds": chosen.rounds, "seconds": chosen.seconds, "rows": {}, "memory": {}}
    with tempfile.TemporaryDirectory(prefix="okapi-ensembles-", dir=chosen.directory) as root, \
            contextlib.ExitStack() as stack:
        targets = []
        for kind in kinds:
            targets.append(Target(kind, pathlib.Path(root), programs))
            stack.callback(targets[-1].group.close)
        print(LAYOUT.format("row", "via", "measure", "Java", "ours", "ours/Java"), flush=True)
        document["memory"]["empty"] = print_memory("empty, MB", targets)
        for target in targets:
            if target.kind == ensemble.JAVA:
                for warm_up in WARM_UP:
                    target.run(warm_up, "leader", 3)
        for name in chosen.rows or ROWS:
            for via in VIA:
                samples = {kind: [] for kind in kinds}
                for _ in range(chosen.rounds):
                    for target in random.sample(targets, len(targets)):
                        samples[target.kind].append(target.run(ROWS[name], via, chosen.seconds))
                print_row(name, via, samples)
                document["rows"][f"{name} {via}"] = samples
        document["memory"]["loaded"] = print_memory("after load, MB", targets)
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
