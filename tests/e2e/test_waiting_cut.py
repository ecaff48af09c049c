# SPDX-License-Identifier: BSD-2-Clause
# Ten thousand wait for one thing, their connections are cut at random, some come back. Each grant goes to the
# first that asked among those who are there; nobody's wake-up is lost, and nobody is served twice. Checked from
# what each client saw.
#
# CONNECTIONS, EACH: who waits; `make soak` has ten times as many connections.
import os
import random
import select
import signal
import socket

from lib.daemon import Daemon
from lib.run import check, equal, main, measured, need_descriptors, seed, wait_until
from lib.wire import FOR_EVER, result_of

CONNECTIONS = int(os.environ.get("CONNECTIONS", 100))
EACH = int(os.environ.get("EACH", 100))
STRIDE = 10  # requests of one connection that stand together in the line
ROUNDS, GRANTS = 15, 30  # settled: so many grants after each round of cuts
HASTE = 1500  # grants while connections are cut and come back
LINGER_MS = 300_000  # nothing here happens because a linger is over


def close_in_a_dying_process(client):
    """The connection ends as that of a program that is killed: by the kernel."""
    pid = os.fork()
    if pid == 0:
        while True:
            signal.pause()
    client.sock.close()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    client.sock = None


WAYS = {
    "closed": lambda client: client.close(),
    "reset": lambda client: client.close(reset=client.sock.family == socket.AF_INET),
    "shut down": lambda client: client.sock.shutdown(socket.SHUT_RDWR),
    "killed": close_in_a_dying_process,
}


class Lock:
    """How one is given to the next who waits."""
    type, wait, create = "lock", "lock_acquire", {}

    def __init__(self, judge):
        self.judge = judge
        self.token = judge.call("lock_acquire", name="x").token

    def give(self):
        token, self.token = self.token, None
        self.judge.call("lock_release", name="x", token=token)

    def taken(self, grant):
        check(self.token is None, "two owners")
        self.token = grant.token

    def ready(self):
        return self.token is not None


class Queue:
    type, wait, create = "queue", "queue_get", {}

    def __init__(self, judge):
        self.judge, self.put, self.got = judge, 0, set()

    def give(self):
        self.judge.call("queue_put", name="x", value=self.put)
        self.put += 1

    def taken(self, grant):
        item = grant.value.int
        check(item not in self.got and not grant.redelivered, f"item {item} twice")
        self.got.add(item)

    def ready(self):
        return True


class Semaphore:
    type, wait, create = "semaphore", "semaphore_acquire", {"init": CONNECTIONS * EACH}

    def __init__(self, judge):
        self.judge, self.tokens = judge, set()
        self.all = judge.call("semaphore_acquire", name="x", permits=CONNECTIONS * EACH).token

    def give(self):
        self.judge.call("semaphore_release", name="x", token=self.all, permits=1)

    def taken(self, grant):
        check(grant.token not in self.tokens, "a token twice")
        self.tokens.add(grant.token)

    def ready(self):
        return True


class Line:
    """Those who wait, in their order, and what became of them."""

    def __init__(self, daemon, judge, kind, rng):
        self.daemon, self.judge, self.rng = daemon, judge, rng
        judge.call("object_create", name="x", type=kind.type, **kind.create)
        self.thing = kind(judge)
        self.clients = [(daemon.client if i % 2 else daemon.tcp_client)(linger_ms=LINGER_MS, client=f"c{i}")
                        for i in range(CONNECTIONS)]
        self.here = set(range(CONNECTIONS))
        some = rng.sample(range(CONNECTIONS), CONNECTIONS // 5)
        self.doomed = set(some[::2])  # do not come back
        self.faithful = set(some[1::2])  # never leave
        self.ever_cut, self.ways = set(), set()
        self.place = {}  # (client, id) -> place in the line
        self.served = {}  # place -> the reply with its grant
        self.given = 0
        for _ in range(0, EACH, STRIDE):
            for number, client in enumerate(self.clients):
                self.join(number, client, kind.wait)
        self.waiting_of = [sorted(place for (who, _), place in self.place.items() if who == number)
                           for number in range(CONNECTIONS)]
        equal(judge.call("server_stat")["waiters"], CONNECTIONS * EACH, "all wait")

    def join(self, number, client, wait):
        sent = [client.encode(wait, name="x", wait_ms=FOR_EVER, holder=len(client.waiting) + i)
                for i in range(STRIDE)]
        client.write(b"".join(data for _, data in sent))
        client.call("server_ping")  # all before it are in the line
        for id, _ in sent:
            self.place[number, id] = len(self.place)

    # ---- faults
    def cut(self, number):
        way = self.rng.choice(sorted(WAYS))
        WAYS[way](self.clients[number])
        self.ways.add(way)
        self.ever_cut.add(number)
        self.here.discard(number)

    def back(self, number):
        equal(self.clients[number].resume(), 1, "it is resumed")
        self.here.add(number)

    def cuts(self, least, most):
        here = sorted(self.here - self.faithful)
        for number in self.rng.sample(here, min(len(here), self.rng.randint(least, most))):
            self.cut(number)

    def returns(self, share):
        for number in sorted(set(range(CONNECTIONS)) - self.here - self.doomed):
            if self.rng.random() < share:
                self.back(number)

    def settle(self):
        """Until the daemon knows who is here, and has nothing left to do."""
        def known():
            rows = self.judge.call("session_ls")
            here = {int(row["client"][1:]) for row in rows if row["attached"] and row["client"][0] == "c"}
            return here == self.here and self.daemon.asleep()
        wait_until(known, "the daemon notices")

    # ---- grants
    def take(self, number):
        """What one client has received: one reply. None: one that it had already, as whoever came back may get."""
        response = self.clients[number].receive()
        grant = result_of(self.clients[number].replies.pop(response.id))
        place = self.place[number, response.id]
        if place in self.served and number in self.ever_cut:
            equal(response, self.served[place], "a grant that was told already")
            return None
        check(place not in self.served, f"{place} is served twice")
        self.served[place] = response
        self.waiting_of[number].remove(place)
        self.thing.taken(grant)
        return place

    def collect(self, wait_ms=0):
        """What has come for anybody who is here."""
        some = True
        while some:
            poll = select.poll()
            numbers = {self.clients[number].sock.fileno(): number for number in self.here}
            for fd in numbers:
                poll.register(fd, select.POLLIN)
            some = [numbers[fd] for fd, _ in poll.poll(wait_ms)]
            for number in some:
                self.take(number)
                client = self.clients[number]
                while client.at < len(client.data):  # more of the same packet
                    self.take(number)
            wait_ms = 0

    def give(self):
        self.thing.give()
        self.given += 1

    def give_and_check(self):
        wanted, number = min((self.waiting_of[who][0], who) for who in self.here if self.waiting_of[who])
        self.give()
        place = self.take(number)
        while place is None:
            place = self.take(number)
        equal(place, wanted, "the first that asked of those who are here")

    def hasty(self):
        """Nobody waits for anything to settle."""
        for _ in range(HASTE):
            if self.rng.random() < 0.03:
                self.cuts_of_the_undoomed()
            if self.rng.random() < 0.03:
                self.returns(0.3)
            if not self.thing.ready():
                self.collect(20)
            if not self.thing.ready():
                self.returns(1)  # it was given to one whose connection was cut just then
                self.collect(5000)
            check(self.thing.ready(), "nobody has it")
            self.give()
        self.returns(1)
        wait_until(lambda: self.collect() or len(self.served) == self.given, "all that was given is somebody's")

    def cuts_of_the_undoomed(self):
        here = sorted(self.here - self.doomed - self.faithful)
        for number in self.rng.sample(here, min(len(here), 2)):
            self.cut(number)

    def quiet(self):
        self.collect(20)
        equal(len(self.served), self.given, "grants, and those who got one")

    def check_log(self):
        """Of those who never left, each has it before all who asked later, also while nothing was settled."""
        who = {place: number for (number, _), place in self.place.items()}
        stayed = [place for _, place in sorted((reply.revision, place) for place, reply in self.served.items())
                  if who[place] not in self.ever_cut]
        check(len(stayed) >= EACH * len(self.faithful), "those who stayed are all served")
        equal(stayed, sorted(stayed), "the order of those who stayed")
        equal(len({reply.revision for reply in self.served.values()}), len(self.served), "revisions of grants")


def run(kind):
    rng = random.Random(f"{seed()} {kind.type}")
    need_descriptors(CONNECTIONS + 200)
    with Daemon(variant="release") as daemon, daemon.client(client="judge") as judge:
        line = Line(daemon, judge, kind, rng)
        for _ in range(ROUNDS):
            line.cuts(1, CONNECTIONS // 5)
            line.returns(0.3)
            line.settle()
            for _ in range(GRANTS):
                line.give_and_check()
            line.quiet()
        line.hasty()
        line.settle()
        while any(line.waiting_of[number] for number in line.here):
            line.give_and_check()
        line.quiet()
        line.check_log()
        left = sum(len(line.waiting_of[number]) for number in range(CONNECTIONS))
        equal(judge.call("server_stat")["waiters"], left, "who waits still: those who never came back")
        equal(left, CONNECTIONS * EACH - line.given, "no wake-up is lost")
        check(len(line.ways) == len(WAYS) and left > 0, "all ways of being cut")
        measured(f"{kind.type}: {line.given} grants to {CONNECTIONS * EACH} who wait, {len(line.ever_cut)} of "
                 f"{CONNECTIONS} connections cut, {left} left behind")
        for client in line.clients:
            client.close()


def test_lock():
    run(Lock)


def test_queue():
    run(Queue)


def test_semaphore():
    run(Semaphore)


if __name__ == "__main__":
    main(globals())
