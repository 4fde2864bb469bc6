#!/usr/bin/env python3
"""The style guide as a test: layers, sizes, banned names, room READMEs, format. Prints every breach."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVELS = [
    ["common/base"],
    ["common/jute", "common/env"],
    ["common/proto"],
    ["server/txn", "server/config", "server/auth", "client/core"],
    ["server/tree", "server/watch", "server/storage", "server/session"],
    ["server/database"],
    ["server/request", "server/election", "server/zab"],
    ["server/peer", "server/front", "server/admin"],
    ["server/assembly"],
    ["server/main", "client/shell", "client/bench", "tests/sim"],
]
# auth reads the settings; common/os implements common/env and is seen by programs only.
ALLOWED_SIDEWAYS = {("server/auth", "server/config")}
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
LEVEL_OF["common/os"] = 2
PROGRAM_LEVEL = 9
FILE_LINES_MAX = 500
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
README_LINES_MAX = 40
BANNED_WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
BANNED_NAMES = re.compile(r"\b\w*(Impl|Utils|Helper|Manager2|Dispatcher2)\b")
# L3 to L7 own no clock, thread, socket, or random source (architecture section 9).
WORLD = re.compile(r"\b(std::thread|std::chrono::(system|steady)_clock|::socket\(|getenv\(|\brand\(\)|"
                   r"std::this_thread|std::random_device)")

breaches = []


def breach(path, line, text):
    breaches.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def sources():
    for top in ("common", "server", "client", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cc") and "corpus" not in path.parts:
                yield path


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2])


def check_includes(path, lines):
    room = room_of(path)
    if room not in LEVEL_OF:
        return
    for number, line in enumerate(lines, 1):
        found = re.match(r'#include "((?:common|server|client|tests)/[^/"]+)/', line)
        if not found or found[1] == room:
            continue
        other = found[1]
        if other not in LEVEL_OF:
            breach(path, number, f"includes unknown room {other}")
        elif other == "common/os" and LEVEL_OF[room] < PROGRAM_LEVEL:
            breach(path, number, "common/os is visible from programs only")
        elif LEVEL_OF[other] >= LEVEL_OF[room] and (room, other) not in ALLOWED_SIDEWAYS:
            breach(path, number, f"{room} may not include {other}: not a lower level")


def check_lines(path, lines):
    if len(lines) > FILE_LINES_MAX:
        breach(path, len(lines), f"{len(lines)} lines, limit {FILE_LINES_MAX}")
    level = LEVEL_OF.get(room_of(path))
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            breach(path, number, f"{len(line)} columns, limit {LINE_COLUMNS_MAX}")
        if BANNED_WORDS.search(line):
            breach(path, number, "unfinished work")
        if BANNED_NAMES.search(line.split("//")[0]) and '"' not in line:
            breach(path, number, "a name that says nothing")
        if level is not None and 3 <= level <= 7 and WORLD.search(line.split("//")[0]):
            breach(path, number, "reaches for the world; ask Env")


def check_functions(path, lines):
    """A function body is what lies between a line that ends in '{' and the '}' of its indentation."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            opens = re.match(r"^( {0,2})[A-Za-z~].*\)( const| noexcept| override| final)* \{$", line)
            if opens and "](" not in line and not re.match(r"^\s*(if|for|while|switch|namespace|struct|class)\b", line):
                start = (number, opens[1])
        elif line == start[1] + "}" or line == start[1] + "};":
            if number - start[0] - 1 > FUNCTION_LINES_MAX:
                breach(path, start[0], f"function of {number - start[0] - 1} lines, "
                                       f"limit {FUNCTION_LINES_MAX}")
            start = None


def check_rooms():
    for room in LEVEL_OF:
        folder = ROOT / room
        if not folder.is_dir() or not any(folder.glob("*.h")) and not any(folder.glob("*.cc")):
            continue
        readme = folder / "README.md"
        if not readme.is_file():
            breach(folder, 0, "room without README.md")
        elif len(readme.read_text().splitlines()) > README_LINES_MAX:
            breach(readme, 0, f"longer than {README_LINES_MAX} lines")


def check_format(paths):
    for begin in range(0, len(paths), 50):
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths[begin:begin + 50]],
                              capture_output=True, text=True)
        for name in sorted(set(re.findall(r"^([^:\s]+):\d+", done.stderr, re.M))):
            breach(pathlib.Path(name), 0, "not formatted")


def main():
    paths = list(sources())
    for path in paths:
        lines = path.read_text(errors="replace").split("\n")[:-1]
        check_includes(path, lines)
        check_lines(path, lines)
        check_functions(path, lines)
    check_rooms()
    check_format([str(path) for path in paths])
    for line in breaches:
        print(line)
    print(f"tidy: {len(paths)} files, {len(breaches)} breaches")
    return 1 if breaches else 0


sys.exit(main())
