"""Watches: which event follows which change, in which order, and how setWatches answers."""
import pytest

import ops
import wire
from ops import NODE_CHILDREN_CHANGED, NODE_CREATED, NODE_DATA_CHANGED, NODE_DELETED

STANDARD_DATA, STANDARD_CHILD, PERSISTENT, RECURSIVE = "data", "child", "persistent", "recursive"


def watch(session, kind, path):
    if kind == STANDARD_DATA:
        session.call(ops.EXISTS, ops.read(path, True))
    elif kind == STANDARD_CHILD:
        session.must(ops.GET_CHILDREN, ops.read(path, True))
    else:
        mode = ops.MODE_PERSISTENT if kind == PERSISTENT else ops.MODE_RECURSIVE
        session.must(ops.ADD_WATCH, ops.watches(path, mode))


def change(session, word, path):
    """Applies one change and returns its zxid."""
    if word == "create":
        reply = session.call(ops.CREATE, ops.create(path))
    elif word == "set":
        reply = session.call(ops.SET_DATA, ops.set_data(path, b"new"))
    else:
        reply = session.call(ops.DELETE, ops.delete(path))
    assert reply.err == ops.OK
    return reply.zxid


# Watches held, then changes, each with the events it causes. X is a node below the home node P.
SEQUENCES = {
    "data and child on X: one deletion": (
        [("data", "X"), ("child", "X")], [("delete", "X", [(2, "X")])]),
    "child on X and on its parent": (
        [("child", "X"), ("child", "P")], [("delete", "X", [(2, "X"), (4, "P")])]),
    "data fires once": (
        [("data", "X")], [("set", "X", [(3, "X")]), ("set", "X", [])]),
    "exists on an absent node": (
        [("data", "X/new")], [("create", "X/new", [(1, "X/new")]), ("delete", "X/new", [])]),
    "child fires on creation, not on data": (
        [("child", "X")], [("set", "X", []), ("create", "X/k", [(4, "X")]), ("create", "X/l", [])]),
    "grandchildren do not count": (
        [("child", "P")], [("create", "X/k", []), ("delete", "X/k", [])]),
    "persistent": (
        [("persistent", "X")],
        [("create", "X/k", [(4, "X")]), ("set", "X", [(3, "X")]), ("set", "X/k", []), ("delete", "X/k", [(4, "X")]),
         ("delete", "X", [(2, "X")]), ("create", "X", [(1, "X")])]),
    "recursive": (
        [("recursive", "X")],
        [("create", "X/k", [(1, "X/k")]), ("create", "X/k/j", [(1, "X/k/j")]), ("set", "X", [(3, "X")]),
         ("set", "X/k", [(3, "X/k")]), ("delete", "X/k/j", [(2, "X/k/j")]), ("delete", "X/k", [(2, "X/k")]),
         ("delete", "X", [(2, "X")]), ("create", "X", [(1, "X")])]),
    "recursive above, child on X: the deletion comes once": (
        [("recursive", "P"), ("child", "X")], [("delete", "X", [(2, "X")]), ("create", "X", [(1, "X")])]),
}
# Rows where 3.8.0 differs, as it keeps one mode per connection and path, the last.
SEQUENCES_SINCE_39 = {
    "recursive, persistent and standard on X": (
        [("recursive", "X"), ("persistent", "X"), ("data", "X")],
        [("create", "X/k", [(1, "X/k"), (4, "X")])], [(4, "X")]),
    "recursive and child on P": (
        [("recursive", "P"), ("child", "P")], [("create", "P/r", [(1, "P/r"), (4, "P")])], [(1, "P/r"), (4, "P")]),
}


def run_sequence(client, home, since_39, held, changes):
    client.must(ops.CREATE, ops.create(home + "/X"))

    def real(path):
        return path.replace("P", home) if path.startswith("P") else home + "/" + path

    for kind, path in held:
        watch(client, kind, real(path))
    for word, path, events in changes:
        zxid = change(client, word, real(path))
        seen = client.drain_events()
        assert [(event.type, event.path) for event in seen] == [(kind, real(path)) for kind, path in events], word
        # Row "notification zxid".
        assert all(event.zxid == since_39(zxid, -1) and event.state == 3 for event in seen)


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequence(client, home, since_39, name):
    run_sequence(client, home, since_39, *SEQUENCES[name])


@pytest.mark.parametrize("name", SEQUENCES_SINCE_39)
def test_several_modes_on_one_path(client, home, since_39, name):
    """Row "watch modes per connection+path"."""
    held, changes, older = SEQUENCES_SINCE_39[name]
    word, path, events = changes[0]
    run_sequence(client, home, since_39, held, [(word, path, since_39(events, older))])


def test_recursive_on_the_root(client, home, since_39):
    watch(client, RECURSIVE, "/")
    client.must(ops.GET_CHILDREN, ops.read(home, True))
    change(client, "delete", home)
    assert [(event.type, event.path) for event in client.drain_events()] == [(NODE_DELETED, home)]


def test_event_precedes_the_reply_to_the_change(client, home):
    watch(client, STANDARD_DATA, home)
    client.submit(ops.SET_DATA, ops.set_data(home, b"x"))
    assert isinstance(client.next_item(), wire.Event)
    assert isinstance(client.next_item(), wire.Reply)


def test_other_connections_hear_it_too(client, connect, home):
    other = connect()
    watch(other, STANDARD_DATA, home)
    change(client, "set", home)
    assert [event.type for event in other.drain_events()] == [NODE_DATA_CHANGED]


def test_registering_twice_is_registering_once(client, home):
    watch(client, STANDARD_DATA, home)
    watch(client, STANDARD_DATA, home)
    change(client, "set", home)
    assert len(client.drain_events()) == 1


def test_no_watch_from_a_failed_read(client, home):
    client.call(ops.GET_DATA, ops.read(home + "/later", True))
    client.call(ops.GET_CHILDREN, ops.read(home + "/later", True))
    change(client, "create", home + "/later")
    assert client.drain_events() == []


def test_a_watch_through_the_empty_path_never_fires(client, home):
    client.must(ops.GET_CHILDREN, ops.read("", True))
    change(client, "delete", home)
    assert client.drain_events() == []


def test_setting_an_acl_wakes_nobody(client, home):
    watch(client, PERSISTENT, home)
    client.must(ops.SET_ACL, ops.set_acl(home))
    assert client.drain_events() == []


def test_ephemerals_of_a_closing_session(client, connect, home):
    other = connect()
    other.must(ops.CREATE, ops.create(home + "/e", flags=ops.EPHEMERAL))
    watch(client, STANDARD_DATA, home + "/e")
    watch(client, STANDARD_CHILD, home)
    other.close_session()
    assert [(e.type, e.path) for e in client.drain_events()] == [
        (NODE_DELETED, home + "/e"), (NODE_CHILDREN_CHANGED, home)]


def test_parts_of_a_multi_fire_in_order(client, home, since_39):
    watch(client, RECURSIVE, home)
    reply = client.call(ops.MULTI, ops.multi(
        (ops.CREATE, ops.create(home + "/a")), (ops.SET_DATA, ops.set_data(home + "/a")),
        (ops.CREATE, ops.create(home + "/b")), (ops.DELETE, ops.delete(home + "/a"))))
    assert [(e.zxid, e.type, e.path) for e in client.events] == [
        (since_39(reply.zxid, -1), kind, home + path) for kind, path in
        [(NODE_CREATED, "/a"), (NODE_DATA_CHANGED, "/a"), (NODE_CREATED, "/b"), (NODE_DELETED, "/a")]]


def test_failed_multi_wakes_nobody(client, home):
    watch(client, RECURSIVE, home)
    client.call(ops.MULTI, ops.multi((ops.CREATE, ops.create(home + "/a")), (ops.CHECK, ops.check(home, 99))))
    assert client.drain_events() == []


def test_set_watches_events_come_before_its_reply(client, connect, home):
    base = client.ping().zxid
    for name in ("/old", "/changed", "/kids"):
        client.must(ops.CREATE, ops.create(home + name))
    middle = client.ping().zxid
    client.must(ops.SET_DATA, ops.set_data(home + "/changed"))
    client.must(ops.CREATE, ops.create(home + "/kids/k"))
    other = connect()
    body = ops.set_watches(
        middle, [home + "/changed", home + "/old", home + "/gone"], [home + "/absent", home + "/old"],
        [home + "/kids", home + "/gone", home + "/old"])
    reply = other.call(ops.SET_WATCHES, body, wire.SET_WATCHES_XID)
    assert (reply.xid, reply.err, reply.body) == (wire.SET_WATCHES_XID, ops.OK, b"")
    assert [(e.zxid, e.type, e.path.replace(home, "")) for e in other.events] == [
        (-1, NODE_DATA_CHANGED, "/changed"), (-1, NODE_DELETED, "/gone"), (-1, NODE_CREATED, "/old"),
        (-1, NODE_CHILDREN_CHANGED, "/kids"), (-1, NODE_DELETED, "/gone")]
    assert base < middle
    other.events.clear()
    change(client, "create", home + "/absent")
    change(client, "create", home + "/old/k")
    change(client, "set", home + "/old")
    assert [(e.type, e.path.replace(home, "")) for e in other.drain_events()] == [
        (NODE_CREATED, "/absent"), (NODE_CHILDREN_CHANGED, "/old"), (NODE_DATA_CHANGED, "/old")]


def test_set_watches2_registers_persistent_watches(client, connect, home):
    client.must(ops.CREATE, ops.create(home + "/X"))
    other = connect()
    body = ops.set_watches(0, [], [], [], [home + "/X", home + "/absent"], [home + "/R"])
    assert other.call(ops.SET_WATCHES2, body).err == ops.OK
    for word, path in [("set", "/X"), ("create", "/absent"), ("create", "/R"), ("create", "/R/k"), ("set", "/X")]:
        change(client, word, home + path)
    assert [(e.type, e.path.replace(home, "")) for e in other.drain_events()] == [
        (NODE_DATA_CHANGED, "/X"), (NODE_CREATED, "/absent"), (NODE_CREATED, "/R"), (NODE_CREATED, "/R/k"),
        (NODE_DATA_CHANGED, "/X")]


def test_set_watches_with_a_null_list(client):
    assert client.call(ops.SET_WATCHES, ops.set_watches(0, None, [], [])).err == ops.MARSHALLING
    assert client.ping().err == ops.OK


@pytest.mark.parametrize("mode", [2, -1, 100])
def test_add_watch_with_an_unknown_mode(client, home, mode):
    assert client.call(ops.ADD_WATCH, ops.watches(home, mode)).err == ops.MARSHALLING


def test_add_watch_reply(client, home):
    assert client.must(ops.ADD_WATCH, ops.watches(home, ops.MODE_RECURSIVE)) == bytes(4)


# Watch held, kind asked for, answer of 3.9.5, answer of 3.8.0.
PRESENCE = [
    ("data", ops.WATCH_DATA, ops.OK, ops.OK),
    ("data", ops.WATCH_CHILDREN, ops.NO_WATCHER, ops.NO_WATCHER),
    ("data", ops.WATCH_ANY, ops.OK, ops.OK),
    ("data", ops.WATCH_PERSISTENT, ops.NO_WATCHER, ops.MARSHALLING),
    ("child", ops.WATCH_CHILDREN, ops.OK, ops.OK),
    ("child", ops.WATCH_DATA, ops.NO_WATCHER, ops.NO_WATCHER),
    ("persistent", ops.WATCH_PERSISTENT, ops.OK, ops.MARSHALLING),
    ("persistent", ops.WATCH_RECURSIVE, ops.NO_WATCHER, ops.MARSHALLING),
    ("persistent", ops.WATCH_DATA, ops.NO_WATCHER, ops.OK),
    ("persistent", ops.WATCH_CHILDREN, ops.NO_WATCHER, ops.OK),
    ("persistent", ops.WATCH_ANY, ops.OK, ops.OK),
    ("recursive", ops.WATCH_RECURSIVE, ops.OK, ops.MARSHALLING),
    ("recursive", ops.WATCH_PERSISTENT, ops.NO_WATCHER, ops.MARSHALLING),
    ("recursive", ops.WATCH_ANY, ops.OK, ops.OK),
    ("data", 0, ops.MARSHALLING, ops.MARSHALLING),
    ("data", 6, ops.MARSHALLING, ops.MARSHALLING),
]


@pytest.mark.parametrize("kind, asked, newer, older", PRESENCE)
def test_check_and_remove(client, home, since_39, kind, asked, newer, older):
    """Rows "checkWatches/removeWatches types 4,5" and "type 1/2 on persistent watch"."""
    watch(client, kind, home)
    answer = since_39(newer, older)
    assert client.call(ops.CHECK_WATCHES, ops.watches(home, asked)).err == answer
    assert client.call(ops.CHECK_WATCHES, ops.watches(home, asked)).err == answer
    assert client.call(ops.REMOVE_WATCHES, ops.watches(home, asked)).err == answer
    if newer == ops.OK and answer == ops.OK:
        assert client.call(ops.REMOVE_WATCHES, ops.watches(home, asked)).err == ops.NO_WATCHER
        change(client, "set", home)
        assert client.drain_events() == []


def test_watches_end_with_the_connection(client, connect, home):
    other = connect()
    watch(other, PERSISTENT, home)
    again = connect(session_id=other.session_id, password=other.password)
    change(client, "set", home)
    assert again.drain_events() == []
