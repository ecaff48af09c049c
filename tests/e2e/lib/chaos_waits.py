# SPDX-License-Identifier: BSD-2-Clause
# Teams that wait for each other: owners, permits, barriers, conditions and events, over restarts.
from lib.chaos import Team
from lib.run import check, equal
from lib.wire import FOR_EVER


class Owners(Team):
    """Never two at once, tokens rise, and what the owner writes nobody overtakes."""

    KIND, SIZE = "lock", 4

    def prepare(self, client):
        self.lock = self.make(client, self.KIND, self.KIND)
        self.dict = self.make(client, "dict", f"{self.KIND}-guarded", init={"n": 0})
        self.owner, self.token, self.sections = None, 0, 0

    def jobs(self):
        return [self.own] * self.SIZE

    def own(self, client):
        while self.working():
            token = self.take(client)
            self.section(client, token)
            self.owner = None
            self.give(client, token)

    def take(self, client):
        return client.acquire(f"{self.KIND}_acquire", name=self.lock).token

    def give(self, client, token):
        done = client.reply_done(f"{self.KIND}_release", name=self.lock, token=token)
        check(not done.lost, "a grant was lost though its session lived")

    def section(self, client, token):
        check(self.owner is None, lambda: f"two owners: {self.owner} and {token}")
        check(token > self.token, lambda: f"token {token} after {self.token}")
        self.owner = self.token = token
        n = client.call("dict_get", name=self.dict, key="n", require=token)
        equal(n, self.sections, "what the owner before left")
        client.change("dict_set", name=self.dict, key="n", value=n + 1, require=token)
        self.sections += 1
        client.pause(0.01)
        equal(self.owner, token, "the owner")

    def finish(self, client):
        equal(client.call(f"{self.KIND}_locked", name=self.lock), False, "owned by somebody")
        equal(client.call("dict_get", name=self.dict, key="n"), self.sections, "sections")
        check(self.sections > 0, "nobody ever owned it")


class Reentrant(Owners):
    """Twice as deep."""

    KIND, SIZE = "rlock", 3

    def take(self, client):
        grant = client.acquire("rlock_acquire", name=self.lock)
        equal(grant.depth, 1, "depth")
        again = client.change("rlock_acquire", name=self.lock)
        equal((again.token, again.depth), (grant.token, 2), "the same grant, deeper")
        return grant.token

    def give(self, client, token):
        super().give(client, token)
        super().give(client, token)


class Permits(Team):
    """No more than there are."""

    SIZE, PERMITS = 4, 2

    def prepare(self, client):
        self.semaphore = self.make(client, "semaphore", "semaphore", init=self.PERMITS)
        self.lent = self.count = 0

    def jobs(self):
        return [self.borrow] * self.SIZE

    def lend(self, by):
        with self.mutex:
            self.lent += by
            self.count += 1
            check(0 <= self.lent <= self.PERMITS, lambda: f"{self.lent} of {self.PERMITS} permits are lent")

    def borrow(self, client):
        while self.working():
            many = client.rng.randrange(1, self.PERMITS + 1)
            token = client.acquire("semaphore_acquire", name=self.semaphore, permits=many).token
            self.lend(many)
            client.pause(0.01)
            self.lend(-many)
            done = client.reply_done("semaphore_release", name=self.semaphore, token=token)
            check(not done.lost, "a permit was lost though its session lived")

    def finish(self, client):
        equal(client.call("semaphore_value", name=self.semaphore), self.PERMITS, "free permits")
        check(self.count > 0, "nothing was lent")


class Barrier(Team):
    """All pass it equally often; each time each has another index."""

    SIZE = 3

    def prepare(self, client):
        self.barrier = self.make(client, "barrier", "barrier", init=self.SIZE)
        self.passes = [0] * self.SIZE
        self.rounds = []  # the indexes of each
        self.last = None  # the round that is the last one for all

    def jobs(self):
        return [lambda client, i=i: self.meet(client, i) for i in range(self.SIZE)]

    def over(self, i):
        with self.mutex:
            if self.last is None and not self.working():
                self.last = max(self.passes) + 1
            return self.last is not None and self.passes[i] >= self.last

    def meet(self, client, i):
        while not self.over(i):
            index = client.change("barrier_wait", name=self.barrier, wait_ms=FOR_EVER)
            with self.mutex:
                if self.passes[i] == len(self.rounds):
                    self.rounds.append([])
                self.rounds[self.passes[i]].append(index)
                self.passes[i] += 1
            client.pause(0.02)

    def finish(self, client):
        equal(client.call("barrier_generation", name=self.barrier), self.last, "generation")
        check(all(sorted(indexes) == list(range(self.SIZE)) for indexes in self.rounds),
              lambda: f"indexes: {self.rounds}")
        check(self.last > 1, "they never met")


class Condition(Team):
    """One makes, two take: a count under the condition's lock, with waits in between."""

    TAKERS = 2

    def prepare(self, client):
        self.condition = self.make(client, "condition", "condition")
        self.stock = self.make(client, "dict", "stock", init={"n": 0, "closed": False})
        self.made = self.taken = 0

    def jobs(self):
        return [self.bring] + [self.take] * self.TAKERS

    def release(self, client):
        client.change("condition_release", name=self.condition)

    def bring(self, client):
        while self.working():
            client.acquire("condition_acquire", name=self.condition)
            client.change("dict_incr", name=self.stock, key="n")
            self.made += 1
            client.call("condition_notify", name=self.condition)
            self.release(client)
            client.pause(0.02)
        client.acquire("condition_acquire", name=self.condition)
        client.change("dict_set", name=self.stock, key="closed", value=True)
        client.call("condition_notify_all", name=self.condition)
        self.release(client)

    def take(self, client):
        while True:
            client.acquire("condition_acquire", name=self.condition)
            stock = client.call("dict_copy", name=self.stock)
            while stock["n"] == 0 and not stock["closed"]:
                grant = client.acquire("condition_wait", name=self.condition)
                check(grant.value.bool, "woken without a notify")
                stock = client.call("dict_copy", name=self.stock)
            if stock["n"] == 0:
                self.release(client)
                return
            client.change("dict_incr", name=self.stock, key="n", by=-1)
            self.taken += 1  # the lock is ours
            self.release(client)

    def finish(self, client):
        equal(client.call("dict_get", name=self.stock, key="n"), 0, "left over")
        equal(self.taken, self.made, "taken")
        check(self.made > 0, "nothing was made")


class Events(Team):
    """Ping and pong."""

    def prepare(self, client):
        self.ping = self.make(client, "event", "ping")
        self.pong = self.make(client, "event", "pong")
        self.served = self.returned = 0
        self.over = False

    def jobs(self):
        return [self.serve, self.give_back]

    def serve(self, client):
        while not self.over:
            self.over = not self.working()
            self.served += 1
            client.change("event_set", name=self.ping)
            equal(client.call("event_wait", name=self.pong, wait_ms=FOR_EVER), True, "pong")
            equal(self.returned, self.served, "rounds")
            client.change("event_clear", name=self.pong)
            client.pause(0.01)

    def give_back(self, client):
        while True:
            equal(client.call("event_wait", name=self.ping, wait_ms=FOR_EVER), True, "ping")
            client.change("event_clear", name=self.ping)
            self.returned += 1
            equal(self.returned, self.served, "rounds")
            over = self.over
            client.change("event_set", name=self.pong)
            if over:
                return

    def finish(self, client):
        equal(self.returned, self.served, "rounds")
        check(self.served > 0, "never served")
