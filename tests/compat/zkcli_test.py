"""The reference's shell, zkCli.sh, driven by a script: it must print the same with both servers."""
import os
import re
import subprocess

import pytest

import servers

ZKCLI = "/usr/share/zookeeper/bin/zkCli.sh"
CONFIG = {"extendedTypesEnabled": "true"}

NODES = """
create /a first
create /a/b "two words"
create -s /a/s- x
create -e /a/e mine
create -e -s /a/es- mine
create -c /a/container
create -t 3600000 /a/ttl y
create /a again
create /missing/x
get -s /a
get /a/b
get /missing
set /a changed
set -s -v 1 /a twice
set -v 0 /a late
ls /a
ls -s /a
ls -R /
stat /a
stat /missing
getEphemerals
getEphemerals /a
getAllChildrenNumber /a
getAllChildrenNumber /
sync /a
delete /a
delete -v 7 /a/b
delete -v 0 /a/b
deleteall /a
ls /
history
quit
"""

PERMISSIONS = """
whoami
create /acl data
getAcl /acl
getAcl -s /acl
addauth digest carl:secret
whoami
setAcl /acl auth:carl:secret:cdrwa
getAcl /acl
setAcl -v 9 /acl world:anyone:r
setAcl /acl digest:bob:x:r,ip:127.0.0.1:cdrwa
getAcl /acl
setAcl /acl nobody:x:r
create /acl/child data digest:carl:LOFsBmVEjPqg1cnyhNyVpk6OLwc=:cdrwa
getAcl /acl/child
get /acl/child
setquota -n 5 /acl
setquota -b 100 /acl
listquota /acl
delquota /acl
listquota /acl
version
quit
"""

WATCHES = """
create /v
get -w /v
set /v one
set /v two
create /w
addWatch -m PERSISTENT /w
addWatch -m PERSISTENT_RECURSIVE /r
set /w one
set /w two
create /r
create /r/deep
delete /r/deep
removewatches /w
ls -w /w
create /w/k
stat -w /w/k
deleteall /w
quit
"""

SCRIPTS = {"nodes": NODES, "permissions": PERMISSIONS, "watches": WATCHES}

# What is random: addresses, times, session ids, and the log of the client.
VARIABLE = [
    (r"127\.0\.0\.1:\d+", "<address>"),
    (r"(?m)^(ctime|mtime) = .*20\d\d$", r"\1 = <time>"),
    (r"ephemeralOwner = 0x[1-9a-f][0-9a-f]*", "ephemeralOwner = <session>"),
    (r"(?m)^SLF4J: .*\n", ""),
    (r"JLine support is \w+", "JLine"),
]
EVENT = "WatchedEvent "


def run(server, script):
    flags = "-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Duser.timezone=UTC"
    environment = {**os.environ, "CLIENT_JVMFLAGS": flags}
    result = subprocess.run(["bash", ZKCLI, "-server", f"127.0.0.1:{server.port}"], input=script.lstrip(),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, env=environment,
                            check=False)
    return result.returncode, *tidy(result.stdout)


def tidy(output):
    """The output without what is random, and apart from it the events, which another thread prints."""
    for pattern, replacement in VARIABLE:
        output = re.sub(pattern, replacement, output)
    # Lists and identities come in the order in which the server holds them.
    output = re.sub(r"(?m)^\[(.*)\]$", lambda match: str(sorted(match[1].split(", "))), output)
    output = re.sub(r"(?m)^((?:ip|digest): .*\n)+", lambda match: "".join(sorted(match[0].splitlines(True))), output)
    # An event is several lines, and lines of the other thread may stand between them.
    lines = [line for line in output.splitlines() if line not in ("", "WATCHER::")]
    return [line for line in lines if not line.startswith(EVENT)], sorted(
        line for line in lines if line.startswith(EVENT))


@pytest.fixture(scope="module")
def pair(subject_kind):
    with servers.running(servers.JAVA, CONFIG) as reference, servers.running(subject_kind, CONFIG) as subject:
        yield reference, subject


@pytest.mark.parametrize("name", SCRIPTS)
def test_same_script_same_output(pair, name):
    reference, subject = (run(server, SCRIPTS[name]) for server in pair)
    assert subject == reference
    assert reference[0] == 0
    assert len(reference[1]) > 10
