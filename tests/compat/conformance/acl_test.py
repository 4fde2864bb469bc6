"""The permission matrix: every operation against every single permission bit in every scheme."""
import pytest

import ops
import replies
from differential import pools
from ops import ADMIN, ALL, CREATE_PERM, DELETE_PERM, READ, WRITE

ALICE = ("digest", b"alice:secret")
BOB = ("digest", b"bob:pw")
SUPER = ("digest", pools.SUPER.encode())
BITS = {"read": READ, "write": WRITE, "create": CREATE_PERM, "delete": DELETE_PERM, "admin": ADMIN, "none": 0}

# How the one entry of the ACL is written, and how the caller is known; last: whether the entry means him.
HOLDERS = {
    "world": ("world", "anyone", None, True),
    "digest, holder": ("digest", pools.ALICE, ALICE, True),
    "digest, somebody else": ("digest", pools.ALICE, BOB, False),
    "digest, nobody": ("digest", pools.ALICE, None, False),
    "ip": ("ip", "127.0.0.1", None, True),
    "ip network": ("ip", "127.0.0.0/8", None, True),
    "ip elsewhere": ("ip", "10.1.2.3", None, False),
    "super": ("digest", pools.ALICE, SUPER, "super"),
}


def operations(path):
    """name: (operation, body, the bits of which one is enough); the body works on node path or below it."""
    return {
        "create": (ops.CREATE, ops.create(path + "/new"), CREATE_PERM),
        "create2": (ops.CREATE2, ops.create(path + "/new"), CREATE_PERM),
        "createContainer": (ops.CREATE_CONTAINER, ops.create(path + "/new", flags=ops.CONTAINER), CREATE_PERM),
        "delete": (ops.DELETE, ops.delete(path + "/child"), DELETE_PERM),
        "getData": (ops.GET_DATA, ops.read(path), READ),
        "getChildren": (ops.GET_CHILDREN, ops.read(path), READ),
        "getChildren2": (ops.GET_CHILDREN2, ops.read(path), READ),
        "getAllChildrenNumber": (ops.GET_ALL_CHILDREN_NUMBER, ops.sync(path), READ),
        "setData": (ops.SET_DATA, ops.set_data(path), WRITE),
        "setACL": (ops.SET_ACL, ops.set_acl(path), ADMIN),
        "getACL": (ops.GET_ACL, ops.get_acl(path), READ | ADMIN),
        "sync": (ops.SYNC, ops.sync(path), None),
        "addWatch": (ops.ADD_WATCH, ops.watches(path, ops.MODE_PERSISTENT), None),
        "getEphemerals": (ops.GET_EPHEMERALS, ops.sync(path), None),
    }


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("bit", BITS)
def test_matrix(client, connect, home, since_39, holder, bit):
    scheme, identity, auth, meant = HOLDERS[holder]
    caller = connect(auth=auth)
    for name in operations(""):
        path = f"{home}/{name}"
        client.must(ops.CREATE, ops.create(path))
        client.must(ops.CREATE, ops.create(path + "/child"))
        client.must(ops.SET_ACL, ops.set_acl(path, [(BITS[bit], scheme, identity)]))
        op, body, enough = operations(path)[name]
        allowed = enough is None or meant == "super" or (meant and BITS[bit] & enough)
        assert caller.call(op, body).err == (ops.OK if allowed else ops.NO_AUTH), name
    # Row "exists on unreadable node"; the node of getData has its ACL still.
    readable = meant == "super" or (meant and BITS[bit] & READ)
    answer = ops.OK if readable else since_39(ops.NO_AUTH, ops.OK)
    assert caller.call(ops.EXISTS, ops.read(f"{home}/getData")).err == answer
    # check inside a multi
    found = replies.decode(ops.MULTI, caller.must(ops.MULTI, ops.multi((ops.CHECK, ops.check(f"{home}/getData")))))
    assert found["results"][0]["err"] == (ops.OK if readable else ops.NO_AUTH)


ENTRIES = [
    ("world other", [(ALL, "world", "other")], None),
    ("unknown scheme", [(ALL, "nobody", "x")], None),
    ("scheme super", [(ALL, "super", "x")], None),
    ("null scheme", [(ALL, None, "x")], None),
    ("sasl is not configured", [(ALL, "sasl", "someone")], None),
    ("x509 is not configured", [(ALL, "x509", "CN=a")], None),
    ("auth without identity", [(ALL, "auth", "")], None),
    ("digest a", [(ALL, "digest", "a")], None),
    ("digest a:", [(ALL, "digest", "a:")], None),
    ("digest a:b:c", [(ALL, "digest", "a:b:c")], None),
    ("digest a:b", [(ALL, "digest", "a:b")], [(ALL, "digest", "a:b")]),
    ("digest :b", [(ALL, "digest", ":b")], [(ALL, "digest", ":b")]),
    ("digest a:b:", [(ALL, "digest", "a:b:")], [(ALL, "digest", "a:b:")]),
    ("ip", [(ALL, "ip", "1.2.3.4")], [(ALL, "ip", "1.2.3.4")]),
    ("ip /0", [(ALL, "ip", "1.2.3.4/0")], [(ALL, "ip", "1.2.3.4/0")]),
    ("ip /32", [(ALL, "ip", "1.2.3.4/32")], [(ALL, "ip", "1.2.3.4/32")]),
    ("ip /33", [(ALL, "ip", "1.2.3.4/33")], None),
    ("ip /-1", [(ALL, "ip", "1.2.3.4/-1")], None),
    ("ip octet", [(ALL, "ip", "1.2.3.256")], None),
    ("ip short", [(ALL, "ip", "1.2.3")], None),
    ("perms are kept as they are", [(0, "world", "anyone"), (255, "ip", "1.2.3.4"), (-1, "digest", "a:b")],
     [(0, "world", "anyone"), (255, "ip", "1.2.3.4"), (-1, "digest", "a:b")]),
    ("exact duplicates go", [(1, "world", "anyone"), (31, "world", "anyone"), (1, "world", "anyone")],
     [(1, "world", "anyone"), (31, "world", "anyone")]),
    ("empty", [], None),
    ("null", None, None),
    ("one bad entry", [(31, "world", "anyone"), (31, "digest", "bad")], None),
]


@pytest.mark.parametrize("acls, stored", [row[1:] for row in ENTRIES], ids=[row[0] for row in ENTRIES])
def test_entries(client, connect, home, acls, stored):
    path = home + "/n"
    err = client.call(ops.CREATE, ops.create(path, acls=acls)).err
    if stored is None:
        assert err == ops.INVALID_ACL
        assert client.call(ops.SET_ACL, ops.set_acl(home, acls)).err == ops.INVALID_ACL
    else:
        assert err == ops.OK
        reader = connect(auth=SUPER)
        assert replies.decode(ops.GET_ACL, reader.must(ops.GET_ACL, ops.get_acl(path)))["acl"] == stored


@pytest.mark.parametrize("identity", ["::1", "2001:db8::1", "2001:db8::/32", "::/0", "::1/128"])
def test_ip_version_six(client, home, since_39, identity):
    """Row "ip ACL with IPv6"."""
    answer = client.call(ops.CREATE, ops.create(home + "/n", acls=[(ALL, "ip", identity)])).err
    assert answer == since_39(ops.OK, ops.INVALID_ACL)


@pytest.mark.parametrize("identity", ["::1/129", "::1/-1", ":::", "2001:db8::g"])
def test_ip_version_six_malformed(client, home, identity):
    assert client.call(ops.CREATE, ops.create(home + "/n", acls=[(ALL, "ip", identity)])).err == ops.INVALID_ACL


def test_null_id(client, home):
    """Row 11.10: -5 in the reference, -114 will do as well."""
    answer = client.call(ops.CREATE, ops.create(home + "/n", acls=[(ALL, "ip", None)])).err
    assert answer in (ops.MARSHALLING, ops.INVALID_ACL)


def test_auth_expands_to_every_identity_that_counts(connect, home):
    caller = connect(auth=ALICE)
    caller.authenticate(*BOB)
    caller.must(ops.CREATE, ops.create(home + "/n", acls=[(READ | ADMIN, "auth", "ignored"), (1, "ip", "1.2.3.4")]))
    acl = replies.decode(ops.GET_ACL, caller.must(ops.GET_ACL, ops.get_acl(home + "/n")))["acl"]
    assert sorted(acl[:2]) == [(READ | ADMIN, "digest", pools.ALICE), (READ | ADMIN, "digest", pools.BOB)]
    assert acl[2:] == [(1, "ip", "1.2.3.4")]


def test_digests_are_hidden_from_who_may_not_change_them(client, connect, home):
    acls = [(READ, "world", "anyone"), (ALL, "digest", pools.ALICE)]
    client.must(ops.CREATE, ops.create(home + "/n", acls=acls))

    def seen_by(session):
        return replies.decode(ops.GET_ACL, session.must(ops.GET_ACL, ops.get_acl(home + "/n")))["acl"]

    assert seen_by(client) == [(READ, "world", "anyone"), (ALL, "digest", "alice:x")]
    assert seen_by(connect(auth=ALICE)) == acls
    assert seen_by(connect(auth=SUPER)) == acls


@pytest.mark.parametrize("scheme, data", [
    ("nobody", b"x"), ("digest", None), ("world", b"anyone"), ("auth", b""), ("", b""), ("sasl", b"x"),
    ("super", b"x")])
def test_refused_auth(connect, scheme, data):
    session = connect()
    reply = session.authenticate(scheme, data)
    assert (reply.xid, reply.zxid, reply.err, reply.body) == (-4, 0, ops.AUTH_FAILED, b"")
    assert session.is_closed()


def test_auth_echoes_its_xid(client):
    reply = client.call(ops.AUTH, ops.auth("digest", b"a:b"), xid=99)
    assert (reply.xid, reply.zxid, reply.err, reply.body) == (99, 0, ops.OK, b"")


def test_who_am_i(connect):
    caller = connect(auth=ALICE)
    for auth in (ALICE, BOB, SUPER, ("digest", b"nocolon"), ("ip", b"")):
        assert caller.authenticate(*auth).err == ops.OK
    identities = replies.decode(ops.WHO_AM_I, caller.must(ops.WHO_AM_I))["identities"]
    assert sorted(identities) == [("digest", "alice"), ("digest", "bob"), ("digest", "nocolon"), ("digest", "super"),
                                  ("ip", "127.0.0.1"), ("super", "")]


def test_events_about_unreadable_nodes_are_dropped(connect, home):
    """The one-shot watch is used up all the same. (Debian's 3.8.0 carries this security repair too.)"""
    alice = connect(auth=ALICE)
    watcher = connect()
    for kind in (ops.GET_DATA, ops.GET_CHILDREN):
        watcher.must(kind, ops.read(home, True))
    alice.must(ops.SET_ACL, ops.set_acl(home, [(ALL, "digest", pools.ALICE)]))
    alice.must(ops.SET_DATA, ops.set_data(home))
    alice.must(ops.CREATE, ops.create(home + "/k"))
    assert watcher.drain_events() == []
    alice.must(ops.SET_ACL, ops.set_acl(home))
    alice.must(ops.SET_DATA, ops.set_data(home))
    assert watcher.drain_events() == []


def test_the_own_acl_of_a_node_does_not_protect_it_from_deletion(client, home):
    client.must(ops.CREATE, ops.create(home + "/n", acls=[(READ, "world", "anyone")]))
    assert client.call(ops.DELETE, ops.delete(home + "/n")).err == ops.OK
