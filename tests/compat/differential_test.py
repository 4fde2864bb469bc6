"""The same random requests to the reference and to the server under test; every answer must agree.

DIFFERENTIAL_SEED=n runs one seed, DIFFERENTIAL_SEEDS=n the seeds 0 to n-1, DIFFERENTIAL_STEPS=n sets the
length of each stream.
"""
import os

import pytest

import servers
import tree
from differential.lockstep import Lockstep
from differential.stream import Stream

STEPS = int(os.environ.get("DIFFERENTIAL_STEPS", 400))


def seeds():
    if "DIFFERENTIAL_SEED" in os.environ:
        return [int(os.environ["DIFFERENTIAL_SEED"])]
    return range(int(os.environ.get("DIFFERENTIAL_SEEDS", 24)))


def properties(stream):
    return {
        **tree.PROPERTIES,
        "zookeeper.extendedTypesEnabled": str(stream.extended_types).lower(),
        "zookeeper.enforceQuota": str(stream.enforce_quota).lower(),
        "zookeeper.forceSync": "no",
    }


CONFIG = {"maxSessionTimeout": 3_600_000}


@pytest.mark.parametrize("seed", seeds())
def test_same_stream_same_answers(seed, subject_kind):
    shape = Stream(seed, STEPS)
    with servers.running(servers.JAVA, CONFIG, properties(shape)) as reference, \
            servers.running(subject_kind, CONFIG, properties(shape)) as subject:
        Lockstep(seed, STEPS, reference, subject).run()
