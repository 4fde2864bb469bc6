"""Local sessions (client-protocol spec 7.6) on each role: no transaction creates or ends them, their server alone
knows them, and the first ephemeral node makes them global. Each test runs against the reference, too."""
import re

import pytest

import ensemble
import ops
import replies
import servers
import wire

pytestmark = pytest.mark.xdist_group("local sessions")  # they share ensembles

EPHEMERAL_ON_LOCAL_SESSION = -120
TIMEOUT_MS = 8000
EXPIRY_SECONDS = 30
ROLES = ("leader", "follower", "observer")

EPHEMERAL_CREATES = {
    "create": lambda path: (ops.CREATE, ops.create(path, flags=ops.EPHEMERAL)),
    "create2": lambda path: (ops.CREATE2, ops.create(path, flags=ops.EPHEMERAL)),
    "sequential": lambda path: (ops.CREATE, ops.create(path, flags=ops.EPHEMERAL_SEQUENTIAL)),
    "multi": lambda path: (ops.MULTI, ops.multi((ops.CREATE, ops.create(path + "-first")),
                                                (ops.CREATE, ops.create(path, flags=ops.EPHEMERAL)))),
}
OTHER_CREATES = {
    "create": lambda path: (ops.CREATE, ops.create(path)),
    "container": lambda path: (ops.CREATE_CONTAINER, ops.create(path, flags=ops.CONTAINER)),
    "ttl": lambda path: (ops.CREATE_TTL, ops.create_ttl(path)),
    "multi": lambda path: (ops.MULTI, ops.multi((ops.CREATE, ops.create(path)))),
}


def kinds():
    return {"subject": ensemble.our_kind(), "reference": servers.JAVA}


def make(directory, kind, upgrading):
    """Two voters and an observer."""
    group = ensemble.Ensemble(directory, [kind] * 3, observers=[3], config={
        "localSessionsEnabled": "true", "localSessionsUpgradingEnabled": upgrading})
    try:
        group.start()
        group.write("/node", b"x")
        group.wait_same_zxid()
    except BaseException:
        group.close()
        raise
    return group


@pytest.fixture(name="group", scope="module", params=["subject", "reference"])
def upgrading_group(request, tmp_path_factory):
    group = make(tmp_path_factory.mktemp("local"), kinds()[request.param], "true")
    yield group
    group.close()


@pytest.fixture(name="strict", scope="module", params=["subject", "reference"])
def group_without_upgrades(request, tmp_path_factory):
    group = make(tmp_path_factory.mktemp("strict"), kinds()[request.param], "false")
    yield group
    group.close()


@pytest.fixture(name="role", params=ROLES)
def role_of_a_member(request):
    return request.param


def member_of(group, role):
    return next(member for member in group if member.mode() == role)


def connect(member, **fields):
    return wire.Session(member.port, timeout=TIMEOUT_MS, **fields)


def again(member, session):
    return connect(member, session_id=session.session_id, password=session.password)


def written(session):
    """The zxid of a write made now."""
    reply = session.call(ops.SET_DATA, ops.set_data("/node", b"x"))
    assert reply.err == ops.OK
    return reply.zxid


def exists(member, path):
    with connect(member) as session:
        session.must(ops.SYNC, ops.sync(path))
        return session.call(ops.EXISTS, ops.read(path)).err == ops.OK


def dump(member):
    """The first part of `dump` without what differs from run to run: ids are counted, times have no value."""
    text = servers.four_letter_word(member.port, "dump").decode()
    text = text[:text.index("ephemeral nodes dump")]
    text = re.sub(r"\n0 expire at [^\n]*", "", text)  # buckets of sessions that have gone
    text = re.sub(r"Sets \(\d+\)", "Sets (n)", text)
    text = re.sub(r"expire at [^\n]*", "expire at some time:", text)
    return re.sub(r"0x[0-9a-f]+", "ID", text)


def test_a_session_comes_and_goes_without_a_transaction(group, role):
    member = member_of(group, role)
    with connect(member) as session:
        first = written(session)
        with connect(member) as other:
            assert other.session_id >> 56 == member.sid
            assert other.password == wire.session_password(other.session_id)
            assert other.response.read_only is False
            reply = other.close_session()
            assert (reply.err, reply.zxid) == (ops.OK, first)
        assert written(session) == first + 1


@pytest.mark.parametrize("name", OTHER_CREATES)
def test_what_is_not_ephemeral_leaves_a_session_local(group, role, name):
    member = member_of(group, role)
    with connect(member) as session:
        first = written(session)
        reply = session.call(*OTHER_CREATES[name](f"/{name}-by-{role}"))
        assert (reply.err, reply.zxid) == (ops.OK, first + 1)
        assert written(session) == first + 2
        assert session.close_session().zxid == first + 2


@pytest.mark.parametrize("name", EPHEMERAL_CREATES)
def test_an_ephemeral_node_makes_its_session_global(group, role, name):
    member = member_of(group, role)
    path = f"/ephemeral-{name}-by-{role}"
    with connect(member) as session:
        first = written(session)
        op, body = EPHEMERAL_CREATES[name](path)
        reply = session.call(op, body)
        assert (reply.err, reply.zxid) == (ops.OK, first + 2)  # createSession before it
        owned = replies.decode(ops.GET_EPHEMERALS, session.must(ops.GET_EPHEMERALS, ops.get_ephemerals("/")))
        assert [one.startswith(path) for one in owned["paths"]] == [True]
        second = session.call(ops.CREATE, ops.create(path + "-second", flags=ops.EPHEMERAL))
        assert (second.err, second.zxid) == (ops.OK, first + 3)
        reply = session.close_session()
        assert (reply.err, reply.zxid) == (ops.OK, first + 4)
    for other in group:
        assert not exists(other, path + "-second")


def test_a_pipeline_keeps_its_order(group, role):
    member = member_of(group, role)
    path = f"/pipeline-by-{role}"
    with connect(member) as session:
        first = written(session)
        session.submit(ops.SET_DATA, ops.set_data("/node", b"1"))
        session.submit(ops.GET_DATA, ops.read("/node"))
        session.submit(ops.CREATE, ops.create(path, flags=ops.EPHEMERAL))
        session.submit(ops.EXISTS, ops.read(path))
        session.submit(ops.SET_DATA, ops.set_data("/node", b"x"))
        session.submit(ops.CLOSE_SESSION)
        got = [session.next_reply() for _ in range(6)]
        assert [reply.err for reply in got] == [ops.OK] * 6
        assert [reply.zxid - first for reply in got] == [1, 1, 3, 3, 4, 5]
    for other in group:
        assert not exists(other, path)


def test_a_session_that_became_global_moves_and_a_local_one_does_not(group, role):
    member = member_of(group, role)
    other = next(one for one in group if one is not member)
    with connect(member) as session:
        with again(other, session) as moved:
            assert moved.session_id == 0
        assert session.ping().err == ops.OK
        session.must(ops.CREATE, ops.create(f"/moves-from-{role}", flags=ops.EPHEMERAL))
        with again(other, session) as moved:
            assert moved.session_id == session.session_id
            assert moved.close_session().err == ops.OK


def test_a_local_session_moves_between_connections_of_its_server(group, role):
    member = member_of(group, role)
    with connect(member) as old:
        first = written(old)
        with again(member, old) as new:
            assert new.session_id == old.session_id
            assert old.is_closed()
            assert written(new) == first + 1
            assert new.close_session().zxid == first + 1
        with again(member, old) as late:
            assert late.session_id == 0


def test_a_local_session_expires_at_its_server(group, role):
    member = member_of(group, role)
    with connect(member) as watcher:
        first = written(watcher)
        with wire.Session(member.port, timeout=1000) as session:
            assert session.is_closed(seconds=EXPIRY_SECONDS)
            with again(member, session) as late:
                assert late.session_id == 0
        assert written(watcher) == first + 1


def test_an_upgraded_session_expires_for_all(group, role):
    member = member_of(group, role)
    path = f"/expires-by-{role}"
    with wire.Session(member.port, timeout=1000) as session:
        session.must(ops.CREATE, ops.create(path, flags=ops.EPHEMERAL))
        assert session.is_closed(seconds=EXPIRY_SECONDS)
    assert not any(exists(one, path) for one in group)


def test_the_words_tell_local_and_global_sessions(group, role):
    member = member_of(group, role)
    servers.wait_until(lambda: member.mntr()["zk_local_sessions"] == "0", EXPIRY_SECONDS, "the end of all sessions")
    group.wait_same_zxid()
    with connect(member) as one, connect(member) as another:
        another.must(ops.CREATE, ops.create(f"/words-{role}", flags=ops.EPHEMERAL))
        group.wait_same_zxid()
        servers.wait_until(lambda: member.mntr()["zk_local_sessions"] == "1", EXPIRY_SECONDS, "one local session")
        assert member.mntr()["zk_global_sessions"] == "1"
        told = dump(member)
        local = "Local Session Sets (n)/(1):\n1 expire at some time:\n\tID\n"
        if role == "leader":
            rest = "Global Session Sets (n)/(1):\n1 expire at some time:\n\tID\n"
        else:
            rest = f"Global Sessions(1):\nID\t{TIMEOUT_MS}ms\n"
        assert told == "SessionTracker dump:\n" + local + rest
        another.close_session()
        one.close_session()


# --- without upgrades ---

@pytest.mark.parametrize("name", ["create", "create2", "sequential"])
def test_an_ephemeral_create_is_refused(strict, role, name):
    with connect(member_of(strict, role)) as session:
        first = written(session)
        reply = session.call(*EPHEMERAL_CREATES[name](f"/refused-{name}-by-{role}"))
        assert (reply.err, reply.zxid, reply.body) == (EPHEMERAL_ON_LOCAL_SESSION, first + 1, b"")
        assert written(session) == first + 2
        session.close_session()


def test_a_multi_with_an_ephemeral_create_fails(strict, role):
    with connect(member_of(strict, role)) as session:
        first = written(session)
        op, body = EPHEMERAL_CREATES["multi"](f"/refused-multi-by-{role}")
        reply = session.call(op, body)
        assert (reply.err, reply.zxid) == (ops.OK, first + 1)
        failed = EPHEMERAL_ON_LOCAL_SESSION if role == "leader" else ops.SESSION_EXPIRED
        results = replies.decode(ops.MULTI, reply.body)["results"]
        assert [one["err"] for one in results] == [ops.OK, failed]
        session.close_session()


def test_writes_of_all_kinds_go_on(strict, role):
    with connect(member_of(strict, role)) as session:
        first = written(session)
        for count, name in enumerate(OTHER_CREATES, 1):
            reply = session.call(*OTHER_CREATES[name](f"/{name}-by-{role}"))
            assert (reply.err, reply.zxid) == (ops.OK, first + count)
        session.close_session()
