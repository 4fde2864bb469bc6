"""The wire encoding: big-endian numbers, length-prefixed buffers, counted vectors (-1 is null)."""
import struct

ANYONE = [(31, "world", "anyone")]

STAT_FIELDS = ("czxid", "mzxid", "ctime", "mtime", "version", "cversion", "aversion",
               "ephemeralOwner", "dataLength", "numChildren", "pzxid")
_STAT = struct.Struct(">qqqqiiiqiiq")


def i32(value):
    return struct.pack(">i", value)


def i64(value):
    return struct.pack(">q", value)


def boolean(value):
    return b"\x01" if value else b"\x00"


def buffer(value):
    return i32(-1) if value is None else i32(len(value)) + value


def string(value):
    """Text, raw bytes, or None; raw bytes let a test send what is not UTF-8."""
    return buffer(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)


def vector(items, encode=string):
    return i32(-1) if items is None else i32(len(items)) + b"".join(encode(item) for item in items)


def acl(entry):
    perms, scheme, identity = entry
    return i32(perms) + string(scheme) + string(identity)


class Truncated(Exception):
    """A record ends before its last field."""


class Reader:
    def __init__(self, data):
        self._data = data
        self._at = 0

    def take(self, count):
        if count < 0 or self._at + count > len(self._data):
            raise Truncated(f"{count} bytes wanted at {self._at} of {len(self._data)}")
        piece = self._data[self._at:self._at + count]
        self._at += count
        return piece

    def i32(self):
        return struct.unpack(">i", self.take(4))[0]

    def i64(self):
        return struct.unpack(">q", self.take(8))[0]

    def boolean(self):
        return self.take(1) != b"\x00"

    def buffer(self):
        length = self.i32()
        return None if length == -1 else self.take(length)

    def string(self):
        """Text; the raw bytes when they are no UTF-8 (surrogates written one by one are let through)."""
        raw = self.buffer()
        if raw is None:
            return None
        try:
            return raw.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return raw

    def vector(self, decode):
        count = self.i32()
        return None if count == -1 else [decode() for _ in range(count)]

    def acl(self):
        return (self.i32(), self.string(), self.string())

    def stat(self):
        return dict(zip(STAT_FIELDS, _STAT.unpack(self.take(_STAT.size))))

    def rest(self):
        return self.take(len(self._data) - self._at)

    def at_end(self):
        return self._at == len(self._data)
