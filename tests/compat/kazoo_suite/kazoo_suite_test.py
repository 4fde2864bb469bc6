"""Runs the test suite of kazoo, a client that many use, against the server under test.

Each test that passes with the Java reference has to pass with ours. What is left out, and why, stands in
deselected.txt; what is unsteady with the reference stands in flaky.txt.
"""
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

import kazoo.tests

import servers

HERE = pathlib.Path(__file__).resolve().parent
SUITE = pathlib.Path(kazoo.tests.__file__).resolve().parent
SUITE_SECONDS = 900
# The Java reference passes this many; fewer means that the list of deselected tests grew unnoticed.
LEAST_PASSED = 460


def listed(name):
    lines = (HERE / name).read_text().splitlines()
    entries = (line.split("#")[0].strip() for line in lines)
    return [entry for entry in entries if entry]


def harness_environment(scratch):
    environment = dict(os.environ)
    environment.update(
        ZOOKEEPER_VERSION="3.8.0",
        ZOOKEEPER_CLUSTER_SIZE="1",
        # The harness puts client, election, quorum and admin port side by side from here.
        ZOOKEEPER_PORT_OFFSET=str(servers.free_port(neighbours=3)),
        ZOOKEEPER_CLASSPATH=servers.JAVA_CLASSPATH,
        PYTHONPATH=str(HERE / "shims"),
        TMPDIR=str(scratch),
    )
    if servers.subject_kind() == servers.OKAPI:
        environment["KAZOO_SUITE_SERVER"] = servers.okapi_binary()
        environment["PATH"] = f"{HERE / 'bin'}:{environment['PATH']}"
    return environment


def run_suite(scratch, arguments):
    """Runs pytest on parts of the suite; returns the test cases of its report."""
    report = scratch / "report.xml"
    output = scratch / "output.txt"
    command = [sys.executable, "-m", "pytest", "-q", f"--rootdir={SUITE}", "-p", "no:cacheprovider",
               "-o", "junit_family=xunit1", f"--junitxml={report}", *arguments]
    with open(output, "wb") as stream:
        subprocess.run(command, cwd=SUITE, env=harness_environment(scratch), stdin=subprocess.DEVNULL,
                       stdout=stream, stderr=subprocess.STDOUT, timeout=SUITE_SECONDS, check=False)
    assert report.exists(), output.read_text(errors="replace")[-4000:]
    return [Case(element) for element in xml.parse(report).iter("testcase")]


class Case:
    def __init__(self, element):
        # With xunit1 a class name reads kazoo.tests.test_client.TestClient or test_client.TestClient.
        module, _, owner = element.get("classname").rpartition(".")
        self.node_id = f"{module.rpartition('.')[2]}.py::{owner}::{element.get('name')}"
        problems = [child for child in element if child.tag in ("failure", "error")]
        self.text = "\n".join(child.text or "" for child in problems)
        self.failed = bool(problems)
        self.skipped = element.find("skipped") is not None


def test_every_kazoo_test_that_passes_with_the_reference(tmp_path):
    deselect = [f"--deselect={entry}" for entry in listed("deselected.txt")]
    cases = run_suite(tmp_path, [".", *deselect])
    failed = [case for case in cases if case.failed]
    unsteady = [case.node_id for case in failed if case.node_id in listed("flaky.txt")]
    if unsteady:
        recovered = {case.node_id for case in run_suite(tmp_path, unsteady) if not case.failed}
        failed = [case for case in failed if case.node_id not in recovered]
    assert not failed, "\n\n".join(f"{case.node_id}\n{case.text[-1500:]}" for case in failed)
    passed = [case for case in cases if not case.failed and not case.skipped]
    assert len(passed) >= LEAST_PASSED
