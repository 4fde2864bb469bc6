"""Our election takes part among Java servers: with the larger and the smaller id, voting and observing.

The probe has no quorum port: it learns a leader, or its vote makes one, and there it ends.
"""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

import pytest

import servers

PROBE = pathlib.Path(os.environ.get(
    "OKAPI_ELECTION_PROBE", servers.REPOSITORY / "build" / "release" / "tests" / "compat" / "okapi-election-probe"))
OUTCOME = re.compile(r"^ELECTED leader=(-?\d+) state=(\w+) epoch=(-?\d+) round=(-?\d+)$", re.M)
ELECTION_SECONDS = 30


class Ensemble:
    """Java servers and one place for the probe, on loopback ports of their own."""

    def __init__(self, directory, java, probe, probe_role):
        self.directory = directory
        self.probe_sid = probe
        self.role = probe_role
        lines = {}
        for sid in (*java, probe):
            port = servers.free_port(2)
            role = probe_role if sid == probe else "participant"
            lines[f"server.{sid}"] = f"127.0.0.1:{port}:{port + 1}:{role};127.0.0.1:{port + 2}"
        self.config_file = directory / "members"
        self.config_file.write_text("".join(f"{key}={value}\n" for key, value in lines.items()) + "version=0")
        self.java = {sid: self._java(sid, lines) for sid in java}
        self.log = directory / "probe.log"
        self.process = None

    def _java(self, sid, lines):
        home = self.directory / f"java{sid}"
        (home / "data").mkdir(parents=True)
        (home / "data" / "myid").write_text(str(sid))
        port = int(lines[f"server.{sid}"].rpartition(":")[2])
        config = {"tickTime": 500, "initLimit": 10, "syncLimit": 6, "clientPort": port, **lines}
        config["clientPortAddress"] = None
        return servers.Server(servers.JAVA, home, config)

    def start_java(self, *sids):
        for sid in sids:
            self.java[sid].spawn()

    def mode(self, sid):
        with contextlib.suppress(OSError):
            answer = servers.four_letter_word(self.java[sid].port, "srvr").decode()
            found = re.search(r"^Mode: (\w+)$", answer, re.M)
            return found and found[1]
        return None

    def wait_served(self, sids):
        """Waits until these serve, and returns which of them leads."""
        servers.wait_until(lambda: all(self.mode(sid) in ("leader", "follower") for sid in sids), 60, "an ensemble")
        return next(sid for sid in sids if self.mode(sid) == "leader")

    def start_probe(self, zxid=0, epoch=0):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [PROBE, str(self.probe_sid), self.role, str(zxid), str(epoch), str(self.config_file)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def outcomes(self):
        """(leader, state, epoch) of each election of the probe so far."""
        return [(int(found[1]), found[2], int(found[3])) for found in OUTCOME.finditer(self.log.read_text())]

    def wait_outcome(self, number=1):
        servers.wait_until(lambda: len(self.outcomes()) >= number, ELECTION_SECONDS, f"outcome {number} of the probe")
        return self.outcomes()[number - 1]

    def look_again(self):
        self.process.send_signal(signal.SIGUSR1)

    def close(self):
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(timeout=10) == 0
        for server in self.java.values():
            server.close()


@pytest.fixture(name="ensemble")
def make_ensemble(tmp_path):
    with contextlib.ExitStack() as stack:
        def make(**options):
            made = Ensemble(tmp_path, **options)
            stack.callback(made.close)
            return made
        yield make


@pytest.mark.parametrize("role", ["participant", "observer"])
@pytest.mark.parametrize("probe", [1, 4], ids=["smaller", "larger"])
def test_the_leader_of_a_running_ensemble_is_learned_and_learned_again(ensemble, probe, role):
    joined = ensemble(java=(2, 3), probe=probe, probe_role=role)
    joined.start_java(2, 3)
    leader = joined.wait_served((2, 3))
    # The longer log is no reason to follow anybody else: the ensemble stands.
    joined.start_probe(zxid=0x500000000, epoch=5)
    state = "FOLLOWING" if role == "participant" else "OBSERVING"
    assert joined.wait_outcome() == (leader, state, 1)
    joined.look_again()
    assert joined.wait_outcome(2) == (leader, state, 1)
    # It disturbed nobody.
    assert joined.mode(leader) == "leader"


@pytest.mark.parametrize("probe", [1, 3], ids=["smaller", "larger"])
def test_our_vote_makes_a_java_server_lead(ensemble, probe):
    other = 2
    joined = ensemble(java=(other, 5), probe=probe, probe_role="participant")
    joined.start_java(other, 5)
    joined.wait_served((other, 5))
    for sid in (other, 5):
        joined.java[sid].stop()
    # One of two Java servers is back with its history; without our vote it has no quorum.
    joined.start_java(other)
    joined.start_probe()
    assert joined.wait_outcome()[:2] == (other, "FOLLOWING")
    servers.wait_until(lambda: "LEADING - LEADER ELECTION TOOK" in joined.java[other].log_text(), ELECTION_SECONDS,
                       "the Java server to lead")


def test_java_servers_elect_the_one_of_ours_that_has_the_longer_log(ensemble):
    joined = ensemble(java=(2, 3), probe=1, probe_role="participant")
    joined.start_probe(zxid=0x500000007, epoch=5)
    joined.start_java(2, 3)
    assert joined.wait_outcome()[:2] == (1, "LEADING")
    for sid in (2, 3):
        servers.wait_until(lambda sid=sid: "FOLLOWING - LEADER ELECTION TOOK" in joined.java[sid].log_text(),
                           ELECTION_SECONDS, f"server {sid} to follow")
