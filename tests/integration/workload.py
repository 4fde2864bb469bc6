"""Writers that keep requests in flight, and the rules that what they wrote has to obey after a crash."""
import random
import select

import ops
import replies
import wire

IN_FLIGHT = 8


class Writer:
    """Writes numbers in order: number n is one multi that makes the node n and puts n into its parent."""

    def __init__(self, name, first):
        self.home = f"/{name}"
        self.sent = self.acknowledged = first
        self.session = None

    def connect(self, port):
        self.session = wire.Session(port)
        self.session.call(ops.CREATE, ops.create(self.home, b"%d" % self.sent))

    def fill(self):
        while self.sent - self.acknowledged < IN_FLIGHT:
            number = self.sent + 1
            self.session.submit(ops.MULTI, ops.multi(
                (ops.CREATE, ops.create(f"{self.home}/{number:08d}", b"%d" % number)),
                (ops.SET_DATA, ops.set_data(self.home, b"%d" % number))))
            self.sent = number

    def take_one(self):
        """Takes one answer; False when the server is gone."""
        item = self.session.next_item()
        if item is wire.CLOSED:
            return False
        assert all(result["err"] == ops.OK for result in replies.decode(ops.MULTI, item.body)["results"])
        self.acknowledged += 1
        return True

    def check(self, session):
        """All that was acknowledged is there, what is there was sent, without a hole or a torn multi."""
        children = replies.decode(ops.GET_CHILDREN, session.must(ops.GET_CHILDREN, ops.read(self.home)))["children"]
        numbers = sorted(map(int, children))
        assert numbers == list(range(1, len(numbers) + 1)), f"holes in {self.home}"
        assert self.acknowledged <= len(numbers) <= self.sent, self.home
        data = replies.decode(ops.GET_DATA, session.must(ops.GET_DATA, ops.read(self.home)))["data"]
        assert int(data) == len(numbers), "a multi was torn"
        for number in numbers[-IN_FLIGHT * 2:]:
            body = session.must(ops.GET_DATA, ops.read(f"{self.home}/{number:08d}"))
            assert replies.decode(ops.GET_DATA, body)["data"] == b"%d" % number
        self.sent = self.acknowledged = len(numbers)


class Workload:
    def __init__(self, writers=4, seed=0):
        self.random = random.Random(seed)
        self.writers = [Writer(f"writer{number}", 0) for number in range(writers)]

    def connect(self, port):
        for writer in self.writers:
            writer.connect(port)

    def run(self, answers):
        """Keeps requests in flight until so many answers came; False if the server went away before."""
        while answers > 0:
            try:
                for writer in self.writers:
                    writer.fill()
            except OSError:
                return False
            ready, _, _ = select.select([writer.session.socket for writer in self.writers], [], [], 20)
            assert ready, "no answer from a running server"
            for writer in self.writers:
                if writer.session.socket in ready:
                    if not writer.take_one():
                        return False
                    answers -= 1
        return True

    def take_the_rest(self):
        """The answers that were on their way when the server ended count as acknowledged."""
        for writer in self.writers:
            while writer.sent > writer.acknowledged and writer.take_one():
                pass
            writer.session.close()

    def check(self, port):
        with wire.Session(port) as session:
            for writer in self.writers:
                writer.check(session)
            session.close_session()
