"""Writes a transaction log by hand, to begin a test in a state no client could reach in time."""
import struct
import zlib

import ops
from jute import acl, ANYONE, boolean, buffer, i32, i64, string, vector

MAGIC = b"ZKLG"
SOME_TIME_MS = 1_700_000_000_000


def create(path, parent_cversion, data=b""):
    body = string(path) + buffer(data) + vector(ANYONE, acl) + boolean(False) + i32(parent_cversion)
    return ops.CREATE, body


def set_data(path, version, data=b""):
    return ops.SET_DATA, string(path) + buffer(data) + i32(version)


def write_log(version_dir, transactions):
    """A log of (operation, body) records with zxids from 1 on, without digests."""
    out = MAGIC + i32(2) + i64(0)
    for zxid, (op, body) in enumerate(transactions, 1):
        payload = struct.pack(">qiqqi", 0, zxid, zxid, SOME_TIME_MS, op) + body
        out += i64(zlib.adler32(payload)) + buffer(payload) + b"B"
    (version_dir / "log.1").write_bytes(out)
