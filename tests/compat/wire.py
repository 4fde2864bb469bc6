"""A raw client: it sends any bytes, and reports what comes back in the order of arrival."""
import contextlib
import socket
import time
from typing import NamedTuple

import ops
from jute import Reader, boolean, buffer, i32, i64

NOTIFICATION_XID = -1
PING_XID = -2
AUTH_XID = -4
SET_WATCHES_XID = -8
ZERO_PASSWORD = bytes(16)
REPLY_SECONDS = 20

# Ports of members of an ensemble that are the reference. It may oversleep the commit of a request if no other
# one comes (ZOOKEEPER-4537, mended in 3.8.1): real clients ping, and so does a session that waits for long.
NUDGED_PORTS = set()
NUDGE_SECONDS = 1


class Event(NamedTuple):
    zxid: int
    type: int
    state: int
    path: str


class Reply(NamedTuple):
    xid: int
    zxid: int
    err: int
    body: bytes


class Closed(NamedTuple):
    """The server ended the connection."""


CLOSED = Closed()


class ConnectionClosed(Exception):
    pass


class Connection:
    """A socket that speaks length-prefixed frames."""

    def __init__(self, port, seconds=REPLY_SECONDS):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._seconds = seconds
        self._pending = b""

    def send_raw(self, data):
        self.socket.sendall(data)

    def send_frame(self, payload):
        self.send_raw(i32(len(payload)) + payload)

    def read_frame(self, seconds=None):
        """The payload of the next frame; ConnectionClosed at the end, TimeoutError at the deadline, after which
        it may be asked for again."""
        deadline = time.monotonic() + (self._seconds if seconds is None else seconds)
        self._receive(4, deadline)
        end = 4 + Reader(self._pending[:4]).i32()
        self._receive(end, deadline)
        frame, self._pending = self._pending[4:end], self._pending[end:]
        return frame

    def _receive(self, count, deadline):
        while len(self._pending) < count:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                chunk = self.socket.recv(262144)
            except ConnectionError:
                chunk = b""
            if not chunk:
                raise ConnectionClosed
            self._pending += chunk

    def is_closed(self, seconds=REPLY_SECONDS):
        """Whether the server closes without sending another byte, before the deadline."""
        try:
            self.read_frame(seconds)
        except ConnectionClosed:
            return True
        except TimeoutError:
            return False
        return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ConnectResponse(NamedTuple):
    protocol: int
    timeout: int
    session_id: int
    password: bytes
    read_only: object  # None when the byte is absent


def connect_request(timeout=30000, session_id=0, password=ZERO_PASSWORD, last_zxid=0, read_only=False):
    """read_only None leaves the optional last byte out, as old clients do."""
    tail = b"" if read_only is None else boolean(read_only)
    return i32(0) + i64(last_zxid) + i32(timeout) + i64(session_id) + buffer(password) + tail


def parse_connect_response(frame):
    reader = Reader(frame)
    fields = (reader.i32(), reader.i32(), reader.i64(), reader.buffer())
    return ConnectResponse(*fields, None if reader.at_end() else reader.boolean())


def header(xid, op):
    return i32(xid) + i32(op)


class Session(Connection):
    """A connection after its handshake. Items (events and replies) come in arrival order."""

    def __init__(self, port, seconds=REPLY_SECONDS, **request):
        super().__init__(port, seconds)
        self.events = []
        self._next_xid, self._nudges = 1, 0
        self._needs_nudges = port in NUDGED_PORTS
        self.send_frame(connect_request(**request))
        self.response = parse_connect_response(self._read_frame_nudging(seconds))
        self.session_id = self.response.session_id
        self.password = self.response.password

    def submit(self, op, body=b"", xid=None):
        """Sends a request without waiting, and returns its xid."""
        if xid is None:
            xid = self._next_xid
            self._next_xid += 1
        self.send_frame(header(xid, op) + body)
        return xid

    def _read_frame_nudging(self, seconds):
        if self._needs_nudges and seconds > NUDGE_SECONDS:
            with contextlib.suppress(TimeoutError):
                return self.read_frame(NUDGE_SECONDS)
            with contextlib.suppress(ConnectionError):
                self.submit(ops.PING, xid=PING_XID)
                self._nudges += 1
        return self.read_frame(seconds)

    def next_item(self, seconds=None):
        """The next Event or Reply, or CLOSED."""
        deadline = time.monotonic() + (self._seconds if seconds is None else seconds)
        while True:
            try:
                reader = Reader(self._read_frame_nudging(deadline - time.monotonic()))
            except ConnectionClosed:
                return CLOSED
            xid, zxid, err = reader.i32(), reader.i64(), reader.i32()
            if xid == NOTIFICATION_XID and not reader.at_end():
                return Event(zxid, reader.i32(), reader.i32(), reader.string())
            if xid != PING_XID or self._nudges == 0:
                return Reply(xid, zxid, err, reader.rest())
            self._nudges -= 1

    def next_reply(self, seconds=None):
        """The next reply; events before it are kept in `events`."""
        while True:
            item = self.next_item(seconds)
            if isinstance(item, Event):
                self.events.append(item)
            elif item is CLOSED:
                raise ConnectionClosed
            else:
                return item

    def call(self, op, body=b"", xid=None):
        self.submit(op, body, xid)
        return self.next_reply()

    def must(self, op, body=b""):
        """The body of a reply that has to be a success."""
        reply = self.call(op, body)
        assert reply.err == ops.OK, f"{ops.NAMES.get(op, op)} failed with {reply.err}"
        return reply.body

    def ping(self):
        return self.call(ops.PING, xid=PING_XID)

    def authenticate(self, scheme, data):
        return self.call(ops.AUTH, ops.auth(scheme, data), xid=AUTH_XID)

    def drain_events(self):
        """All events that precede the answer to a ping, forgetting them."""
        self.ping()
        events, self.events = self.events, []
        return events

    def close_session(self):
        reply = self.call(ops.CLOSE_SESSION)
        self.close()
        return reply


def session_password(session_id):
    """The password the reference computes for a session id: java.util.Random, four ints, little-endian."""
    mask = (1 << 48) - 1
    state = ((session_id ^ 0xB3415C00) ^ 0x5DEECE66D) & mask
    out = b""
    for _ in range(4):
        state = (state * 0x5DEECE66D + 0xB) & mask
        out += (state >> 16).to_bytes(4, "little")
    return out
