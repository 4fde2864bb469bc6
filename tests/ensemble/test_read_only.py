"""Read-only mode (client-protocol spec 2.9): what a member that finds no quorum does for clients that ask for
no more. Each test runs against the reference, too, which says what is expected."""
import contextlib
import subprocess

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import NotReadOnlyCallError

import ensemble
import ops
import servers
import wire

pytestmark = pytest.mark.xdist_group("read-only")  # they share ensembles

NOT_READ_ONLY = -119
PROPERTIES = {"readonlymode.enabled": "true"}
# Without it the reference answers the handshake of a read-only server with an error frame.
LOCAL = {"localSessionsEnabled": "true", "localSessionsUpgradingEnabled": "true"}
TIMEOUT_MS = 8000
LEAVE_SECONDS = 30

REFUSED = {
    "create": (ops.CREATE, ops.create("/new")),
    "create2": (ops.CREATE2, ops.create("/new")),
    "ephemeral": (ops.CREATE, ops.create("/new", flags=ops.EPHEMERAL)),
    "container": (ops.CREATE_CONTAINER, ops.create("/new", flags=ops.CONTAINER)),
    "ttl": (ops.CREATE_TTL, ops.create_ttl("/new")),
    "delete": (ops.DELETE, ops.delete("/node")),
    "set data": (ops.SET_DATA, ops.set_data("/node", b"y")),
    "set acl": (ops.SET_ACL, ops.set_acl("/node")),
    "multi": (ops.MULTI, ops.multi((ops.SET_DATA, ops.set_data("/node", b"y")))),
    "sync": (ops.SYNC, ops.sync("/node")),
    "reconfig": (ops.RECONFIG, ops.reconfig(leaving="2")),
}
ANSWERED = {
    "exists": (ops.EXISTS, ops.read("/node", True), ops.OK),
    "get data": (ops.GET_DATA, ops.read("/node", True), ops.OK),
    "get acl": (ops.GET_ACL, ops.get_acl("/node"), ops.OK),
    "get children": (ops.GET_CHILDREN, ops.read("/", True), ops.OK),
    "get children 2": (ops.GET_CHILDREN2, ops.read("/"), ops.OK),
    "get all children number": (ops.GET_ALL_CHILDREN_NUMBER, ops.get_all_children_number("/"), ops.OK),
    "get ephemerals": (ops.GET_EPHEMERALS, ops.get_ephemerals("/"), ops.OK),
    "missing": (ops.GET_DATA, ops.read("/missing"), ops.NO_NODE),
    "add watch": (ops.ADD_WATCH, ops.watches("/node", ops.MODE_PERSISTENT), ops.OK),
    "who am i": (ops.WHO_AM_I, b"", ops.OK),
}


class Lonely:
    """A pair of which one is gone: the other serves reads. /node is there, and a session of a lost client."""

    def __init__(self, directory, kind, config=None):
        self.group = ensemble.Ensemble(directory, [kind] * 2, config=config, properties=PROPERTIES)
        self.group.start()
        self.member, self.gone = self.group.followers()[0], self.group.leader()
        self.zxid = self.group.write("/node", b"x")
        with self.member.session(timeout=TIMEOUT_MS) as session:
            session.must(ops.CREATE, ops.create("/ephemeral", flags=ops.EPHEMERAL))
            self.session = session
        self.leave_alone()

    def leave_alone(self):
        self.gone.kill()
        servers.wait_until(lambda: self.member.mode() == "read-only", ensemble.SERVE_SECONDS, "a read-only server")

    def connect(self, **fields):
        return wire.Session(self.member.port, timeout=TIMEOUT_MS, read_only=True, **fields)

    def again(self, session, **fields):
        return self.connect(session_id=session.session_id, password=session.password, **fields)


@pytest.fixture(name="lonely", scope="module", params=["subject", "reference"])
def left_alone(request, tmp_path_factory):
    kind = ensemble.our_kind() if request.param == "subject" else servers.JAVA
    lonely = None
    try:
        lonely = Lonely(tmp_path_factory.mktemp("lonely"), kind, LOCAL)
        yield lonely
    finally:
        if lonely is not None:
            lonely.group.close()


def is_turned_away(port, **fields):
    with wire.Connection(port) as connection:
        connection.send_frame(wire.connect_request(**fields))
        return connection.is_closed()


def test_the_words_say_it(lonely):
    port = lonely.member.port
    assert servers.four_letter_word(port, "isro") == b"ro"
    for word in ("srvr", "stat"):
        lines = servers.four_letter_word(port, word).decode().splitlines()
        assert lines[1] == "READ-ONLY mode; serving only read-only clients"
        assert "Mode: read-only" in lines
    told = lonely.member.mntr()
    assert told["zk_server_state"] == "read-only"
    assert "zk_peer_state" not in told
    assert servers.four_letter_word(port, "ruok") == b"imok"


def test_who_did_not_ask_for_it_is_turned_away(lonely):
    assert is_turned_away(lonely.member.port, read_only=False)
    assert is_turned_away(lonely.member.port, read_only=None)


def test_who_asked_for_it_gets_a_session_and_is_told(lonely):
    with lonely.connect() as session:
        assert session.response.read_only is True
        assert session.response.timeout == TIMEOUT_MS
        assert session.session_id >> 56 == lonely.member.sid
        assert session.password == wire.session_password(session.session_id)


def test_who_has_seen_more_is_turned_away(lonely):
    assert is_turned_away(lonely.member.port, read_only=True, last_zxid=1 << 40)


@pytest.mark.parametrize("name", REFUSED)
def test_a_write_is_refused(lonely, name):
    op, body = REFUSED[name]
    with lonely.connect() as session:
        reply = session.call(op, body)
        assert (reply.err, reply.zxid, reply.body) == (NOT_READ_ONLY, lonely.member.zxid(), b"")
        assert session.ping().err == ops.OK


@pytest.mark.parametrize("name", ANSWERED)
def test_a_read_is_answered(lonely, name):
    op, body, err = ANSWERED[name]
    with lonely.connect() as session:
        reply = session.call(op, body)
        assert (reply.err, reply.zxid) == (err, lonely.member.zxid())


def test_a_pipeline_is_answered_in_its_order(lonely):
    if lonely.member.kind == servers.JAVA:
        pytest.skip("the reference lets refusals overtake reads")
    with lonely.connect() as session:
        for name in REFUSED:
            session.submit(*REFUSED[name])
            session.submit(ops.GET_DATA, ops.read("/node"))
        errors = [session.next_reply() for _ in range(2 * len(REFUSED))]
        assert [reply.xid for reply in errors] == list(range(1, 2 * len(REFUSED) + 1))
        assert [reply.err for reply in errors] == [NOT_READ_ONLY, ops.OK] * len(REFUSED)


def test_a_session_of_the_ensemble_is_sent_elsewhere(lonely):
    assert is_turned_away(lonely.member.port, read_only=True, session_id=lonely.session.session_id,
                          password=lonely.session.password)


def test_a_session_that_nobody_knows_is_refused(lonely):
    stranger = (7 << 56) + 1
    with lonely.connect(session_id=stranger, password=wire.session_password(stranger)) as session:
        assert session.session_id == 0
        assert session.next_item() is wire.CLOSED


def test_a_session_of_its_own_moves_between_connections_and_ends(lonely):
    with lonely.connect() as old, lonely.again(old) as new:
        assert new.session_id == old.session_id
        assert new.response.read_only is True
        assert old.is_closed()
        reply = new.call(ops.CLOSE_SESSION)
        assert (reply.err, reply.zxid) == (ops.OK, lonely.member.zxid())
        assert new.is_closed()
        with lonely.again(old) as late:
            assert late.session_id == 0


def test_a_session_of_its_own_expires(lonely):
    with wire.Session(lonely.member.port, timeout=1000, read_only=True) as session:
        assert session.is_closed(seconds=20)
        with lonely.again(session) as late:
            assert late.session_id == 0


def test_kazoo_reads_and_is_refused_a_write(lonely):
    client = KazooClient(hosts=f"127.0.0.1:{lonely.member.port}", read_only=True)
    client.start(timeout=30)
    try:
        assert client.client_state == "CONNECTED_RO"
        assert client.get("/node")[0] == b"x"
        with pytest.raises(NotReadOnlyCallError):
            client.set("/node", b"y")
    finally:
        client.stop()
        client.close()


def test_zkcli_reads_and_is_refused_a_write(lonely):
    done = subprocess.run(
        ["java", "-cp", servers.JAVA_CLASSPATH, "org.apache.zookeeper.ZooKeeperMain", "-r", "-server",
         f"127.0.0.1:{lonely.member.port}"], input="get /node\nset /node y\nquit\n", capture_output=True,
        text=True, timeout=60, check=False)
    assert "\nx\n" in done.stdout
    assert "Not a read-only call" in done.stdout + done.stderr


# From here on the pair is whole again, and lonely once more.

def test_a_quorum_ends_it_and_its_clients_are_closed(lonely):
    with lonely.connect() as session:
        lonely.gone.spawn()
        assert session.is_closed(seconds=LEAVE_SECONDS)
        lonely.group.wait_served()
        assert servers.four_letter_word(lonely.member.port, "isro") == b"rw"
        with lonely.again(session) as late:
            assert late.session_id == 0
        with lonely.connect() as fresh:
            assert fresh.response.read_only is False
            fresh.must(ops.SET_DATA, ops.set_data("/node", b"x"))
    lonely.leave_alone()
    with lonely.connect() as session:
        assert session.response.read_only is True
        session.must(ops.GET_DATA, ops.read("/node"))


# Of ours alone.

def test_without_local_sessions_there_is_one_all_the_same(tmp_path, is_reference):
    if is_reference:
        pytest.skip("the reference answers the handshake with an error frame")
    with contextlib.closing(Lonely(tmp_path, ensemble.our_kind()).group) as group:
        member = next(iter(group.alive))
        with wire.Session(member.port, timeout=TIMEOUT_MS, read_only=True) as session:
            assert session.response.read_only is True
            session.must(ops.GET_DATA, ops.read("/node"))
            assert session.call(ops.CREATE, ops.create("/new")).err == NOT_READ_ONLY


def test_without_the_setting_a_member_serves_nobody_alone(tmp_path):
    group = ensemble.Ensemble(tmp_path, [ensemble.our_kind()] * 2)
    with contextlib.closing(group):
        group.start()
        gone, member = group.leader(), group.followers()[0]
        gone.kill()
        servers.wait_until(lambda: member.mode() is None, ensemble.SERVE_SECONDS, "the end of a role")
        ensemble.let_pass(4)  # longer than the time after which a read-only server would begin
        assert member.mode() is None
        assert is_turned_away(member.port, read_only=True)
