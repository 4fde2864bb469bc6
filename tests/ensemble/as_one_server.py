#!/usr/bin/python3
"""Three servers behind the command line of one: so every test of tests/compat can run against an ensemble.

    OKAPI_SERVER=tests/ensemble/as_one_server.py pytest tests/compat/conformance

The client port of the given configuration is a follower's, or the leader's with BEHIND=leader.
OKAPI_MEMBERS is the program of the members, `java` for the reference (default: our built server).
"""
import os
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "compat")]


def parse(arguments):
    """The configuration and the properties of the command line."""
    config = {}
    for line in pathlib.Path(arguments[0]).read_text(encoding="latin-1").splitlines():
        key, equals, value = line.partition("=")
        if equals:
            config[key.strip()] = value.strip()
    properties = dict(one[2:].partition("=")[::2] for one in arguments[1:] if one.startswith("-D"))
    return config, properties


def guard():
    """A process that outlives this one if it is killed, and then ends the members; gives the pipe to tell it."""
    read, write = os.pipe()
    if os.fork() != 0:
        os.close(read)
        return write
    os.close(write)
    os.setsid()
    for fd in (0, 1, 2):
        os.close(fd)
    told = b""
    while chunk := os.read(read, 4096):
        told += chunk
    for pid in told.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    os._exit(0)


def main():
    os.environ["OKAPI_SERVER"] = os.environ.get("OKAPI_MEMBERS", "")
    import ensemble

    config, properties = parse(sys.argv[1:])
    port, data = config.pop("clientPort"), config.pop("dataDir")
    told = guard()
    defaults = dict.fromkeys(("minSessionTimeout", "maxSessionTimeout", "extendedTypesEnabled"))
    kind = ensemble.our_kind()
    group = ensemble.Ensemble(pathlib.Path(data).parent / "ensemble", [kind] * 3,
                              config={**defaults, **config}, properties=properties)
    # Sid 3 leads: it is among the first two, and the larger of them.
    front = group[3 if os.environ.get("BEHIND") == "leader" else 1]
    front.config["clientPort"] = port
    front.config["dataDir"] = data
    front.write_myid()

    def end(*_):
        for member in group:
            if member.running:
                member.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    others = [3, 2] if front.sid == 1 else [3, 1]
    for sids in (others, [sid for sid in group.members if sid not in others]):
        group.spawn(*sids)
        for sid in sids:
            os.write(told, b"%d\n" % group[sid].pid)
        group.wait_served(*others)
    group.wait_served()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
