"""Strangers at the election and quorum ports: silent ones, and ones that send what no member would."""
import collections
import contextlib
import itertools
import resource
import socket
import struct
import threading

PLAIN_VERSION = -65536
LOOKING, FOLLOWING, LEADING, OBSERVING = range(4)
# Some thousand strangers in a second, and at most so many that stay at a time.
STORM_PAUSE_SECONDS, STORM_STANDING = 0.005, 500


def raise_descriptor_limit(wanted):
    """Hundreds of connections to every member need more than the usual 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def dial(port):
    """A connection, or None where nobody listens or the backlog is full."""
    with contextlib.suppress(OSError):
        return socket.create_connection(("127.0.0.1", port), timeout=1)
    return None


class Strangers:
    """Connections to some ports that say nothing, or one thing, and stay. Use as a context."""

    def __init__(self):
        self.connections = []

    def hold(self, ports, each, payload=b""):
        for port in ports:
            for _ in range(each):
                connection = dial(port)
                if connection is None:
                    break
                self.connections.append(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(payload)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for connection in self.connections:
            connection.close()
        self.connections = []


class Storm(threading.Thread):
    """Strangers that come to each of the given ports one after the other and send what it is given for, again and
    again. Use as a context."""

    def __init__(self, payloads):
        super().__init__(daemon=True)
        self.payloads = payloads  # {port: [bytes]}
        self.came = 0
        self.stopping = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()

    def run(self):
        standing = collections.deque()
        kinds = {port: itertools.cycle(payloads) for port, payloads in self.payloads.items()}
        while not self.stopping.wait(STORM_PAUSE_SECONDS):
            for port, payloads in kinds.items():
                connection = dial(port)
                if connection is None:
                    continue
                self.came += 1
                standing.append(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(next(payloads))
            while len(standing) > STORM_STANDING:
                standing.popleft().close()
        for connection in standing:
            connection.close()


def initial_message(sid, address, version=PLAIN_VERSION, length=None):
    text = address.encode() if isinstance(address, str) else address
    return struct.pack(">qqi", version, sid, len(text) if length is None else length) + text


def notification(state, leader, zxid, round_number, epoch, config=b"", version=2, config_length=None):
    return struct.pack(">iqqqqii", state, leader, zxid, round_number, epoch, version,
                       len(config) if config_length is None else config_length) + config


def frame(payload, length=None):
    return struct.pack(">i", len(payload) if length is None else length) + payload


def election_payloads(own_sid, unknown_sid):
    """{what: bytes} for an election port of the member `own_sid`."""
    here = "127.0.0.1:1"
    hello = initial_message(unknown_sid, here)
    vote = notification(LOOKING, unknown_sid, 2**62, 1, 1)
    return {
        "noise": bytes(range(256)) * 16,
        "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "tls": bytes.fromhex("16030100c8010000c40303") + bytes(200),
        "half an initial message": hello[:11],
        "unknown version": initial_message(unknown_sid, here, version=-65000),
        "smallest version": initial_message(unknown_sid, here, version=-2**63),
        "address of no length": initial_message(unknown_sid, b""),
        "address of negative length": initial_message(unknown_sid, here, length=-1),
        "address of two gigabytes": initial_message(unknown_sid, here, length=2**31 - 1),
        "address without a port": initial_message(unknown_sid, "127.0.0.1"),
        "address with a bad port": initial_message(unknown_sid, "127.0.0.1:99999"),
        "address that is no text": initial_message(unknown_sid, b"\xff\xfe:1"),
        "own sid": initial_message(own_sid, here),
        "negative sid": initial_message(-5, here),
        "anonymous observer": initial_message(2**63 - 1, here),
        "unknown sid": hello,
        "frame of no length": hello + frame(b""),
        "frame of negative length": hello + frame(b"", -1),
        "frame of two gigabytes": hello + frame(b"x", 2**31 - 1),
        "short notification": hello + frame(b"x" * 27),
        "odd notification": hello + frame(vote[:39]),
        "unknown state": hello + frame(notification(77, unknown_sid, 0, 1, 1)),
        "config longer than the frame": hello + frame(notification(LOOKING, 1, 0, 1, 1, config_length=2**31 - 1)),
        "config of negative length": hello + frame(notification(LOOKING, 1, 0, 1, 1, config_length=-1)),
        "config that is none": hello + frame(notification(LOOKING, 1, 0, 1, 1, b"server.1=\xff\n")),
        "config of a higher version": hello + frame(notification(
            LOOKING, unknown_sid, 0, 1, 1, b"server.%d=127.0.0.1:1:2:participant\nversion=ffffffff" % unknown_sid)),
        "vote for a stranger": hello + frame(vote),
        "leading stranger": hello + frame(notification(LEADING, unknown_sid, 2**62, 1, 2**31 - 3)),
        "round of the far future": hello + frame(notification(LOOKING, unknown_sid, 2**62, 2**62, 1)),
    }


def quorum_packet(kind, zxid, data=None):
    body = struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data
    return struct.pack(">iq", kind, zxid) + body + struct.pack(">i", -1)


FOLLOWERINFO, OBSERVERINFO, ACKEPOCH, ACK, REQUEST = 11, 16, 18, 3, 1


def learner_info(sid, protocol=0x10000, config_version=0):
    return struct.pack(">qiq", sid, protocol, config_version)


def quorum_payloads(leader_sid, unknown_sid):
    """{what: bytes} for the quorum port of the leader."""
    return {
        "noise": bytes(range(256)) * 16,
        "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "half a packet": quorum_packet(FOLLOWERINFO, 0, learner_info(unknown_sid))[:9],
        "unknown type": quorum_packet(4711, 0),
        "request first": quorum_packet(REQUEST, -1, bytes(32)),
        "ack first": quorum_packet(ACK, 2**33),
        "data of two gigabytes": struct.pack(">iqi", FOLLOWERINFO, 0, 2**31 - 1),
        "data of negative length": struct.pack(">iqi", FOLLOWERINFO, 0, -7),
        "a billion identities": struct.pack(">iqii", FOLLOWERINFO, 0, -1, 10**9),
        "learner without data": quorum_packet(FOLLOWERINFO, 0),
        "learner info cut short": quorum_packet(FOLLOWERINFO, 0, b"\0\0\0"),
        "unknown learner": quorum_packet(FOLLOWERINFO, 0, learner_info(unknown_sid)),
        "unknown observer": quorum_packet(OBSERVERINFO, 0, learner_info(unknown_sid)),
        "the leader's own sid": quorum_packet(FOLLOWERINFO, 0, learner_info(leader_sid)),
        "later config": quorum_packet(FOLLOWERINFO, 0, learner_info(unknown_sid, config_version=2**40)),
        "unknown protocol": quorum_packet(FOLLOWERINFO, 0, learner_info(unknown_sid, protocol=-1)),
    }
