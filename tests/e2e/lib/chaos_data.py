# SPDX-License-Identifier: BSD-2-Clause
# Teams that change containers: sums, lists, queues and pipes, each change done exactly once.
from lib.chaos import Team
from lib.run import check, equal
from lib.wire import FOR_EVER

PILL = "enough"
SLICE = 500


class Counters(Team):
    """Sums that are exact only if nothing was lost and nothing done twice."""

    SIZE = 6

    def prepare(self, client):
        self.value = self.make(client, "value", "sum", init=0)
        self.dict = self.make(client, "dict", "sums")
        self.namespace = self.make(client, "namespace", "attrs")
        self.array = self.make(client, "array", "array", typecode="q", init=[0] * self.SIZE)
        self.total = {self.value: 0, self.dict: 0, self.namespace: 0}
        self.mine = [0] * self.SIZE

    def jobs(self):
        return [lambda client, i=i: self.count(client, i) for i in range(self.SIZE)]

    def add(self, name, by):
        with self.mutex:
            self.total[name] += by

    def count(self, client, i):
        seen = 0
        while self.working():
            by = client.rng.randrange(1, 9)
            sum = client.change("value_add", name=self.value, by=by)
            check(sum >= seen + by, lambda: f"the sum is {sum} after {seen}")
            seen = sum
            self.add(self.value, by)
            client.change("dict_incr", name=self.dict, key="all", by=by)
            self.add(self.dict, by)
            client.change("namespace_incr", name=self.namespace, attr="all", by=by)
            self.add(self.namespace, by)
            self.mine[i] += by
            equal(client.change("dict_incr", name=self.dict, key=i, by=by), self.mine[i], "my own number")
            equal(client.change("array_add", name=self.array, index=i, by=by), self.mine[i], "my own place")

    def finish(self, client):
        equal(client.call("value_get", name=self.value), self.total[self.value], "sum in the value")
        equal(client.call("dict_get", name=self.dict, key="all"), self.total[self.dict], "sum in the dict")
        equal(client.call("namespace_get", name=self.namespace, attr="all"), self.total[self.namespace],
              "sum in the namespace")
        equal(client.call("array_copy", name=self.array), self.mine, "numbers in the array")


class Appenders(Team):
    """Some append, one takes off what is there: each one's numbers come in order, none is missing."""

    SIZE = 4

    def prepare(self, client):
        self.list = self.make(client, "list", "list")
        self.appended = [0] * self.SIZE
        self.found = [0] * self.SIZE

    def jobs(self):
        return [lambda client, i=i: self.append(client, i) for i in range(self.SIZE)] + [self.archive]

    def append(self, client, i):
        while self.working():
            client.change("list_append", name=self.list, value=(i, self.appended[i]))
            self.appended[i] += 1

    def archive(self, client):
        while self.working():
            client.pause(0.1)
            self.take(client)

    def take(self, client):
        items = client.call("list_slice", name=self.list, start=0, stop=SLICE)
        for who, number in items:
            equal(number, self.found[who], f"number {who} appended")
            self.found[who] += 1
        if items:
            client.call("list_del_slice", name=self.list, start=0, stop=len(items))
        return len(items)

    def finish(self, client):
        while self.take(client):
            pass
        equal(self.found, self.appended, "appended")
        check(sum(self.found) > 0, "nothing was appended")


class Churners(Team):
    """Large values that fill the log, and what can be done only once: to remove, to take out."""

    SIZE = 2
    BALLAST = 1500

    def prepare(self, client):
        self.set = self.make(client, "set", "set")
        self.dict = self.make(client, "dict", "blobs")
        self.ballast = self.make(client, "dict", "ballast")
        for key in range(self.BALLAST):
            client.call("dict_set", name=self.ballast, key=key, value=bytes(1000))

    def jobs(self):
        return [lambda client, i=i: self.churn(client, i) for i in range(self.SIZE)]

    def churn(self, client, i):
        number = 0
        while self.working():
            number += 1
            size = client.rng.randrange(50_000)
            client.change("dict_set", name=self.dict, key=(i, number), value=client.rng.randbytes(size))
            client.change("set_add", name=self.set, value=(i, number))
            client.change("set_remove", name=self.set, value=(i, number))  # KEY if it was done before
            equal(len(client.change("dict_pop", name=self.dict, key=(i, number))), size, "what was put there")

    def finish(self, client):
        equal(client.call("set_len", name=self.set), 0, "members left")
        equal(client.call("dict_len", name=self.dict), 0, "keys left")
        equal(client.call("dict_len", name=self.ballast), self.BALLAST, "the ballast")


class Queue(Team):
    """What is put once is got once, each putter's items in order at each getter."""

    BASE, PUTTERS, GETTERS, LENDERS, MAXSIZE, PAUSE = "queue", 3, 3, 2, 20, 0.0

    def prepare(self, client):
        self.queue = self.make(client, "queue", self.BASE, maxsize=self.MAXSIZE)
        self.put, self.got = [0] * self.PUTTERS, []
        self.left = self.PUTTERS

    def jobs(self):
        return ([lambda client, i=i: self.puts(client, i) for i in range(self.PUTTERS)] +
                [self.gets] * self.GETTERS + [self.lends] * self.LENDERS)

    def puts(self, client, i):
        while self.working():
            client.change("queue_put", name=self.queue, value=(i, self.put[i]), wait_ms=FOR_EVER)
            self.put[i] += 1
            client.pause(self.PAUSE)
        with self.mutex:
            self.left -= 1
            last = self.left == 0
        for _ in range(self.GETTERS + self.LENDERS if last else 0):
            client.change("queue_put", name=self.queue, value=PILL, wait_ms=FOR_EVER)

    def gets(self, client):
        last = {}
        while True:
            grant = client.change("queue_get", name=self.queue, wait_ms=FOR_EVER)
            if grant.value.WhichOneof("kind") == "str":
                return
            who, number = (item.int for item in grant.value.tuple.items)
            again = grant.redelivered or grant.attempts > 0
            check(again or number > last.get(who, -1), lambda: f"{who}'s {number} after {last[who]}")
            last[who] = max(number, last.get(who, -1))
            self.note(who, number)

    def note(self, who, number):
        with self.mutex:
            self.got.append((who, number))

    def lends(self, client):
        """With a token: most are dealt with, some go back."""
        while True:
            grant = client.acquire("queue_get", name=self.queue, reserve=True)
            if grant.value.WhichOneof("kind") == "str":
                client.change("queue_ack", name=self.queue, token=grant.token)
                return
            keep = client.rng.random() < 0.8
            op = "queue_ack" if keep else "queue_nack"
            done = client.reply_done(op, name=self.queue, token=grant.token)
            check(not done.lost, "a loan was lost though its session lived")
            if keep:
                self.note(*(item.int for item in grant.value.tuple.items))

    def finish(self, client):
        equal(client.call("queue_len", name=self.queue), 0, "items left")
        wanted = [(who, number) for who, count in enumerate(self.put) for number in range(count)]
        equal(sorted(self.got), wanted, "items got")
        check(wanted, "nothing was put")


class Trickle(Queue):
    """Getters that wait most of the time, over restarts too."""

    BASE, PUTTERS, GETTERS, LENDERS, MAXSIZE, PAUSE = "trickle", 1, 3, 0, 0, 0.8


class Pipe(Team):
    """One sends, one receives: in order, all."""

    def prepare(self, client):
        self.pipe = self.make(client, "pipe", "pipe", maxsize=5)
        self.sent = self.received = 0

    def jobs(self):
        return [self.send, self.receive]

    def send(self, client):
        while self.working():
            client.change("pipe_send", name=self.pipe, value=self.sent, end=1, wait_ms=FOR_EVER)
            self.sent += 1
        client.change("pipe_send", name=self.pipe, value=PILL, end=1, wait_ms=FOR_EVER)

    def receive(self, client):
        while True:
            grant = client.change("pipe_recv", name=self.pipe, end=2, wait_ms=FOR_EVER)
            if grant.value.WhichOneof("kind") == "str":
                return
            equal(grant.value.int, self.received, "message")
            self.received += 1

    def finish(self, client):
        equal(self.received, self.sent, "messages")
        check(self.sent > 0, "nothing was sent")
