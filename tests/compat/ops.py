"""Operation codes, error codes and the request bodies of every operation."""
from jute import ANYONE, acl, boolean, buffer, i32, i64, string, vector

CREATE, DELETE, EXISTS, GET_DATA, SET_DATA, GET_ACL, SET_ACL, GET_CHILDREN, SYNC = range(1, 10)
PING, GET_CHILDREN2, CHECK, MULTI, CREATE2, RECONFIG, CHECK_WATCHES, REMOVE_WATCHES = range(11, 19)
CREATE_CONTAINER, DELETE_CONTAINER, CREATE_TTL, MULTI_READ = range(19, 23)
AUTH, SET_WATCHES, SASL = 100, 101, 102
GET_EPHEMERALS, GET_ALL_CHILDREN_NUMBER, SET_WATCHES2, ADD_WATCH, WHO_AM_I = range(103, 108)
CREATE_SESSION, CLOSE_SESSION, ERROR = -10, -11, -1

NAMES = {value: name.lower() for name, value in list(globals().items())
         if name.isupper() and isinstance(value, int)}

OK, SYSTEM_ERROR, RUNTIME_INCONSISTENCY, MARSHALLING, UNIMPLEMENTED, BAD_ARGUMENTS = 0, -1, -2, -5, -6, -8
NO_NODE, NO_AUTH, BAD_VERSION, NO_CHILDREN_FOR_EPHEMERALS = -101, -102, -103, -108
NODE_EXISTS, NOT_EMPTY, SESSION_EXPIRED, INVALID_ACL, AUTH_FAILED = -110, -111, -112, -114, -115
NO_WATCHER, RECONFIG_DISABLED, AUTH_REQUIRED, QUOTA_EXCEEDED = -121, -123, -124, -125

PERSISTENT, EPHEMERAL, SEQUENTIAL, EPHEMERAL_SEQUENTIAL, CONTAINER, TTL, TTL_SEQUENTIAL = range(7)
READ, WRITE, CREATE_PERM, DELETE_PERM, ADMIN, ALL = 1, 2, 4, 8, 16, 31

NODE_CREATED, NODE_DELETED, NODE_DATA_CHANGED, NODE_CHILDREN_CHANGED = range(1, 5)
WATCH_CHILDREN, WATCH_DATA, WATCH_ANY, WATCH_PERSISTENT, WATCH_RECURSIVE = range(1, 6)
MODE_PERSISTENT, MODE_RECURSIVE = 0, 1


def create(path, data=b"", acls=ANYONE, flags=PERSISTENT):
    return string(path) + buffer(data) + vector(acls, acl) + i32(flags)


def create_ttl(path, data=b"", acls=ANYONE, flags=TTL, ttl=3600_000):
    return create(path, data, acls, flags) + i64(ttl)


def delete(path, version=-1):
    return string(path) + i32(version)


check = delete


def delete_container(path):
    return string(path)


def read(path, watch=False):
    """The body of exists, getData, getChildren and getChildren2."""
    return string(path) + boolean(watch)


def set_data(path, data=b"", version=-1):
    return string(path) + buffer(data) + i32(version)


def get_acl(path):
    return string(path)


sync = get_all_children_number = get_ephemerals = get_acl


def set_acl(path, acls=ANYONE, version=-1):
    return string(path) + vector(acls, acl) + i32(version)


def reconfig(joining=None, leaving=None, members=None, config_id=-1):
    return string(joining) + string(leaving) + string(members) + i64(config_id)


def watches(path, kind=WATCH_ANY):
    """The body of checkWatches, removeWatches and addWatch (there: the mode)."""
    return string(path) + i32(kind)


def set_watches(zxid, data=(), exist=(), child=(), persistent=None, recursive=None):
    """setWatches; with the two last lists given, setWatches2."""
    body = i64(zxid) + vector(data) + vector(exist) + vector(child)
    if persistent is not None:
        body += vector(persistent) + vector(recursive)
    return body


def auth(scheme, data):
    return i32(0) + string(scheme) + buffer(data)


def sasl(token):
    return buffer(token)


def multi_header(kind, done=False, err=-1):
    return i32(kind) + boolean(done) + i32(err)


MULTI_END = multi_header(-1, True)


def multi(*parts):
    """The body of multi and multiRead from (operation, body) pairs."""
    return b"".join(multi_header(kind) + body for kind, body in parts) + MULTI_END
