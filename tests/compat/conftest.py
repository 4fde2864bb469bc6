"""Which servers the tests talk to."""
import pytest

import servers


def pytest_report_header():
    if servers.subject_kind() == servers.JAVA:
        return "server under test: the Java reference itself"
    return f"server under test: {servers.subject_path()}"


@pytest.fixture(scope="session")
def subject_kind():
    return servers.subject_kind()
