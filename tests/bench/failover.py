#!/usr/bin/env python3
"""Measures how long an ensemble of three takes no writes when a member goes, ours against Java's.

Not a test: nothing passes or fails by time. Both ensembles run side by side with the timing of ZooKeeper's
sample configuration; every round visits them in random order. Measured are

    kill-leader      kill -9 of the leader, to the first acknowledgement of a write sent after it
    stop-leader      SIGTERM of the leader, the longest gap between two acknowledged writes
    kill-follower    kill -9 of a follower, the longest gap of clients of the other two

    failover.py --okapi build/release/server/main/okapi-server --rounds 10
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
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "ensemble"), str(TESTS / "compat")]

import ensemble  # noqa: E402
import ops  # noqa: E402
import servers  # noqa: E402
import wire  # noqa: E402

TIMING = {"tickTime": 2000, "initLimit": 10, "syncLimit": 5, "minSessionTimeout": None,
          "maxSessionTimeout": None}
JAVA_OPTIONS = ["-Xmx1g", "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
SESSION_MS = 20_000
PATIENCE_SECONDS = 2
RETRY_SECONDS = 0.002
STEADY_WRITES = 100
EVENT_SECONDS = 60
# So many acknowledged writes after an event end its window: whoever reconnects has done so.
TAIL_WRITES = 200


class Writer(threading.Thread):
    """One session of one member at a time, writing one node without a pause; prefers its own member."""

    def __init__(self, group, sid):
        super().__init__(daemon=True)
        self.group, self.sid = group, sid
        self.avoid = None  # a member about to go
        self.stopping = threading.Event()
        self.acknowledged = []  # (sent, answered)

    def run(self):
        session_id, password = 0, wire.ZERO_PASSWORD
        while not self.stopping.is_set():
            with contextlib.suppress(OSError, wire.ConnectionClosed):
                with wire.Session(self._port(), PATIENCE_SECONDS, timeout=SESSION_MS, session_id=session_id,
                                  password=password) as session:
                    session_id, password = session.session_id, session.password
                    while session_id != 0 and not self.stopping.is_set():
                        sent = time.monotonic()
                        reply = session.call(ops.SET_DATA, ops.set_data("/failover", b"x" * 100))
                        if reply.err != ops.OK:
                            break
                        self.acknowledged.append((sent, time.monotonic()))
                if session_id == 0:
                    password = wire.ZERO_PASSWORD
            self.stopping.wait(RETRY_SECONDS)

    def _port(self):
        alive = [member for member in self.group.alive if member.sid != self.avoid]
        own = [member for member in alive if member.sid == self.sid]
        return random.choice(own or alive or list(self.group)).port


class Target:
    """A running ensemble of one kind, and its writers: one of each member."""

    def __init__(self, kind, root):
        self.kind = kind
        self.group = ensemble.Ensemble(root / kind, [kind] * 3, config=TIMING)
        self.group.start()
        self.group.write("/failover", b"")

    def measure(self, what):
        """The seconds of one event."""
        leader = self.group.wait_served(1, 2, 3)
        self.group.wait_same_zxid()
        goes = leader if what.endswith("leader") else self.group.followers()[-1]
        stay = [member.sid for member in self.group.others(goes)]
        # In a planned stop clients of the member itself count, too: they have to move.
        sids = [member.sid for member in self.group] if what.startswith("stop") else stay
        writers = [Writer(self.group, sid) for sid in sids]
        for writer in writers:
            writer.avoid = goes.sid if what.startswith("kill") else None
            writer.start()
        try:
            self._wait_writes(writers, 0, STEADY_WRITES)
            begin = time.monotonic()
            goes.stop() if what.startswith("stop") else goes.kill()
            self._wait_writes(writers, begin, TAIL_WRITES)
        finally:
            for writer in writers:
                writer.stopping.set()
            for writer in writers:
                writer.join()
        goes.spawn()
        self.group.wait_served(1, 2, 3)
        times = sorted(pair for writer in writers for pair in writer.acknowledged)
        if what == "kill-leader":
            return min(answered for sent, answered in times if sent > begin) - begin
        answers = sorted(answered for _, answered in times)
        since = [answered for answered in answers if answered <= begin][-1:] + [
            answered for answered in answers if answered > begin]
        return max(later - earlier for earlier, later in zip(since, since[1:]))

    @staticmethod
    def _wait_writes(writers, since, count):
        """Waits for so many writes that were sent after that moment."""
        servers.wait_until(
            lambda: all(writer.acknowledged for writer in writers) and
            sum(1 for writer in writers for sent, _ in writer.acknowledged if sent > since) >= count,
            EVENT_SECONDS, "acknowledged writes")


WHATS = ("kill-leader", "stop-leader", "kill-follower")
LAYOUT = "{:<16}{:>14}{:>14}{:>14}{:>14}{:>12}"


def line(what, samples):
    cells = []
    for kind in (ensemble.JAVA, ensemble.OKAPI):
        found = samples.get(kind, {}).get(what, [])
        cells += [f"{statistics.median(found) * 1e3:.0f} ms", f"{max(found) * 1e3:.0f} ms"] if found else ["-", "-"]
    ratios = [mine / java for mine, java in zip(samples.get(ensemble.OKAPI, {}).get(what, []),
                                                samples.get(ensemble.JAVA, {}).get(what, []))]
    return LAYOUT.format(what, *cells, f"{statistics.median(ratios):.2f}" if ratios else "-")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"of {', '.join(WHATS)}; all if none")
    parser.add_argument("--okapi", help="path of okapi-server; left out without it")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--directory", help="where the servers keep their data; not a RAM disk")
    parser.add_argument("--json", help="file for every round's numbers")
    chosen = parser.parse_args()
    if unknown := set(chosen.what) - set(WHATS):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    servers.JAVA_OPTIONS[:] = JAVA_OPTIONS
    kinds = [ensemble.JAVA]
    if chosen.okapi:
        os.environ["OKAPI_SERVER"] = chosen.okapi
        kinds.append(ensemble.OKAPI)
    samples = {kind: {} for kind in kinds}
    with tempfile.TemporaryDirectory(prefix="okapi-failover-", dir=chosen.directory) as root, \
            contextlib.ExitStack() as stack:
        targets = []
        for kind in kinds:
            targets.append(Target(kind, pathlib.Path(root)))
            stack.callback(targets[-1].group.close)
        print(LAYOUT.format("", "Java median", "worst", "ours median", "worst", "ours/Java"), flush=True)
        for what in chosen.what or WHATS:
            for _ in range(chosen.rounds):
                for target in random.sample(targets, len(targets)):
                    samples[target.kind].setdefault(what, []).append(target.measure(what))
            print(line(what, samples), flush=True)
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(samples, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
