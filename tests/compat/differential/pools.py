"""What the generated streams draw from."""
import base64
import hashlib

import ops


def digest_id(user_and_password):
    user = user_and_password.split(":")[0]
    digest = hashlib.sha1(user_and_password.encode()).digest()
    return f"{user}:{base64.b64encode(digest).decode()}"


SUPER = "super:pw"
SUPER_DIGEST = digest_id(SUPER)
ALICE, BOB = digest_id("alice:secret"), digest_id("bob:pw")

BAD_PATHS = [
    None, "", "a", "/a/", "//", "/a//b", "/a/./b", "/a/../b", "/.", "/..", "/...", "/a.", "/\x00", "/a\x00b",
    "/\x01", "/\x1f", "/\x7f", "/\x9f", "/\u00a0", "/\u00e4", "/\ud7ff", "/\ue000", "/\uf8ff", "/\uf900",
    "/\uffef", "/\ufff0", "/\uffff", "/\U0001f600", b"/\xff\xfe", b"/\xc0\xaf", b"/\xed\xa0\x80", "/" + "n" * 900,
]
SYSTEM_PATHS = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]

OPEN = [(ops.ALL, "world", "anyone")]
ACL_ENTRIES = [
    (ops.ALL, "world", "anyone"), (ops.READ, "world", "anyone"), (ops.READ | ops.CREATE_PERM, "world", "anyone"),
    (ops.ALL, "digest", ALICE), (ops.ALL, "digest", BOB), (ops.ADMIN, "digest", ALICE), (ops.WRITE, "digest", BOB),
    (ops.ALL, "auth", ""), (ops.READ | ops.DELETE_PERM, "auth", "ignored"), (ops.ALL, "ip", "127.0.0.1"),
    (ops.ALL, "ip", "10.0.0.0/8"), (ops.READ | ops.WRITE, "ip", "127.0.0.0/8"), (0, "world", "anyone"),
    (255, "digest", BOB), (ops.CREATE_PERM, "world", "anyone"), (-1, "ip", "127.0.0.1/32"),
]
READABLE_ACLS = [
    OPEN, OPEN, OPEN, [(ops.READ, "world", "anyone"), (ops.ALL, "digest", ALICE)],
    [(ops.READ | ops.WRITE | ops.CREATE_PERM, "world", "anyone")], OPEN, OPEN,
    [(ops.ALL, "auth", ""), (ops.READ, "world", "anyone")],
    [(ops.ALL, "digest", BOB), (ops.ALL, "digest", BOB), (ops.READ | ops.ADMIN, "world", "anyone")],
]
BAD_ACLS = [
    [], None, [(ops.ALL, "nobody", "x")], [(ops.ALL, "digest", "nocolon")], [(ops.ALL, "ip", "300.1.1.1")],
    [(ops.ALL, "ip", "1.2.3.4/33")], [(ops.ALL, "super", "x")], [(ops.ALL, "world", "x")], [(ops.ALL, None, "x")],
    [(ops.ALL, "digest", "a:b:c")], [(ops.ALL, "world", "anyone"), (ops.ALL, "sasl", "")],
]

GOOD_AUTHS = [
    ("digest", b"alice:secret"), ("digest", b"bob:pw"), ("digest", b"alice:wrong"), ("digest", b"nocolon"),
    ("ip", b""), ("digest", SUPER.encode()),
]
BAD_AUTHS = [("nobody", b"x"), ("digest", None), ("sasl", b"x"), ("world", b"anyone"), ("", b"")]

# (operation, body, whether a 3.9.5 server decodes it): not allowed inside a multi.
WRONG_MULTI_PARTS = [
    (ops.SET_ACL, ops.set_acl("/a"), False), (ops.EXISTS, ops.read("/a"), False),
    (ops.GET_DATA, ops.read("/a"), False), (ops.DELETE_CONTAINER, ops.delete_container("/a"), False),
    (ops.MULTI, b"", False),
]
