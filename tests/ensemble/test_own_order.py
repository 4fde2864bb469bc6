"""Answers of one session: in order, and never of an earlier state than the answer before."""
import random
import threading

import pytest

import ensemble
import ops

SESSIONS, BATCHES, BATCH = 12, 600, 20
WRITE_SHARE = 0.4


class Pipeline(threading.Thread):
    """Writes its own node and reads another one right behind, many requests at once."""

    def __init__(self, member, number):
        super().__init__(daemon=True)
        self.member, self.path, self.random = member, f"/own{number}", random.Random(number)
        self.fallen, self.error = [], None

    def run(self):
        try:
            with self.member.session() as session:
                session.must(ops.CREATE, ops.create(self.path))
                last = 0
                for _ in range(BATCHES):
                    self.send_batch(session)
                    for _ in range(BATCH):
                        reply = session.next_reply()
                        assert reply.err == ops.OK
                        if reply.zxid < last:
                            self.fallen.append((reply.xid, hex(last), hex(reply.zxid)))
                        last = max(last, reply.zxid)
        except Exception as error:  # a thread has nobody else to tell
            self.error = error

    def send_batch(self, session):
        for _ in range(BATCH):
            if self.random.random() < WRITE_SHARE:
                session.submit(ops.SET_DATA, ops.set_data(self.path, b"x"))
            else:
                session.submit(ops.GET_DATA, ops.read("/other"))
            if self.random.random() < 0.3:
                # In one burst all reads stand behind all writes; a trickle meets each moment of an apply.
                ensemble.let_pass(0.001)


@pytest.mark.parametrize("mode", ["leader", "follower"])
def test_the_zxid_of_answers_never_goes_back(make_ensemble, mode):
    """A read behind a write, of a node that the write does not touch."""
    group = make_ensemble(3)
    leader = group.start()
    group.write("/other", b"")
    group.wait_same_zxid()
    member = leader if mode == "leader" else group.followers()[0]
    pipelines = [Pipeline(member, number) for number in range(SESSIONS)]
    for pipeline in pipelines:
        pipeline.start()
    for pipeline in pipelines:
        pipeline.join()
    errors = [pipeline.error for pipeline in pipelines if pipeline.error]
    assert not errors, errors
    fallen = [found for pipeline in pipelines for found in pipeline.fallen]
    assert not fallen, f"(xid, zxid seen before, zxid of the answer): {fallen}"
