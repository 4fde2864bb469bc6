"""The tools of the compatibility tests serve here too."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compat"))

import servers  # noqa: E402


@pytest.fixture(scope="session")
def subject_kind():
    return servers.subject_kind()


@pytest.fixture(scope="session")
def ours(subject_kind):
    """Picks what is expected of our server, or of the reference when that is under test."""
    return lambda our_value, reference_value: reference_value if subject_kind == servers.JAVA else our_value


@pytest.fixture
def make_server(subject_kind, tmp_path):
    """Makes servers in directories of their own; they end with the test."""
    made = []

    def make(config=None, properties=None, environment=None):
        directory = tmp_path / f"server{len(made)}"
        server = servers.Server(subject_kind, directory, config, properties, environment)
        made.append(server)
        return server

    yield make
    for server in made:
        server.close()
