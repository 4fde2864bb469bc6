"""F-DSK-02: a full disk ends the process; what was acknowledged is there once there is space again."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import disks
from workload import Workload

CONFIG = {"preAllocSize": 64, "snapCount": 1_000_000}
ANSWERS_BEFORE = 300
TMPFS_BYTES = 1_000_000
# More than fits.
ANSWERS_THAT_FILL = 100_000


def mounted_tmpfs(directory):
    """Mounts a tiny file system; False where that is not permitted."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs", str(directory)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def tiny_file_system():
    directory = tempfile.mkdtemp(prefix="okapi-full-")
    mounted = mounted_tmpfs(directory)
    try:
        yield pathlib.Path(directory) if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", directory], check=True)
        os.rmdir(directory)


def assert_died_of_it(server):
    assert server.wait_exit() == 1
    assert "no space left" in server.log_text().lower()


def restart_and_check(server, workload):
    workload.take_the_rest()
    server.start()
    workload.check(server.port)
    workload.connect(server.port)
    assert workload.run(100)


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return disks.build_shim(tmp_path_factory.mktemp("shim"))


def test_f_dsk_02_every_write_fails(make_server, shim, tmp_path):
    disk = disks.Disk(shim, tmp_path)
    server = make_server(CONFIG, environment=disk.environment).start()
    workload = Workload()
    workload.connect(server.port)
    assert workload.run(ANSWERS_BEFORE)
    disk.fill()
    assert not workload.run(ANSWERS_THAT_FILL)
    assert_died_of_it(server)
    disk.make_room()
    restart_and_check(server, workload)


def test_f_dsk_02_a_file_system_fills_up(make_server, tmp_path):
    with tiny_file_system() as small:
        if small is None:
            # Without the right to mount, the shim of the test above has to do.
            return
        server = make_server({**CONFIG, "dataDir": str(small / "data")}).start()
        workload = Workload()
        workload.connect(server.port)
        assert not workload.run(ANSWERS_THAT_FILL)
        assert_died_of_it(server)
        shutil.copytree(small / "data", tmp_path / "roomy")
        server.config["dataDir"] = str(tmp_path / "roomy")
        restart_and_check(server, workload)
