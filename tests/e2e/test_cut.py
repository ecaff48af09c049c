# SPDX-License-Identifier: BSD-2-Clause
# Connections cut at random moments: with sessions that resume, every increment is done exactly once.
import os
import random

from lib.daemon import Daemon
from lib.proxy import Proxy
from lib.run import check, equal, main, measured, seed
from lib.wire import Client, ConnectionLost

COUNT = int(os.environ.get("COUNT", 40_000))
DEPTH = 64  # unanswered requests


class Counter:
    """Increments one key through a bad connection, several requests at a time."""

    def __init__(self, address):
        self.resumes = 0
        self.seen = set()  # results of the increments
        while True:
            try:
                self.client = Client(address, linger_ms=60_000)
                return
            except (ConnectionLost, OSError):
                self.resumes += 1

    def again(self):
        self.resumes += 1
        outcome = self.client.resume_until()
        # before its first command a session lives as long as its connection
        if outcome != 1:
            check(not self.seen, f"outcome {outcome} after {len(self.seen)} increments")
            for id in sorted(self.client.waiting):
                self.client.write(self.client.waiting[id])

    def with_cuts(self, action):
        """Does the action; when the connection goes, resumes until it is there again."""
        try:
            action()
        except (ConnectionLost, OSError):
            while True:
                try:
                    self.again()
                    return
                except (ConnectionLost, OSError):
                    pass

    def fill(self, more):
        """Sends up to `more` increments at once; one id each, whatever becomes of the connection."""
        acked = min(self.client.waiting, default=self.client.last_id + 1) - 1
        frames = [self.client.encode("dict_incr", name="d", key="n", acked=acked)[1] for _ in range(more)]
        self.with_cuts(lambda: self.client.write(b"".join(frames)))
        return len(frames)

    def collect(self):
        self.with_cuts(self.client.receive)
        for id in list(self.client.replies):
            result = self.client.result(id)
            check(result not in self.seen, f"two increments gave {result}")
            self.seen.add(result)


def test_increments():
    rng = random.Random(seed())
    with Daemon() as daemon:
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
        with Proxy(daemon.tcp, mean=1500, seed=rng.random()) as proxy:
            counter = Counter(proxy.at)
            sent = 0
            while len(counter.seen) < COUNT:
                room = min(DEPTH - len(counter.client.waiting), COUNT - sent)
                if room > rng.randrange(DEPTH):
                    sent += counter.fill(room)
                elif counter.client.waiting:
                    counter.collect()
                elif sent < COUNT:
                    sent += counter.fill(min(room, COUNT - sent))
            cuts = proxy.cuts
            counter.client.close()
        with daemon.client() as client:
            equal(client.call("dict_get", name="d", key="n"), COUNT, "the sum")
            stat = client.call("server_stat")
        equal(counter.seen, set(range(1, COUNT + 1)), "every result once")
        check(cuts > COUNT / 500, f"only {cuts} cuts")
        measured(f"{COUNT} increments, {cuts} cuts, {stat['resumes']} resumes: the sum is exact")


if __name__ == "__main__":
    main(globals())
