"""How the process ends: exit codes and what it says about a bad configuration."""
import signal
import socket
import subprocess

import pytest

import ops
import servers
import wire

BAD_KEYS = [
    ("clientPort", "abc"), ("clientPort", "70000"), ("tickTime", "fast"), ("maxClientCnxns", "many"),
    ("minSessionTimeout", "1x"), ("syncEnabled", "perhaps"),
    ("standaloneEnabled", "perhaps"), ("reconfigEnabled", "maybe"), ("initLimit", ""),
]


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60, check=False)


def run_file(make_server, text):
    """Starts the server on a zoo.cfg of this text; returns the path and how it ended."""
    server = make_server()
    server.config_path.write_text(text)
    return server.config_path, run(server.command())


def test_no_arguments(make_server):
    server = make_server()
    command = server.command()
    command.remove(str(server.config_path))
    result = run(command)
    assert result.returncode == 2
    assert "usage" in result.stdout.lower()


def test_missing_file(make_server):
    result = run(make_server().command())
    assert result.returncode == 2
    assert "zoo.cfg" in result.stdout


@pytest.mark.parametrize("key, value", BAD_KEYS)
def test_bad_value_names_file_line_and_key(make_server, ours, tmp_path, key, value):
    lines = ["# a comment", f"dataDir={tmp_path / 'data'}", "clientPortAddress=127.0.0.1"]
    lines += [f"clientPort={servers.free_port()}"] if key != "clientPort" else []
    lines += ["", f"{key}={value}"]
    path, result = run_file(make_server, "\n".join(lines) + "\n")
    assert result.returncode == 2
    if ours(True, False):
        assert f"{path}:{len(lines)}: {key}" in result.stdout


def test_no_data_directory(make_server):
    _, result = run_file(make_server, "clientPort=2181\n")
    assert result.returncode == 2
    assert "dataDir" in result.stdout


def test_tick_time_zero_counts_as_not_set(make_server, tmp_path):
    _, result = run_file(make_server, f"dataDir={tmp_path}\nclientPort={servers.free_port()}\ntickTime=0\n")
    assert result.returncode == 2
    assert "tickTime is not set" in result.stdout


def test_min_above_max_session_timeout(make_server, tmp_path):
    _, result = run_file(make_server, f"dataDir={tmp_path}\nclientPort={servers.free_port()}\n"
                                      "minSessionTimeout=5000\nmaxSessionTimeout=4000\n")
    assert result.returncode == 2
    assert "minSessionTimeout" in result.stdout


def test_bad_myid_ends_a_standalone_start_too(make_server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "myid").write_text("one\n")
    server = make_server({"dataDir": str(tmp_path / "data"), "clientPort": servers.free_port()})
    server.spawn()
    assert server.wait_exit() == 2


def test_locked_data_directory(make_server, ours, tmp_path):
    """The reference has no lock, so it is spared: two servers would spoil one directory."""
    if ours(False, True):
        return
    data = {"dataDir": str(tmp_path / "data")}
    first, second = make_server(data).start(), make_server({**data, "clientPort": servers.free_port()})
    second.spawn()
    assert second.wait_exit() == 3
    assert str(first.pid) in second.log_text() and "okapi.lock" in second.log_text()
    with wire.Session(first.port) as session:
        assert session.call(ops.CREATE, ops.create("/a")).err == ops.OK
    first.kill()
    second.start()


def test_data_directory_is_a_file(make_server, tmp_path):
    (tmp_path / "data").write_text("not a directory")
    server = make_server({"dataDir": str(tmp_path / "data"), "clientPort": servers.free_port()})
    server.spawn()
    assert server.wait_exit() == 3


def test_missing_data_directory_without_autocreate(make_server, tmp_path):
    server = make_server({"dataDir": str(tmp_path / "none"), "clientPort": servers.free_port()},
                         {"zookeeper.datadir.autocreate": "false"})
    server.spawn()
    assert server.wait_exit() == 3
    assert "autocreate" in server.log_text()


def test_port_in_use(make_server):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = make_server({"clientPort": port})
        server.spawn()
        assert server.wait_exit() == 1
        assert str(port) in server.log_text()


def test_damaged_log_is_refused(make_server):
    """A flipped bit in the middle of the log is not a torn tail."""
    server = make_server().start()
    with wire.Session(server.port) as session:
        for number in range(20):
            session.must(ops.CREATE, ops.create(f"/n{number}", bytes(100)))
    server.stop()
    log = min(server.version_dir.glob("log.*"))
    content = bytearray(log.read_bytes())
    content[content.index(b"/n3") + 20] ^= 1
    log.write_bytes(content)
    server.spawn()
    assert server.wait_exit() == 1
    assert log.name in server.log_text() or "CRC" in server.log_text()


@pytest.mark.parametrize("number, reference_code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_it_in_order(make_server, ours, number, reference_code):
    server = make_server().start()
    with wire.Session(server.port) as session:
        session.must(ops.CREATE, ops.create("/a"))
        server.process.send_signal(number)
        assert server.wait_exit() == ours(0, reference_code)
        assert session.is_closed()
    server.start()
    with wire.Session(server.port) as session:
        assert session.call(ops.EXISTS, ops.read("/a")).err == ops.OK
