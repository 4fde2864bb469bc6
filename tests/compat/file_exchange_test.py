"""Each server opens the data directory that the other one wrote, and serves the same tree, Stats and all."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import load
import ops
import servers
import tree
import wire

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())
# Small numbers, so that a short load fills several logs and snapshots.
CONFIG = {"extendedTypesEnabled": "true", "snapCount": 40, "preAllocSize": 16, "maxSessionTimeout": 3_600_000}
ROUNDS = int(os.environ.get("FILE_EXCHANGE_ROUNDS", 4))
REQUESTS = int(os.environ.get("FILE_EXCHANGE_REQUESTS", 250))


def server_on(kind, directory, data):
    return servers.Server(kind, directory / f"run-{kind}", {**CONFIG, "dataDir": str(data)}, tree.PROPERTIES)


def end(server, how):
    assert how in ("stop", "kill")
    getattr(server, how)()


def zkfiles(*arguments):
    """Runs the independent reader of data directories; returns its lines."""
    result = subprocess.run([sys.executable, HERE / "zkfiles.py", *map(str, arguments)], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def assert_same_tree(one, other):
    assert not tree.difference(one, other), tree.difference(one, other)


def write(kind, directory, data, seed, how):
    """Fills a data directory; returns the tree as it was before the end."""
    with server_on(kind, directory, data).start() as server:
        load.Load(seed).run(server, REQUESTS)
        seen = tree.of(server)
        end(server, how)
    return seen


@pytest.mark.parametrize("how", ["stop", "kill"])
@pytest.mark.parametrize("direction", ["reference to subject", "subject to reference"])
def test_the_other_server_reads_what_one_wrote(tmp_path, subject_kind, direction, how):
    kinds = [servers.JAVA, subject_kind]
    writer, reader = kinds if direction == "reference to subject" else reversed(kinds)
    written = write(writer, tmp_path, tmp_path / "data", 1, how)
    assert len(written) > 100
    with server_on(reader, tmp_path, tmp_path / "data").start() as server:
        assert_same_tree(written, tree.of(server))


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_back_and_forth(tmp_path, subject_kind, how):
    data, seen = tmp_path / "data", None
    for number in range(ROUNDS):
        for kind in (subject_kind, servers.JAVA):
            with server_on(kind, tmp_path, data).start() as server:
                if seen is not None:
                    assert_same_tree(seen, tree.of(server))
                load.Load(number).run(server, REQUESTS // 4)
                seen = tree.of(server)
                end(server, how)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_written_files_satisfy_an_independent_reader(tmp_path, subject_kind, how):
    data = tmp_path / "data"
    write(subject_kind, tmp_path, data, 2, how)
    strict = ["--strict"] if how == "stop" else []
    zkfiles("check", *strict, data)
    lines = zkfiles("restore", *strict, data)
    restored = lines[-1]
    assert restored["kind"] == "restored" and restored["digestMismatches"] == 0
    assert restored["digestsCompared"] > 0
    with server_on(subject_kind, tmp_path, data).start() as server:
        assert_same_as_restored(tree.of(server), lines)


def assert_same_as_restored(served, lines):
    restored = {line["path"]: line for line in lines if line["kind"] == "node"}
    assert served.keys() == restored.keys()
    for path, node in served.items():
        stat, other = node["stat"], restored[path]["stat"]
        assert stat["cversion"] == other["cversionClient"], path
        for field in ("czxid", "mzxid", "pzxid"):
            assert stat[field] == int(str(other[field]), 0), (path, field)
        for field in ("ctime", "mtime", "version", "aversion", "dataLength", "numChildren"):
            assert stat[field] == other[field], (path, field)
        assert node["children"] == restored[path]["children"]


GOLDEN_TREES = ["standalone", "gz", "snappy", "from-3.9.5/gz"]


def golden_copy(name, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(GOLDEN / name, data)
    return data


@pytest.mark.parametrize("name", GOLDEN_TREES)
def test_golden_directory(tmp_path, subject_kind, name):
    data = golden_copy(name, tmp_path)
    with server_on(subject_kind, tmp_path, data).start() as server:
        served = tree.of(server)
    assert served.keys() == EXPECTED["nodes"].keys()
    for path, node in served.items():
        assert_expected_node(path, node, EXPECTED["nodes"][path])


def assert_expected_node(path, node, expected):
    assert (node["data"] is None) == expected["dataNull"], path
    assert hashlib.sha256(node["data"] or b"").hexdigest() == expected["dataSha256"], path
    assert [{"perms": p, "scheme": s, "id": i} for p, s, i in node["acl"]] == expected["acl"], path
    assert node["children"] == expected["children"], path
    for field, value in expected["clientStat"].items():
        assert node["stat"][field] == (int(value, 16) if isinstance(value, str) else value), (path, field)


def test_golden_sessions_are_alive(tmp_path, subject_kind):
    data = golden_copy("standalone", tmp_path)
    session_id = 0x10000149bcc0000
    with server_on(subject_kind, tmp_path, data).start() as server:
        with wire.Session(server.port, session_id=session_id, password=wire.session_password(session_id)) as session:
            assert session.session_id == session_id
            owned = [path for path, node in EXPECTED["nodes"].items() if node.get("session") == hex(session_id)]
            assert session.close_session().err == ops.OK
        left = tree.of(server)
        assert owned and not set(owned) & left.keys()


@pytest.mark.parametrize("name", ["quorum", "from-3.9.5/fresh"])
def test_golden_directory_without_a_listing(tmp_path, subject_kind, name):
    """The expectation comes from the independent reader."""
    data = golden_copy(name, tmp_path)
    lines = zkfiles("restore", data)
    with server_on(subject_kind, tmp_path, data).start() as server:
        assert_same_as_restored(tree.of(server), lines)
