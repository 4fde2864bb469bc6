"""Whole ensembles of real server processes: each member Java's or ours, on loopback ports of its own.

A member can be started, stopped, killed, paused, emptied, and replaced by the other kind on the same data
directory. With `linked=True` the members reach each other through proxy.py, and links can be broken.
"""
import contextlib
import os
import shutil
import signal
import time

import ops
import proxy
import servers
import wire

JAVA, OKAPI = servers.JAVA, servers.OKAPI
PARTICIPANT, OBSERVER = "participant", "observer"

CONFIG = {
    "tickTime": 500,
    # Two cores may be busy with something else: a slow start is no failure, a dead peer is found in 3 s.
    "initLimit": 20,
    "syncLimit": 6,
    "electionAlg": 3,
    "minSessionTimeout": 1000,
    "maxSessionTimeout": 60000,
    "extendedTypesEnabled": "true",
}
TICK_SECONDS = CONFIG["tickTime"] / 1000
SYNC_SECONDS = CONFIG["syncLimit"] * TICK_SECONDS

SERVE_SECONDS = 60
SETTLE_SECONDS = 40
STATUS_SECONDS = 2
JAVA_STOPPED = 143
SERVING = ("leader", "follower", "observer")


def our_kind():
    """What stands for our server: the reference itself when the tests are to prove themselves."""
    return servers.subject_kind()


def note_kind(member):
    """Whether sessions with this member of an ensemble nudge it."""
    (wire.NUDGED_PORTS.add if member.kind == JAVA else wire.NUDGED_PORTS.discard)(member.port)


def let_pass(seconds):
    """For tests whose very subject is time that passes; everything else waits for conditions."""
    time.sleep(seconds)


class Member(servers.Server):
    """One server of an ensemble, known by its sid."""

    def __init__(self, sid, role, kind, directory, config, properties):
        super().__init__(kind, directory, config, properties)
        self.sid, self.role = sid, role
        self.paused, self.resumed_at = False, 0.0
        self.quorum_port = self.election_port = None
        self.ends_expected = True
        self.unwritten = set()  # keys of `config` that are not for the file
        self.write_myid()

    def write_myid(self):
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "myid").write_text(str(self.sid))

    def write_config(self):
        kept = self.config
        self.config = {key: value for key, value in kept.items() if key not in self.unwritten}
        super().write_config()
        self.config = kept

    def pick_ports(self):
        """Three neighbours: client, quorum and election port."""
        port = servers.free_port(2)
        self.config["clientPort"], self.quorum_port, self.election_port = port, port + 1, port + 2

    @property
    def alive(self):
        return self.running and not self.paused

    def spawn(self):
        super().spawn()
        self.paused, self.ends_expected, self._recognised = False, False, False
        note_kind(self)

    def status(self):
        """The answer to srvr as {key: value}; empty while it does not serve."""
        if not self.alive:
            return {}
        with contextlib.suppress(OSError):
            text = servers.four_letter_word(self.port, "srvr", STATUS_SECONDS).decode(errors="replace")
            told = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
            return told if told and self._answers_itself() else {}
        return {}

    def _answers_itself(self):
        """Whether it is this member that answers, and not somebody else who took the port before it could."""
        if not self._recognised:
            told = servers.four_letter_word(self.port, "conf", STATUS_SECONDS)
            self._recognised = f"dataDir={self.data_dir}/".encode() in told
        return self._recognised

    def mode(self):
        return self.status().get("Mode")

    def serves(self):
        return self.mode() in SERVING

    def zxid(self):
        """The last processed zxid; None while it does not serve."""
        text = self.status().get("Zxid")
        return None if text is None else int(text, 16)

    def mntr(self):
        text = servers.four_letter_word(self.port, "mntr", STATUS_SECONDS).decode(errors="replace")
        return dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)

    def stop(self):
        """An orderly end; ours tells so by its exit code, while Java's ends by the signal."""
        self.ends_expected = True
        if self.paused:
            self.resume()
        code = super().stop()
        assert code == (JAVA_STOPPED if self.kind == JAVA else 0), f"exit code {code}\n{self.log_tail()}"
        return code

    def kill(self):
        self.ends_expected = True
        super().kill()
        self.paused = False

    def pause(self):
        """Returns when every thread stands: until then some go on, on a busy machine for long enough to acknowledge."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)
        self.paused = True

    def resume(self):
        self.process.send_signal(signal.SIGCONT)
        self.paused, self.resumed_at = False, time.monotonic()

    def stood_still(self, seconds):
        """Whether it was paused at some time of the last seconds."""
        return self.paused or time.monotonic() - self.resumed_at < seconds

    def lose_data(self):
        """An empty data directory with the right myid, as after a new disk."""
        assert not self.running
        shutil.rmtree(self.data_dir)
        self.write_myid()

    def save_data(self, name):
        """A copy of the data directory, as a backup of this moment."""
        copy = self.directory / name
        shutil.copytree(self.data_dir, copy)
        return copy

    def restore_data(self, copy):
        assert not self.running
        shutil.rmtree(self.data_dir)
        shutil.copytree(copy, self.data_dir)

    def log_tail(self, lines=40):
        """The last lines, without our own questions."""
        told = [line for line in self.log_text().splitlines() if "srvr command" not in line]
        return "\n".join(told[-lines:])

    def logged_since(self, mark):
        """The log text behind the given offset."""
        return self.log_text()[mark:]

    def session(self, **request):
        return wire.Session(self.port, **request)


class Ensemble:
    """Members with the sids 1, 2, 3 and so on, in the order of the given kinds. With `{sid}` in `host` each has an
    address of its own."""

    def __init__(self, directory, kinds, observers=(), config=None, properties=None, linked=False,
                 host="127.0.0.1"):
        self.directory, self.host = directory, host
        self.members = {}
        for sid, kind in enumerate(kinds, 1):
            role = OBSERVER if sid in observers else PARTICIPANT
            member_config = {**CONFIG, **(config or {})}
            if role == OBSERVER:
                member_config["peerType"] = OBSERVER
            home = directory / f"member{sid}"
            member_config["dataDir"] = str(home / "data")
            self.members[sid] = Member(sid, role, kind, home, member_config, properties)
        self.proxy = proxy.Proxy(list(self.members), self._real_ports) if linked else None
        self._pick_ports()

    def _real_ports(self, sid):
        member = self.members[sid]
        return {proxy.ELECTION: member.election_port, proxy.QUORUM: member.quorum_port}

    def _pick_ports(self):
        for member in self.members.values():
            member.pick_ports()
        for member in self.members.values():
            for other in self.members.values():
                member.config[f"server.{other.sid}"] = self._address(member, other)

    def _address(self, member, other):
        """How one member knows another; itself it knows by the real ports."""
        quorum, election = other.quorum_port, other.election_port
        if self.proxy is not None and member is not other:
            quorum = self.proxy.port(member.sid, other.sid, proxy.QUORUM)
            election = self.proxy.port(member.sid, other.sid, proxy.ELECTION)
        host = self.host.format(sid=other.sid)
        return f"{host}:{quorum}:{election}:{other.role}"

    def __getitem__(self, sid):
        return self.members[sid]

    def __iter__(self):
        return iter(self.members.values())

    @property
    def alive(self):
        return [member for member in self if member.alive]

    @property
    def ports(self):
        return [member.port for member in self]

    def spawn(self, *sids):
        for sid in sids or self.members:
            self.members[sid].spawn()

    def start(self, *sids):
        """Starts these, or all, and returns the leader. A port lost to somebody else is replaced once nothing
        else runs, as every member knows the ports of all."""
        for _ in range(5):
            self.spawn(*sids)
            try:
                return self.wait_served(*sids)
            except servers.StartFailed:
                fresh = not sids or set(sids) == set(self.members)
                if not fresh or not any(member._lost_port() for member in self):
                    raise
                for member in self:
                    member.close()
                self._pick_ports()
        raise servers.StartFailed("every choice of ports was taken")

    def wait_served(self, *sids, seconds=SERVE_SECONDS):
        """Waits until these, or all that live, serve with one leader among all, and returns the leader."""
        modes = {}

        def leader():
            waited_for = [self.members[sid] for sid in sids] if sids else self.alive
            ended = [member for member in waited_for if not member.running]
            if ended:
                raise servers.StartFailed(f"member {ended[0].sid} ended, exit code {ended[0].process.returncode}\n"
                                          f"{ended[0].log_tail()}")
            modes.clear()
            modes.update({member.sid: member.mode() for member in self.alive})
            leaders = [sid for sid, mode in modes.items() if mode == "leader"]
            if len(leaders) == 1 and all(modes.get(member.sid) in SERVING for member in waited_for):
                return self.members[leaders[0]]
            return None

        try:
            return servers.wait_until(leader, seconds, "an ensemble that serves")
        except AssertionError as late:
            raise AssertionError(f"{late}: {modes}\n{self.log_tails()}") from None

    def wait_leader_among(self, members, seconds=SERVE_SECONDS):
        """Waits until one of these leads the rest of them, whatever the others believe to be, and returns it."""
        def led():
            modes = [member.mode() for member in members]
            return modes.count("leader") == 1 and all(mode in SERVING for mode in modes)
        try:
            servers.wait_until(led, seconds, f"a leader among {[member.sid for member in members]}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_tails()}") from None
        return next(member for member in members if member.mode() == "leader")

    def leader(self):
        leaders = [member for member in self.alive if member.mode() == "leader"]
        assert len(leaders) == 1, f"{len(leaders)} leaders"
        return leaders[0]

    def followers(self):
        return [member for member in self.alive if member.mode() == "follower"]

    def others(self, *members):
        return [member for member in self if member not in members]

    def wait_same_zxid(self, seconds=SETTLE_SECONDS):
        """Waits until all that live have processed the same zxid, one of the epoch that stands, and returns it."""
        leader = self.wait_served()
        written_at = 0.0

        def write():
            nonlocal written_at
            with leader.session() as session:
                session.close_session()
            written_at = time.monotonic()

        def same():
            zxids = {member: member.zxid() or 0 for member in self.alive}
            newest = max(zxids.values())
            behind = [member for member, zxid in zxids.items() if zxid < newest]
            # The reference may oversleep the last commit until there is another (wire.NUDGED_PORTS).
            late = time.monotonic() - written_at > wire.NUDGE_SECONDS
            if behind and late and all(member.kind == JAVA for member in behind):
                write()
            return not behind and newest

        write()
        try:
            return servers.wait_until(same, seconds, "one zxid on all members")
        except AssertionError as error:
            zxids = {member.sid: member.zxid() for member in self.alive}
            raise AssertionError(f"{error}: {zxids}\n{self.log_tails()}") from None

    def replace(self, sid, kind):
        """The member goes on as the other kind of server, on the same data directory."""
        member = self.members[sid]
        if member.running:
            member.stop()
        member.kind = kind
        member.spawn()
        return member

    def write(self, path, data, port=None, seconds=SERVE_SECONDS):
        """Writes one node through some member, as soon as one serves; returns the zxid of the write."""
        body = {"zxid": None}

        def written():
            for target in [port] if port else [member.port for member in self.alive]:
                with contextlib.suppress(OSError, wire.ConnectionClosed):
                    with wire.Session(target, seconds=10, timeout=20000) as session:
                        if session.session_id == 0:
                            continue
                        reply = session.call(ops.SET_DATA, ops.set_data(path, data))
                        if reply.err == ops.NO_NODE:
                            reply = session.call(ops.CREATE, ops.create(path, data))
                        if reply.err in (ops.OK, ops.NODE_EXISTS):
                            body["zxid"] = reply.zxid
                            session.close_session()
                            return True
            return False
        servers.wait_until(written, seconds, f"a write of {path}")
        return body["zxid"]

    def unexpected_ends(self):
        return [member for member in self
                if member.process is not None and not member.running and not member.ends_expected]

    def log_tails(self, lines=15):
        return "\n".join(f"--- member {member.sid} ({member.kind}, {'alive' if member.alive else 'not alive'})\n"
                         f"{member.log_tail(lines)}" for member in self)

    def close(self):
        for member in self:
            member.close()
        if self.proxy is not None:
            self.proxy.close()
