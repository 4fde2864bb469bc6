"""Ensembles whose membership changes while they run, and what of that is compared between the kinds."""
import contextlib
import socket

import ops
import replies
import servers
import wire
from ensemble import CONFIG, PARTICIPANT, SERVE_SECONDS, SERVING, Ensemble, Member, note_kind

CONFIG_NODE = "/zookeeper/config"
EVERYBODY_IS_SUPER = {"zookeeper.skipACL": "yes"}
PORTS = ("quorum", "election", "client")


class DynamicMember(Member):
    """The config file is the server's own once it has been started; the client port stands in the server line."""

    def __init__(self, sid, kind, directory, config, properties):
        super().__init__(sid, PARTICIPANT, kind, directory, config, properties)
        self.client_port = None

    @property
    def port(self):
        return self.client_port

    def pick_ports(self):
        self.client_port = servers.free_port(2)
        self.quorum_port, self.election_port = self.client_port + 1, self.client_port + 2
        self.config.update(clientPort=None, clientPortAddress=None)

    def write_config(self):
        if not self.config_path.exists():
            super().write_config()

    def files(self):
        return {path.name: path.read_text() for path in self.directory.iterdir() if path.name.startswith("zoo.cfg")}


class Reconfigurable(Ensemble):
    """Members of which some are the first ensemble; each of the others knows those and itself."""

    def __init__(self, directory, kinds, first, config=None, properties=EVERYBODY_IS_SUPER, static_client_ports=False):
        self.directory, self.led_by_java, self.proxy = directory, set(), None
        self.first, self.static_client_ports = first, static_client_ports
        self.answered_version = None
        self.members = {}
        for sid, kind in enumerate(kinds, 1):
            home = directory / f"member{sid}"
            settings = {**CONFIG, "reconfigEnabled": "true", "dataDir": str(home / "data"), **(config or {})}
            self.members[sid] = DynamicMember(sid, kind, home, settings, properties)
        self._pick_ports()

    def _pick_ports(self):
        self.names = {}  # of every port that was ever in a server line, and of the directories
        for member in self:
            member.pick_ports()
            member.config_path.unlink(missing_ok=True)
            self.names[str(member.directory)] = f"home of {member.sid}"
            self._name_ports(member)
        for member in self:
            for sid in sorted({*self.first, member.sid}):
                spec = self.line(sid).partition("=")[2]
                member.config[f"server.{sid}"] = spec.partition(";")[0] if self.static_client_ports else spec
            if self.static_client_ports:
                member.config.update(clientPort=member.client_port, clientPortAddress="127.0.0.1")

    def _name_ports(self, member, suffix=""):
        for what, port in zip(PORTS, (member.quorum_port, member.election_port, member.client_port)):
            self.names.setdefault(str(port), f"{what}{member.sid}{suffix}")

    def line(self, sid, role=PARTICIPANT):
        """The member as a reconfig names it."""
        member = self[sid]
        return (f"server.{sid}=127.0.0.1:{member.quorum_port}:{member.election_port}:{role};"
                f"127.0.0.1:{member.client_port}")

    def move(self, sid, *what):
        """Other ports for the member, to be told by a reconfig; returns the old ones."""
        member, fresh = self[sid], servers.free_port(2)
        old = {}
        for offset, name in enumerate(what):
            old[name] = getattr(member, f"{name}_port")
            setattr(member, f"{name}_port", fresh + offset)
        note_kind(member)
        self._name_ports(member, " anew")
        return old

    def join_as(self, sid, role):
        """The role in which a member that was never started asks to be let in."""
        self[sid].config[f"server.{sid}"] = self.line(sid, role).partition("=")[2]

    def neutral(self, text):
        """The text without what differs from run to run."""
        for number, name in self.names.items():
            text = text.replace(number, f"<{name}>")
        return text

    def ask(self, sid, **change):
        """The answer to a reconfig: its error, or the membership and the stat of its node."""
        with self[sid].session() as session:
            reply = session.call(ops.RECONFIG, ops.reconfig(**change))
            if reply.err != ops.OK:
                session.close_session()
                return reply.err
            body = replies.decode(ops.GET_DATA, reply.body)
        self.answered_version = body["stat"]["mzxid"]
        return self._shown(body)

    def change(self, sid, **change):
        """A reconfig that has to succeed, until all that live have heard of it."""
        answer = self.ask(sid, **change)
        assert isinstance(answer, tuple), f"error {answer}"
        self.wait_version(self.answered_version)
        return answer

    def ask_the_leaving(self, sid, **change):
        """The same where the change ends the role of the member asked: Java's may close before they answer."""
        try:
            answer = self.ask(sid, **change)
        except wire.ConnectionClosed:
            return
        assert isinstance(answer, tuple), f"error {answer}"

    def node(self, sid):
        """/zookeeper/config on this member."""
        with self[sid].session() as session:
            body = replies.decode(ops.GET_DATA, session.must(ops.GET_DATA, ops.read(CONFIG_NODE)))
        return self._shown(body)

    def _shown(self, body):
        stat = {key: value for key, value in body["stat"].items() if key not in ("mtime", "mzxid")}
        version = int(body["data"].decode().rpartition("=")[2] or "0", 16)
        assert body["stat"]["mzxid"] == version, "the node is as old as its membership"
        return self.neutral(unversioned(body["data"].decode())), stat

    def version(self, sid):
        with self[sid].session() as session:
            body = replies.decode(ops.GET_DATA, session.must(ops.GET_DATA, ops.read(CONFIG_NODE)))
        return int(body["data"].decode().rpartition("=")[2], 16)

    def files(self, sid):
        """The config files, those of memberships by their age instead of their version."""
        texts = self[sid].files()
        old = sorted((name for name in texts if ".dynamic." in name and not name.endswith(".next")),
                     key=lambda name: int(name.rpartition(".")[2], 16))
        ages = {name: f"zoo.cfg.dynamic.<{age}>" for age, name in enumerate(old)}
        shown = {}
        for name, text in texts.items():
            for known, age in ages.items():
                text = text.replace(f"{known}\n", f"{age}\n")
            shown[ages.get(name, name)] = self.neutral(unversioned(text) if name.endswith(".next") else text)
        return shown

    def modes(self):
        return {member.sid: member.mode() for member in self.alive}

    def wait_modes(self, condition, what, seconds=SERVE_SECONDS):
        """Waits until all that live serve, one of them leads, and the condition on {sid: mode} holds."""
        def reached():
            modes = self.modes()
            served = all(mode in SERVING for mode in modes.values())
            return served and list(modes.values()).count("leader") == 1 and condition(modes)
        try:
            servers.wait_until(reached, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.modes()}\n{self.log_tails(30)}") from None

    def wait_version(self, version, seconds=SERVE_SECONDS):
        def reached():
            # A member whose role the change has ended turns its clients away for a moment.
            with contextlib.suppress(wire.ConnectionClosed, ConnectionError):
                return all(self.version(member.sid) == version for member in self.alive)
        servers.wait_until(reached, seconds, f"membership {version:x} on all")
        self.wait_modes(lambda _: True, "all to serve")


def unversioned(text):
    """A membership's text without its version, which counts the sessions of the test too."""
    return "\n".join(line for line in text.split("\n") if not line.startswith("version="))


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
