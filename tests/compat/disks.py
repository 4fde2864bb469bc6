"""A disk of a server that fills up, or becomes slow, while the server runs (disk_shim.c)."""
import contextlib
import pathlib
import subprocess

SHIM_SOURCE = pathlib.Path(__file__).resolve().with_name("disk_shim.c")


def build_shim(directory):
    """The library to preload."""
    target = pathlib.Path(directory) / "disk_shim.so"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", target, SHIM_SOURCE, "-ldl"],
                   check=True)
    return target


class Disk:
    """What the `environment` of one server makes of its disk."""

    def __init__(self, shim, directory):
        self._full, self._slow = pathlib.Path(directory) / "disk-is-full", pathlib.Path(directory) / "disk-is-slow"
        self.environment = {"LD_PRELOAD": str(shim), "FULL_DISK_MARKER": str(self._full),
                            "SLOW_DISK_MARKER": str(self._slow)}

    def fill(self):
        self._full.touch()

    def make_room(self):
        self._full.unlink()

    @contextlib.contextmanager
    def slow(self, milliseconds):
        """Every sync takes so much longer; those under way end with the context."""
        self._slow.write_text(str(milliseconds))
        try:
            yield
        finally:
            self._slow.unlink()
