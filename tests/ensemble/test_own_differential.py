"""The same random requests to a member of a reference ensemble and of ours; every answer must agree.

The streams and the rules are those of tests/compat/differential_test.py, and so are its variables.
"""
import os
import pathlib
import re
import sys

import pytest

import differential_test
import ensemble
import servers
from differential.lockstep import Lockstep
from differential.stream import Stream

AS_ONE = pathlib.Path(__file__).with_name("as_one_server.py")
SEEDS = ([int(os.environ["DIFFERENTIAL_SEED"])] if "DIFFERENTIAL_SEED" in os.environ
         else range(int(os.environ.get("DIFFERENTIAL_SEEDS", 2))))


class Front(servers.Server):
    """One member of an ensemble of three, handled as a server."""

    def __init__(self, kind, directory, config, properties, behind):
        members = servers.JAVA if kind == servers.JAVA else str(servers.subject_path())
        super().__init__(kind, directory, config, properties, {"OKAPI_MEMBERS": members, "BEHIND": behind})

    def command(self):
        flags = [f"-D{name}={value}" for name, value in self.properties.items()]
        return [sys.executable, str(AS_ONE), str(self.config_path), *flags]

    def spawn(self):
        super().spawn()
        ensemble.note_kind(self)


def without_ports(value):
    """The configuration node names ports, which no two ensembles share."""
    if isinstance(value, bytes):
        return re.sub(rb":\d+:\d+:participant", b":participant", value)
    if isinstance(value, dict):
        return {key: without_ports(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(without_ports(one) for one in value)
    return value


class EnsembleLockstep(Lockstep):
    @staticmethod
    def _compare_equal(what, theirs, ours):
        Lockstep._compare_equal(what, without_ports(theirs), without_ports(ours))


@pytest.mark.parametrize("behind", ["leader", "follower"])
@pytest.mark.parametrize("seed", SEEDS)
def test_same_stream_same_answers(tmp_path, seed, behind):
    config, properties = differential_test.CONFIG, differential_test.properties(Stream(seed, differential_test.STEPS))
    with Front(servers.JAVA, tmp_path / "reference", config, properties, behind).start() as reference, \
            Front(servers.subject_kind(), tmp_path / "subject", config, properties, behind).start() as subject:
        EnsembleLockstep(seed, differential_test.STEPS, reference, subject).run()
