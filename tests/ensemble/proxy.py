"""TCP proxies between the members of an ensemble: links that can be cut, swallowed, held back and healed.

Each member dials the others through ports of its own, so every connection has a known dialler and target,
and a fault has a direction: from one sid to another, whoever dialled. One thread moves all bytes.

An initial message of the election port names an address to dial back; the proxy rewrites it to its own
port, else the answer would go around it.
"""
import collections
import contextlib
import queue
import selectors
import socket
import struct
import threading
import time

import servers

ELECTION, QUORUM = "election", "quorum"
OPEN, CUT, SWALLOW, HOLD = "open", "cut", "swallow", "hold"

CHUNK = 65536
# A sender waits when so many of its bytes are on their way, as it would for a full socket.
HELD_BYTES_MAX = 1 << 20
# A learner retries a leader that does not listen yet. Behind a proxy it cannot see that, so the proxy does.
DIAL_SECONDS = {ELECTION: 0, QUORUM: 5}
DIAL_AGAIN_SECONDS = 0.05
INITIAL_MESSAGE_HEAD = struct.Struct(">qqi")


class Way:
    """What happens to the bytes from one sid to another."""

    def __init__(self):
        self.mode, self.delay = OPEN, 0.0


class Flow:
    """The bytes of one connection in one direction."""

    def __init__(self, way, source, sink):
        self.way, self.source, self.sink = way, source, sink
        self.pieces = collections.deque()  # (time when due, bytes)
        self.held_bytes = 0
        self.ended = self.lost = False

    def wants_read(self):
        return not self.ended and self.held_bytes < HELD_BYTES_MAX

    def take(self, data, now):
        if not data:
            self.ended = True
        elif self.way.mode == SWALLOW:
            self.lost = True
        else:
            self.pieces.append((now + self.way.delay, data))
            self.held_bytes += len(data)

    def due(self):
        """When the next piece may go, or None."""
        return self.pieces[0][0] if self.pieces and self.way.mode == OPEN else None

    def send(self, now):
        """Whether everything that is due went out."""
        while self.due() is not None and self.due() <= now:
            due, data = self.pieces[0]
            try:
                sent = self.sink.send(data)
            except BlockingIOError:
                return False
            self.held_bytes -= sent
            if sent < len(data):
                self.pieces[0] = (due, data[sent:])
                return False
            self.pieces.popleft()
        return True

    def finished(self):
        return self.ended and not self.pieces and self.way.mode == OPEN


class Pipe:
    """One accepted connection and, once it stands, the one to the target."""

    def __init__(self, link, near, ways):
        self.link, self.near, self.far = link, near, None
        self.ways = ways
        self.flows = []
        self.dial_until = time.monotonic() + DIAL_SECONDS[link.port_kind]
        self.next_dial = time.monotonic()
        self.initial = b"" if link.port_kind == ELECTION else None

    def close(self):
        for end in (self.near, self.far):
            if end is not None:
                # A reset, as from a link that is gone: neither side believes in an orderly end.
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()


class Link:
    """The port that stands for the target in the configuration of the dialler."""

    def __init__(self, dialler, target, port_kind):
        self.dialler, self.target, self.port_kind = dialler, target, port_kind
        self.listener = socket.socket()
        for _ in range(50):
            with contextlib.suppress(OSError):
                self.listener.bind(("127.0.0.1", servers.free_port()))
                break
        self.listener.listen(128)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]


class Proxy:
    """All links between the given sids. `ports[sid]` is asked for the real {kind: port} at each dial."""

    def __init__(self, sids, ports):
        self._ports = ports
        self._links = {(a, b, kind): Link(a, b, kind)
                       for a in sids for b in sids if a != b for kind in (ELECTION, QUORUM)}
        self._ways = {(a, b, kind): Way() for a, b, kind in self._links}
        self._pipes = set()
        self._commands = queue.SimpleQueue()
        self._wake_read, self._wake_write = socket.socketpair()
        self._running = True
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def port(self, dialler, target, kind):
        return self._links[dialler, target, kind].port

    def cut(self, a, b, kinds=(ELECTION, QUORUM)):
        """Both ways: standing connections are reset, new ones are closed."""
        self._set([(a, b), (b, a)], kinds, CUT)

    def swallow(self, source, sink, kinds=(ELECTION, QUORUM)):
        """One way: bytes vanish and nobody is told. A new connection is accepted and goes nowhere."""
        self._set([(source, sink)], kinds, SWALLOW)

    def hold(self, source, sink, kinds=(ELECTION, QUORUM)):
        """One way: bytes wait, and arrive when healed."""
        self._set([(source, sink)], kinds, HOLD)

    def delay(self, source, sink, seconds, kinds=(ELECTION, QUORUM)):
        def change():
            for kind in kinds:
                self._ways[source, sink, kind].delay = seconds
        self._do(change)

    def isolate(self, sid, fault=None):
        """Cuts one member off; or swallows, or holds, both ways."""
        for other in {a for a, _, _ in self._links} - {sid}:
            if fault is None:
                self.cut(sid, other)
            else:
                fault(sid, other)
                fault(other, sid)

    def heal(self):
        """All ways are open again. Connections that lost bytes are reset: a stream has no holes."""
        def change():
            for way in self._ways.values():
                way.mode, way.delay = OPEN, 0.0
            for pipe in [pipe for pipe in self._pipes if any(flow.lost for flow in pipe.flows)]:
                self._drop(pipe)
        self._do(change)

    def close(self):
        self._running = False
        self._wake_write.send(b"x")
        self._thread.join()
        for pipe in self._pipes:
            pipe.close()
        for link in self._links.values():
            link.listener.close()
        self._wake_read.close()
        self._wake_write.close()

    def _set(self, pairs, kinds, mode):
        def change():
            for a, b in pairs:
                for kind in kinds:
                    self._ways[a, b, kind].mode = mode
            for pipe in [pipe for pipe in self._pipes if self._is_cut(pipe.link)]:
                self._drop(pipe)
        self._do(change)

    def _is_cut(self, link):
        return self._ways[link.dialler, link.target, link.port_kind].mode == CUT

    def _do(self, change):
        """Runs in the proxy's thread, which alone touches ways and pipes, and waits for the end."""
        done = threading.Event()
        self._commands.put((change, done))
        self._wake_write.send(b"x")
        assert done.wait(10), "the proxy's thread hangs"

    def _drop(self, pipe):
        self._pipes.discard(pipe)
        pipe.close()

    def _run(self):
        while self._running:
            self._turn()

    def _turn(self):
        now = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ, None)
            for link in self._links.values():
                selector.register(link.listener, selectors.EVENT_READ, link)
            waits = [1.0]
            for pipe in self._pipes:
                waits += self._register(selector, pipe, now)
            ready = selector.select(max(0, min(waits)))
        for key, _ in ready:
            if key.data is None:
                self._wake_read.recv(4096)
            elif isinstance(key.data, Link):
                self._accept(key.data)
        while not self._commands.empty():
            change, done = self._commands.get()
            change()
            done.set()
        readable = {key.fileobj for key, events in ready if events & selectors.EVENT_READ}
        for pipe in list(self._pipes):
            try:
                self._serve(pipe, readable)
            except OSError:
                self._drop(pipe)

    def _register(self, selector, pipe, now):
        """Watches both ends of a pipe; gives the seconds until something of it is due by the clock."""
        waits, wanted = [], collections.defaultdict(int)
        if pipe.far is None:
            if self._may_dial(pipe):
                waits.append(pipe.next_dial - now)
            if pipe.initial is not None and not self._initial_complete(pipe):
                wanted[pipe.near] |= selectors.EVENT_READ
        for flow in pipe.flows:
            if flow.wants_read():
                wanted[flow.source] |= selectors.EVENT_READ
            due = flow.due()
            if due is not None and due > now:
                waits.append(due - now)
            elif due is not None:
                wanted[flow.sink] |= selectors.EVENT_WRITE
        for end, events in wanted.items():
            selector.register(end, events, pipe)
        return waits

    def _accept(self, link):
        with contextlib.suppress(OSError):
            near, _ = link.listener.accept()
            near.setblocking(False)
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            kind = link.port_kind
            pipe = Pipe(link, near, (self._ways[link.dialler, link.target, kind],
                                     self._ways[link.target, link.dialler, kind]))
            if self._is_cut(link):
                pipe.close()
            else:
                self._pipes.add(pipe)

    def _serve(self, pipe, readable):
        now = time.monotonic()
        if pipe.far is None:
            if pipe.initial is not None and pipe.near in readable and not self._initial_complete(pipe):
                data = pipe.near.recv(CHUNK)
                if not data:
                    raise OSError("closed before the initial message")
                pipe.initial += data
            if self._may_dial(pipe) and pipe.next_dial <= now:
                self._dial(pipe, now)
            return
        for flow in pipe.flows:
            if flow.source in readable and flow.wants_read():
                with contextlib.suppress(BlockingIOError):
                    flow.take(flow.source.recv(CHUNK), now)
            flow.send(now)
        if any(flow.finished() for flow in pipe.flows):
            self._drop(pipe)

    def _may_dial(self, pipe):
        """No connection comes about while the packets of either way are lost."""
        return all(way.mode == OPEN for way in pipe.ways) and (
            pipe.initial is None or self._initial_complete(pipe))

    def _dial(self, pipe, now):
        link = pipe.link
        try:
            # On loopback the answer is there at once: a connection, or none.
            pipe.far = socket.create_connection(("127.0.0.1", self._ports(link.target)[link.port_kind]), 1)
        except OSError:
            if now > pipe.dial_until:
                raise
            pipe.next_dial = now + DIAL_AGAIN_SECONDS
            return
        pipe.far.setblocking(False)
        pipe.far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        there, back = pipe.ways
        pipe.flows = [Flow(there, pipe.near, pipe.far), Flow(back, pipe.far, pipe.near)]
        if pipe.initial:
            pipe.flows[0].take(self._rewritten(pipe), now)

    @staticmethod
    def _initial_complete(pipe):
        """Also true for bytes that are no initial message: the target may judge them."""
        if len(pipe.initial) < INITIAL_MESSAGE_HEAD.size:
            return False
        version, _, length = INITIAL_MESSAGE_HEAD.unpack_from(pipe.initial)
        return version >= 0 or not 0 < length <= 2048 or len(pipe.initial) >= INITIAL_MESSAGE_HEAD.size + length

    def _rewritten(self, pipe):
        version, sid, length = INITIAL_MESSAGE_HEAD.unpack_from(pipe.initial)
        if version >= 0 or not 0 < length <= 2048:
            return pipe.initial
        address = f"127.0.0.1:{self.port(pipe.link.target, pipe.link.dialler, ELECTION)}".encode()
        rest = pipe.initial[INITIAL_MESSAGE_HEAD.size + length:]
        return INITIAL_MESSAGE_HEAD.pack(version, sid, len(address)) + address + rest
