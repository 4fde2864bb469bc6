"""Brings items into a form in which two servers that behave alike are equal.

Taken out are only: times, session ids, the order of lists whose order is unspecified, and the order of the
events of one closeSession.
"""
import ops
import replies
from wire import CLOSED, Event

UNORDERED = ("children", "paths", "identities", "acl")


class Identities:
    """Session ids of one server by the order of their making, the same on both sides."""

    def __init__(self):
        self._names = {0: 0}

    def add(self, session_id):
        self._names[session_id] = f"session #{len(self._names)}"

    def name(self, session_id):
        return self._names.get(session_id, session_id)


def stat(value, identities):
    # A time is compared as zero or not, as the initial nodes carry zero.
    return {**value, "ctime": value["ctime"] != 0, "mtime": value["mtime"] != 0,
            "ephemeralOwner": identities.name(value["ephemeralOwner"])}


def fields(value, identities):
    result = dict(value)
    if "stat" in result:
        result["stat"] = stat(result["stat"], identities)
    for key in UNORDERED:
        if result.get(key):
            result[key] = sorted(result[key], key=repr)
    if "results" in result:
        result["results"] = [fields(part, identities) for part in result["results"]]
    return result


def item(value, op, identities):
    """A readable dictionary for an Event, a Reply (of the operation op) or CLOSED."""
    if value is CLOSED:
        return {"closed": True}
    if isinstance(value, Event):
        return {"event": value.type, "state": value.state, "path": value.path}
    # A body behind an error is compared byte for byte.
    body = fields(replies.decode(op, value.body), identities) if value.err == ops.OK else {"raw": value.body}
    return {"reply": ops.NAMES.get(op, op), "xid": value.xid, "zxid": value.zxid, "err": value.err, **body}


def sort_event_runs(items):
    """Neighbouring events in one fixed order: a closing session deletes its nodes in any order."""
    result, run = [], []
    for entry in items:
        if "event" in entry:
            run.append(entry)
        else:
            result += sorted(run, key=repr) + [entry]
            run = []
    return result + sorted(run, key=repr)
