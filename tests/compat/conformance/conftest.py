"""Servers shared by the directed tests, and helpers to write them as tables."""
import itertools

import pytest

import ops
import servers
import tree
import wire

PROPERTIES = {**tree.PROPERTIES, "zookeeper.forceSync": "no"}
_names = itertools.count(1)


@pytest.fixture(scope="session")
def plain_server(subject_kind):
    with servers.running(subject_kind, properties=PROPERTIES) as server:
        yield server


@pytest.fixture(scope="session")
def extended_server(subject_kind):
    """With TTL nodes and enforced quotas."""
    extra = {"zookeeper.extendedTypesEnabled": "true", "zookeeper.enforceQuota": "true"}
    with servers.running(subject_kind, properties={**PROPERTIES, **extra}) as server:
        yield server


@pytest.fixture
def connect(plain_server):
    """Opens sessions that are closed after the test."""
    opened = []

    def open_session(server=plain_server, auth=None, **request):
        session = wire.Session(server.port, **request)
        opened.append(session)
        if auth is not None:
            assert session.authenticate(*auth).err == ops.OK
        return session

    yield open_session
    for session in opened:
        session.close()


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def extended(connect, extended_server):
    return connect(extended_server)


@pytest.fixture
def home(client):
    """A fresh persistent node, so that tests on one server do not meet."""
    path = f"/home{next(_names)}"
    client.must(ops.CREATE, ops.create(path))
    return path


@pytest.fixture
def extended_home(extended):
    path = f"/home{next(_names)}"
    extended.must(ops.CREATE, ops.create(path))
    return path


@pytest.fixture(scope="session")
def since_39(subject_kind):
    """Picks what 3.9.5 (and ours) does, or what the 3.8.0 reference does when that is under test."""
    return lambda newer, older: older if subject_kind == servers.JAVA else newer
