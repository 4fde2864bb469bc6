"""The C client library, the base of many others, against the server under test."""
import pathlib
import subprocess

import pytest

import servers

SOURCE = pathlib.Path(__file__).resolve().with_name("scripted_session.c")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The compiled client; THREADED selects the synchronous calls of the library's header."""
    target = tmp_path_factory.mktemp("c_client") / "scripted_session"
    subprocess.run(["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-DTHREADED", "-o", str(target), str(SOURCE),
                    "-lzookeeper_mt", "-lpthread"], check=True)
    return target


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_scripted_session_across_a_restart(program, subject_kind, end):
    with servers.running(subject_kind) as server:
        with subprocess.Popen([program, f"127.0.0.1:{server.port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as client:
            if client.stdout.readline() == "restart the server\n":
                getattr(server, end)()
                server.start()
            _, errors = client.communicate(timeout=120)
        assert client.returncode == 0, errors
