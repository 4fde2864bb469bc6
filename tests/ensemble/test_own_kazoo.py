"""kazoo's own test suite, as tests/compat/kazoo_suite runs it, with ensembles of three."""
import pathlib
import sys

import pytest

import servers

sys.path.insert(0, str(pathlib.Path(servers.__file__).resolve().parent / "kazoo_suite"))

import kazoo_suite_test  # noqa: E402

CLUSTER = 3
# The harness takes ten ports for each server from the offset on.
PORTS = 10 * CLUSTER


@pytest.mark.long
def test_every_kazoo_test_that_passes_with_one_server(tmp_path, monkeypatch):
    of_one = kazoo_suite_test.harness_environment

    def of_three(scratch):
        return {**of_one(scratch), "ZOOKEEPER_CLUSTER_SIZE": str(CLUSTER),
                "ZOOKEEPER_PORT_OFFSET": str(servers.free_port(neighbours=PORTS))}
    monkeypatch.setattr(kazoo_suite_test, "harness_environment", of_three)
    kazoo_suite_test.test_every_kazoo_test_that_passes_with_the_reference(tmp_path)
