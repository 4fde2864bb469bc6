"""Nothing that was acknowledged is lost when the process is killed under load.

KILL_CYCLES=n sets the number of crashes, e.g. 200 for a long run.
"""
import os

import ops
import wire
from workload import Workload

CYCLES = int(os.environ.get("KILL_CYCLES", 15))
# Snapshots and new logs fall into most cycles.
CONFIG = {"snapCount": 150, "preAllocSize": 64}


def test_kill_under_load_keeps_acknowledged_writes(make_server):
    server = make_server(CONFIG).start()
    workload = Workload()
    for _ in range(CYCLES):
        workload.connect(server.port)
        assert workload.run(workload.random.randint(1, 600))
        server.kill()
        workload.take_the_rest()
        server.start()
        workload.check(server.port)


def test_a_clean_stop_under_load_keeps_acknowledged_writes(make_server, ours):
    server = make_server(CONFIG).start()
    workload = Workload(seed=1)
    for _ in range(3):
        workload.connect(server.port)
        assert workload.run(300)
        assert server.stop() == ours(0, 143)
        workload.take_the_rest()
        server.start()
        workload.check(server.port)


def test_zxids_go_on_after_a_crash(make_server):
    server = make_server(CONFIG).start()
    with wire.Session(server.port) as session:
        last = session.call(ops.CREATE, ops.create("/a")).zxid
    server.kill()
    server.start()
    with wire.Session(server.port, last_zxid=last) as session:
        assert session.ping().zxid == last + 1
