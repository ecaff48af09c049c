# SPDX-License-Identifier: BSD-2-Clause
# A fifo queue: its sequential model, and what must hold of it whatever order the daemon claims.
import heapq

from lib.history import NONE
from lib.models_base import Model, Wrong

# Where an item is. HELD: handed over, and it may come back; HIDDEN: handed to somebody who never said so.
READY, HELD, RESERVED, DELAYED, HIDDEN, GONE = range(6)


class Item:
    __slots__ = ("value", "place", "state", "handed", "holder")

    def __init__(self, value, place):
        self.value, self.place = value, place  # place: revision of its put; None: unknown
        self.state, self.handed = READY, 0
        self.holder = None  # the get that has it


class QueueModel(Model):
    WAITERS = ("put", "get")

    def __init__(self, *args):
        super().__init__(*args)
        self.items = {}
        self.ready = []  # heap of (place, value); those that are not READY any more are skipped
        self.counts = [0] * 6
        self.tokens = {}  # reservation -> Item

    def move(self, item, state):
        self.counts[item.state] -= 1
        item.state = state
        self.counts[state] += 1
        if state == READY and item.place is not None:
            heapq.heappush(self.ready, (item.place, item.value))

    def add(self, value, place):
        item = self.items[value] = Item(value, place)
        self.counts[READY] += 1
        if place is not None:
            heapq.heappush(self.ready, (place, value))
        return item

    # ---- put
    def do_put(self, op):
        counts = self.counts
        if op.status != "OK":
            self.no_more_than(op, "FULL", "TIMEOUT")
            most = sum(counts[:GONE])
            if self.size == 0 or most < self.size and most + self.maybes(op, ("put",)) < self.size:
                raise Wrong(f"refused, but only {most} of {self.size} are inside")
            return False
        if self.size > 0:
            least = counts[READY] + counts[RESERVED] + counts[DELAYED]
            if least >= self.size and least - self.maybes(op, ("get", "ack", "nack")) >= self.size:
                raise Wrong(f"{least} of {self.size} are inside already")
        if op.number in self.items:
            raise Wrong("a value twice: the history is no good")
        self.add(op.number, op.rev)
        return True

    # ---- get
    def first_ready(self):
        """The item that is surely next; None: none is surely there."""
        while self.ready:
            place, value = self.ready[0]
            item = self.items[value]
            if item.state == READY and item.place == place:
                return item
            heapq.heappop(self.ready)
        return None

    def hide(self, item, op, why):
        """Somebody whose call has no outcome must have got it."""
        if not self.use(op, ("get",)):
            raise Wrong(f"{why}: {item.value} has been there since {item.place}")
        self.move(item, HIDDEN)
        item.handed += 1

    def find(self, op):
        item = self.items.get(op.value)
        if item is not None:
            return item
        if not self.use(op, ("put",), number=op.value):
            raise Wrong(f"{op.value} was never put, or not yet")
        return self.add(op.value, None)

    def came_back(self, item, op):
        """It was with somebody else: may it be here again?"""
        holder = item.holder
        if item.state == HELD or item.state == RESERVED and holder.mortal(op):
            return
        if item.state == RESERVED and self.use(op, ("nack",), token=holder.got):
            return
        raise Wrong(f"{item.value} is with {holder.run}, by {holder}")

    def do_get(self, op):
        if op.status != "OK":
            self.no_more_than(op, "EMPTY", "TIMEOUT")
            item = None if op.missed() else self.first_ready()
            while item is not None:
                self.hide(item, op, "refused")
                item = self.first_ready()
            return False
        item = self.find(op)
        if item.state == GONE:
            raise Wrong(f"{item.value} was dealt with, by {item.holder}")
        if item.state in (HELD, RESERVED):
            self.came_back(item, op)
        self.check_order(item, op)
        self.check_marks(item, op)
        self.hand_over(item, op)
        return True

    def check_order(self, item, op):
        if item.place is None:
            return
        first = self.first_ready()
        while first is not None and first.place < item.place:
            self.hide(first, op, f"order: {item.value} of {item.place} first")
            first = self.first_ready()

    def check_marks(self, item, op):
        hidden = op.attempts - item.handed
        if hidden < 0 or hidden > self.maybes(op, ("get",)):
            raise Wrong(f"attempts {op.attempts}, wanted {item.handed}")
        for _ in range(hidden):
            self.use(op, ("get",))
        if op.redelivered != (op.attempts > 0):
            raise Wrong(f"redelivered {op.redelivered} with {op.attempts} attempts")

    def hand_over(self, item, op):
        item.holder, item.handed = op, op.attempts + 1
        if op.number == 1:
            if op.got != op.rev:
                raise Wrong(f"token {op.got} is not the revision of its step {op.rev}")
            self.move(item, RESERVED)
            self.tokens[op.got] = item
            return
        if op.got != 0:
            raise Wrong("a plain get has a token")
        after = op.next
        heard = after is not None and after.heard() and after.epoch == op.epoch
        self.move(item, GONE if heard else HELD)

    # ---- what was reserved
    def do_ack(self, op):
        return self.settle(op, GONE)

    def do_nack(self, op):
        return self.settle(op, READY if op.number == NONE else DELAYED)

    def settle(self, op, state):
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        item = self.tokens.get(op.token)
        mine = item is not None and item.state == RESERVED and item.holder.got == op.token
        if not mine:
            if not op.lost:
                raise Wrong("it is not reserved any more")
            return False
        if op.lost:
            if not item.holder.mortal(op):
                raise Wrong(f"lost, but {item.holder.run} is alive")
            return False
        del self.tokens[op.token]
        self.move(item, state)
        return True

    def do_len(self, op):
        counts = self.counts
        most = sum(counts[:GONE]) + self.maybes(op, ("put",))
        least = counts[READY] - self.maybes(op, ("get",))
        if not least <= op.value <= most:
            raise Wrong(f"{least} to {most} are ready")
        return False

    def finish(self):
        """The last reader has taken all there was."""
        for item in self.items.values():
            if item.state in (READY, DELAYED, HIDDEN):
                raise Wrong(f"{item.value} was put at {item.place} and is lost")
            holder = item.holder
            if item.state == HELD and holder.next is None and holder.run.bye is None:
                raise Wrong(f"{item.value} was never acknowledged by {holder.run} and is lost")
            if item.state == RESERVED and not any(x.token == holder.got for x in self.unknown):
                raise Wrong(f"{item.value} was reserved by {holder.run} and is lost")


def queue_patterns(ops):
    """Order by real time alone: what was put after another had been put is not got before it."""
    puts = {op.number: op for op in ops if op.name == "put" and op.status == "OK"}
    gets, twice = {}, set()
    for op in ops:
        if op.name == "get" and op.status == "OK":
            if op.value in gets or op.redelivered:
                twice.add(op.value)
            if op.value in gets and not op.redelivered:
                yield f"{op.value} was given twice without a mark"
            gets[op.value] = op
    pairs = [(puts[v], get) for v, get in gets.items() if v in puts and v not in twice]
    for put, get in pairs:
        if get.t1 < put.t0:
            yield f"{get.value} was got before it was put"
    returned = sorted(pairs, key=lambda pair: pair[1].t1)
    called = sorted(pairs, key=lambda pair: pair[1].t0)
    at, latest, who = 0, -1, None
    for put, get in called:
        while at < len(returned) and returned[at][1].t1 < get.t0:
            if returned[at][0].t0 > latest:
                latest, who = returned[at][0].t0, returned[at][1]
            at += 1
        if latest > put.t1:
            yield f"{get.value} was put before {who.value}, and got after it"
