"""Which of several faults of one request is reported: the tables of validation orders, row by row.

In every request all checks below the expected one would fail too, where that can be arranged.
"""
import pytest

import ops
import replies

BAD_ACL = [(ops.ALL, "nobody", "x")]
LOCKED = [(ops.READ, "world", "anyone")]


@pytest.fixture
def tree(client, home):
    """home/locked (read only), home/locked/child, home/plain, home/plain/child, home/brief (ephemeral)."""
    for path in ("/plain", "/plain/child", "/locked", "/locked/child"):
        client.must(ops.CREATE, ops.create(home + path))
    client.must(ops.SET_ACL, ops.set_acl(home + "/locked", LOCKED))
    client.must(ops.CREATE, ops.create(home + "/brief", flags=ops.EPHEMERAL))
    return home


CREATE_ROWS = [
    ("flags beat everything", "no-slash", BAD_ACL, 7, ops.BAD_ARGUMENTS),
    ("TTL switched off", "no-slash", BAD_ACL, ops.TTL, ops.UNIMPLEMENTED),
    ("TTL sequential switched off", "no-slash", BAD_ACL, ops.TTL_SEQUENTIAL, ops.UNIMPLEMENTED),
    ("no slash", "no-slash", BAD_ACL, 0, ops.BAD_ARGUMENTS),
    ("NUL", "{home}/missing/\x00", BAD_ACL, 0, ops.BAD_ARGUMENTS),
    ("bad ACL beats missing parent", "{home}/missing/x", BAD_ACL, 0, ops.INVALID_ACL),
    ("empty ACL", "{home}/missing/x", [], 0, ops.INVALID_ACL),
    ("null ACL", "{home}/missing/x", None, 0, ops.INVALID_ACL),
    ("missing parent beats bad characters", "{home}/missing/\x01", ops.ANYONE, 0, ops.NO_NODE),
    ("no permission beats bad path", "{home}/locked/\x01", ops.ANYONE, 0, ops.NO_AUTH),
    ("no permission beats existing", "{home}/locked/child", ops.ANYONE, 0, ops.NO_AUTH),
    ("bad path beats ephemeral parent", "{home}/brief/\x01", ops.ANYONE, 0, ops.BAD_ARGUMENTS),
    ("existing", "{home}/plain", ops.ANYONE, 0, ops.NODE_EXISTS),
    ("root exists", "/", ops.ANYONE, 0, ops.NODE_EXISTS),
    ("ephemeral parent", "{home}/brief/x", ops.ANYONE, 0, ops.NO_CHILDREN_FOR_EPHEMERALS),
    ("trailing slash, parent there", "{home}/plain/", ops.ANYONE, 0, ops.BAD_ARGUMENTS),
    ("trailing slash, parent missing", "{home}/missing/", ops.ANYONE, 0, ops.NO_NODE),
    ("trailing slash is fine for a sequential node", "{home}/plain/", ops.ANYONE, ops.SEQUENTIAL, ops.OK),
    ("container flag", "{home}/container", ops.ANYONE, ops.CONTAINER, ops.OK),
]


@pytest.mark.parametrize("op", [ops.CREATE, ops.CREATE2, ops.CREATE_CONTAINER])
@pytest.mark.parametrize("path, acls, flags, err", [row[1:] for row in CREATE_ROWS],
                         ids=[row[0] for row in CREATE_ROWS])
def test_create(client, tree, op, path, acls, flags, err):
    path = path.format(home=tree)
    assert client.call(op, ops.create(path, b"", acls, flags)).err == err


TTL_ROWS = [
    ("bad range beats bad path", "no-slash", ops.TTL, 0, ops.BAD_ARGUMENTS),
    ("negative", "{home}/a", ops.TTL, -1, ops.BAD_ARGUMENTS),
    ("above the most", "{home}/a", ops.TTL, 1099511627776, ops.BAD_ARGUMENTS),
    ("smallest", "{home}/a", ops.TTL, 1, ops.OK),
    ("largest", "{home}/a", ops.TTL, 1099511627775, ops.OK),
    ("sequential", "{home}/a", ops.TTL_SEQUENTIAL, 5000, ops.OK),
    ("positive TTL for another mode", "{home}/a", ops.PERSISTENT, 5000, ops.BAD_ARGUMENTS),
]


@pytest.mark.parametrize("path, flags, ttl, err", [row[1:] for row in TTL_ROWS], ids=[row[0] for row in TTL_ROWS])
def test_create_ttl(extended, extended_home, path, flags, ttl, err):
    body = ops.create_ttl(path.format(home=extended_home), b"", ops.ANYONE, flags, ttl)
    assert extended.call(ops.CREATE_TTL, body).err == err


@pytest.mark.parametrize("op", [ops.CREATE, ops.CREATE2, ops.CREATE_CONTAINER])
@pytest.mark.parametrize("flags", [ops.TTL, ops.TTL_SEQUENTIAL])
def test_ttl_flags_need_their_own_operation(extended, extended_home, op, flags):
    body = ops.create(extended_home + "/a", b"", ops.ANYONE, flags)
    assert extended.call(op, body).err == ops.BAD_ARGUMENTS


WRITE_ROWS = [
    ("delete: no slash", ops.DELETE, ops.delete, ("no-slash", 9), ops.BAD_ARGUMENTS),
    ("delete: root", ops.DELETE, ops.delete, ("/", 9), ops.BAD_ARGUMENTS),
    ("delete: /zookeeper", ops.DELETE, ops.delete, ("/zookeeper", 9), ops.BAD_ARGUMENTS),
    ("delete: /zookeeper/quota", ops.DELETE, ops.delete, ("/zookeeper/quota", 9), ops.BAD_ARGUMENTS),
    ("delete: /zookeeper/config", ops.DELETE, ops.delete, ("/zookeeper/config", 9), ops.BAD_ARGUMENTS),
    ("delete: NUL", ops.DELETE, ops.delete, ("{home}/\x00", 9), ops.BAD_ARGUMENTS),
    ("delete: missing parent", ops.DELETE, ops.delete, ("{home}/missing/x", 9), ops.NO_NODE),
    ("delete: permission beats missing node", ops.DELETE, ops.delete, ("{home}/locked/missing", 9), ops.NO_AUTH),
    ("delete: missing node", ops.DELETE, ops.delete, ("{home}/missing", 9), ops.NO_NODE),
    ("delete: trailing slash", ops.DELETE, ops.delete, ("{home}/plain/", 9), ops.NO_NODE),
    ("delete: version beats children", ops.DELETE, ops.delete, ("{home}/plain", 9), ops.BAD_VERSION),
    ("delete: children", ops.DELETE, ops.delete, ("{home}/plain", 0), ops.NOT_EMPTY),
    ("set: bad path", ops.SET_DATA, ops.set_data, ("{home}/plain/", b"", 9), ops.BAD_ARGUMENTS),
    ("set: null path", ops.SET_DATA, ops.set_data, (None, b"", 9), ops.BAD_ARGUMENTS),
    ("set: missing", ops.SET_DATA, ops.set_data, ("{home}/missing", b"", 9), ops.NO_NODE),
    ("set: permission beats version", ops.SET_DATA, ops.set_data, ("{home}/locked", b"", 9), ops.NO_AUTH),
    ("set: version", ops.SET_DATA, ops.set_data, ("{home}/plain", b"", 9), ops.BAD_VERSION),
    ("set: other negatives are literal", ops.SET_DATA, ops.set_data, ("{home}/plain", b"", -2), ops.BAD_VERSION),
    ("setACL: path beats ACL", ops.SET_ACL, ops.set_acl, ("{home}/plain/", BAD_ACL, 9), ops.BAD_ARGUMENTS),
    ("setACL: null path", ops.SET_ACL, ops.set_acl, (None, BAD_ACL, 9), ops.BAD_ARGUMENTS),
    ("setACL: ACL beats missing", ops.SET_ACL, ops.set_acl, ("{home}/missing", BAD_ACL, 9), ops.INVALID_ACL),
    ("setACL: ACL beats permission", ops.SET_ACL, ops.set_acl, ("{home}/locked", BAD_ACL, 9), ops.INVALID_ACL),
    ("setACL: missing", ops.SET_ACL, ops.set_acl, ("{home}/missing", ops.ANYONE, 9), ops.NO_NODE),
    ("setACL: permission beats version", ops.SET_ACL, ops.set_acl, ("{home}/locked", ops.ANYONE, 9), ops.NO_AUTH),
    ("setACL: version", ops.SET_ACL, ops.set_acl, ("{home}/plain", ops.ANYONE, 9), ops.BAD_VERSION),
]


@pytest.mark.parametrize("op, make, fields, err", [row[1:] for row in WRITE_ROWS], ids=[row[0] for row in WRITE_ROWS])
def test_other_writes(client, tree, op, make, fields, err):
    path, *rest = fields
    body = make(path and path.format(home=tree), *rest)
    assert client.call(op, body).err == err


READ_ROWS = [
    ("exists: NUL", ops.EXISTS, "/\x00", ops.BAD_ARGUMENTS),
    ("exists: no validation otherwise", ops.EXISTS, "//odd/", ops.NO_NODE),
    ("exists: no slash", ops.EXISTS, "abc", ops.NO_NODE),
    ("exists: empty path is the root", ops.EXISTS, "", ops.OK),
    ("getData: empty path is the root", ops.GET_DATA, "", ops.OK),
    ("getData: NUL is only missing", ops.GET_DATA, "/\x00", ops.NO_NODE),
    ("getData: trailing slash", ops.GET_DATA, "/zookeeper/", ops.NO_NODE),
    ("getChildren: missing", ops.GET_CHILDREN, "/missing", ops.NO_NODE),
    ("getChildren2: missing", ops.GET_CHILDREN2, "/missing", ops.NO_NODE),
]


@pytest.mark.parametrize("op, path, err", [row[1:] for row in READ_ROWS], ids=[row[0] for row in READ_ROWS])
def test_reads(client, op, path, err):
    assert client.call(op, ops.read(path)).err == err


@pytest.mark.parametrize("op", [ops.GET_DATA, ops.EXISTS, ops.GET_CHILDREN, ops.GET_CHILDREN2])
def test_null_path_of_a_read(client, op):
    assert client.call(op, ops.read(None)).err == ops.MARSHALLING
    assert client.ping().err == ops.OK


def test_every_failed_write_takes_one_zxid(client, home):
    before = client.ping().zxid
    failing = [
        (ops.CREATE, ops.create("no-slash")), (ops.DELETE, ops.delete(home + "/missing")),
        (ops.SET_DATA, ops.set_data(home, b"", 9)), (ops.SET_ACL, ops.set_acl(home, BAD_ACL)),
        (ops.CREATE, ops.create(home)[:-2]), (ops.MULTI, ops.multi((ops.CHECK, ops.check(home, 9)))),
        (ops.MULTI, b"\x00"), (ops.DELETE_CONTAINER, ops.delete_container(home)),
        (ops.RECONFIG, ops.reconfig(members="x")),
    ]
    for count, (op, body) in enumerate(failing, 1):
        assert client.call(op, body).zxid == before + count, ops.NAMES[op]
    for op, body in [(ops.EXISTS, ops.read(home)), (ops.SYNC, ops.sync(home)), (ops.MULTI_READ, ops.multi())]:
        assert client.call(op, body).zxid == before + len(failing), ops.NAMES[op]


def test_quota_beats_version(extended, extended_home):
    quota = "/zookeeper/quota" + extended_home
    extended.must(ops.CREATE, ops.create(quota))
    extended.must(ops.CREATE, ops.create(quota + "/zookeeper_limits", b"count=-1,bytes=-1=;byteHardLimit=5"))
    extended.must(ops.CREATE, ops.create(quota + "/zookeeper_stats", b"count=1,bytes=0"))
    assert extended.call(ops.SET_DATA, ops.set_data(extended_home, b"too much", 9)).err == ops.QUOTA_EXCEEDED
    assert extended.call(ops.SET_DATA, ops.set_data(extended_home, b"fits", 9)).err == ops.BAD_VERSION
    assert extended.call(ops.SET_DATA, ops.set_data(extended_home, b"fits")).err == ops.OK
    assert extended.call(ops.CREATE, ops.create(extended_home + "/x", b"xx")).err == ops.QUOTA_EXCEEDED


def test_quota_stats_count_the_node_and_its_descendants(extended, extended_home):

    quota = "/zookeeper/quota" + extended_home
    extended.must(ops.CREATE, ops.create(extended_home + "/x", b"123"))
    extended.must(ops.CREATE, ops.create(quota))
    extended.must(ops.CREATE, ops.create(quota + "/zookeeper_limits", b"count=100,bytes=1000"))
    extended.must(ops.CREATE, ops.create(quota + "/zookeeper_stats", b"overwritten"))
    extended.must(ops.CREATE, ops.create(extended_home + "/x/y", b"12345"))
    body = extended.must(ops.GET_DATA, ops.read(quota + "/zookeeper_stats"))
    stats = replies.decode(ops.GET_DATA, body)
    assert stats["data"] == b"count=3,bytes=8"
    assert stats["stat"]["version"] == 0
