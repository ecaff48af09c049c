# SPDX-License-Identifier: BSD-2-Clause
# The checker of histories itself: what it must accept, and what it must reject, written by hand.
import random
import time

from lib.checker import check_history
from lib.history import History, read_run
from lib.run import check, equal, main, measured

MS = 1_000_000  # times are written in ms


class Story:
    """A history in the making: clients by number, one line per call."""

    def __init__(self, obj, size=0):
        self.obj, self.sizes = obj, {obj: size}
        self.lines = {}

    def client(self, number, breaks=0):
        return self.lines.setdefault(number, [f"H {number} 0 0 {breaks} 0"])

    def call(self, client, t0, t1, name, status="OK", rev=-1, wait=0, token=-1, number=-1, got=-1, depth=0,
             previous=0, attempts=0, lost=0, epoch=1, value=-1):
        """t1 None: no answer."""
        lines = self.client(client)
        lines.append(f"+ {t0 * MS} {name} {self.obj} {wait} {token} {number}")
        if t1 is not None:
            lines.append(f"- {t1 * MS} {status} {rev} {got} {depth} {previous} {attempts} "
                         f"{int(attempts > 0)} {lost} {epoch} {value}")
        return self

    def bye(self, dead=()):
        """In the end everybody says Bye who lives and is not in the middle of a call."""
        end = max(int(line.split()[1]) for lines in self.lines.values() for line in lines[1:]) + 1
        for client, lines in self.lines.items():
            if lines[-1][0] == "-" and client not in dead:
                lines.append(f"B {end}")
        return self

    def history(self):
        return History([read_run(("\n".join(x) + "\n").encode()) for x in self.lines.values()])


def legal(story):
    equal(check_history(story.history(), story.sizes), [], "a legal history")


def illegal(story, *words):
    problems = check_history(story.history(), story.sizes)
    check(problems, "an illegal history was accepted")
    text = "\n".join(problems)
    for word in words:
        check(word in text, f"{word!r} is not in {text}")


# ---- lock --------------------------------------------------------------------------------------------
def owned(story, client, at, rev, name="acquire", **more):
    return story.call(client, at, at + 1, name, rev=rev, got=rev, depth=1, **more)


def test_lock():
    story = owned(Story("lock0"), 1, 1, 10)
    story.call(2, 1, 6, "acquire", rev=15, got=15, depth=1, wait=100)
    story.call(3, 2, 3, "acquire", "BUSY", rev=11)
    story.call(1, 3, 4, "update", rev=12, token=10, value=1).call(1, 5, 6, "release", rev=14, token=10)
    story.call(2, 7, 8, "update", rev=16, token=15, value=2).call(1, 7, 8, "update", "STALE_TOKEN", 16, token=10)
    story.call(2, 9, 10, "release", rev=17, lost=0)
    legal(story.bye())


def test_lock_wrong():
    illegal(owned(owned(Story("lock0"), 1, 1, 10), 2, 3, 12).bye(), "two owners")
    illegal(owned(Story("lock0"), 1, 1, 10, previous=7).bye(), "previous 7")
    story = owned(Story("lock0"), 1, 1, 10).call(1, 3, 4, "release", rev=11, token=10)
    illegal(story.call(2, 5, 6, "acquire", rev=12, got=10, depth=1).bye(), "not the revision")
    story = owned(Story("lock0"), 1, 1, 10).call(1, 3, 4, "release", rev=11, token=10)
    illegal(story.call(1, 5, 6, "update", rev=12, token=10, value=1).bye(), "stale token")
    story = owned(Story("lock0"), 1, 1, 10).call(1, 3, 4, "update", rev=11, token=10, value=1)
    illegal(story.call(1, 5, 6, "update", rev=12, token=10, value=1).bye(), "the counter was 1")
    illegal(Story("lock0").call(1, 1, 2, "acquire", "BUSY", rev=10).bye(), "nobody had it")
    story = owned(Story("lock0"), 1, 1, 10).call(2, 3, 4, "acquire", "BUSY", rev=11)
    story.call(1, 5, 6, "release", rev=12, token=10).call(3, 7, 8, "acquire", "BUSY", rev=13)
    illegal(owned(story, 3, 9, 14).bye(), "nobody had it at 13")
    story = owned(Story("lock0"), 1, 1, 10).call(2, 3, 4, "held", rev=10, value=1)
    illegal(story.bye(), "not the owner")
    story = owned(Story("lock0"), 1, 1, 10).call(1, 3, 4, "held", rev=10, value=0)
    illegal(story.bye(), "is alive")


def test_lock_death():
    """An owner that died is told; silence is not enough for one who spoke."""
    def story(**more):
        return owned(owned(Story("lock0"), 1, 1, 10), 2, 3000, 20, **more)
    legal(story(previous=10))
    illegal(story(), "previous 0")
    told = owned(story(previous=10).call(2, 3002, 3003, "release", rev=21, token=20), 3, 3004, 22)
    legal(told.bye([1]))
    told = story(previous=10).call(2, 3002, 3003, "release", rev=21, token=20)
    illegal(owned(told, 3, 3004, 22, previous=10), "previous 10")
    unknown = Story("lock0").call(1, 1, None, "acquire", wait=100)  # it was granted before it died
    legal(owned(unknown.call(2, 2, 3, "acquire", "BUSY", rev=11), 2, 2000, 20, previous=10).bye())
    unknown = Story("lock0").call(1, 1, None, "acquire", wait=100).call(2, 2, 3, "acquire", "BUSY", rev=9)
    illegal(owned(unknown, 2, 2000, 20, previous=10).bye(), "nobody had it at 9")
    unknown = owned(Story("lock0"), 1, 1, 10).call(1, 3, None, "release", token=10)
    legal(owned(unknown, 2, 2000, 20))
    again = owned(story(previous=10), 1, 3001, 19, epoch=2)  # it has another session, and comes too early
    illegal(again.bye(), "token 19")
    again = story(previous=10).call(1, 3002, 3003, "release", rev=20, token=10, lost=1, epoch=2)
    legal(again.call(1, 3004, 3005, "update", "STALE_TOKEN", rev=20, token=10, epoch=2).bye())
    again = owned(Story("lock0"), 1, 1, 10).call(1, 3, 4, "release", rev=10, token=10, lost=1)
    illegal(again.bye(), "is alive")


def test_rlock():
    story = owned(Story("rlock0"), 1, 1, 10).call(1, 3, 4, "acquire", rev=11, got=10, depth=2)
    story.call(2, 4, 5, "acquire", "BUSY", rev=11)
    story.call(1, 5, 6, "release", rev=12, token=10).call(1, 7, 8, "release", rev=13)
    legal(owned(story, 2, 9, 14).bye())
    story = owned(Story("rlock0"), 1, 1, 10).call(1, 3, 4, "acquire", rev=11, got=10, depth=3)
    illegal(story.bye(), "depth 3")
    story = owned(Story("rlock0"), 1, 1, 10).call(1, 3, 4, "acquire", rev=11, got=10, depth=2)
    story.call(1, 5, 6, "release", rev=12, token=10)
    illegal(owned(story, 2, 9, 14).bye(), "two owners")


def test_real_time():
    story = owned(Story("lock0"), 1, 1, 10).call(1, 3, 4, "release", rev=11, token=10)
    illegal(owned(story, 2, 20, 5).bye(), "real time")
    story = Story("dict0").call(1, 1, 2, "set", rev=10, number=1).call(1, 5, 6, "set", rev=12, number=2)
    illegal(story.call(2, 9, 10, "get", rev=10, value=1).bye(), "real time")
    story = Story("dict0").call(1, 1, 9, "incr", rev=10, number=1, value=1)
    illegal(story.call(2, 1, 9, "incr", rev=10, number=1, value=2).bye(), "one revision for two")


# ---- semaphore -----------------------------------------------------------------------------------------
def lent(story, client, at, rev, permits=1, wait=0):
    return story.call(client, at, at + 1, "acquire", rev=rev, got=rev, depth=permits, number=permits, wait=wait)


def test_semaphore():
    story = lent(lent(Story("semaphore0", 3), 1, 1, 10, 2), 2, 3, 11)
    story.call(3, 4, 5, "acquire", "BUSY", rev=11, number=1).call(3, 6, 7, "value", rev=11, value=0)
    story.call(1, 8, 9, "release", rev=12, token=10, number=1).call(3, 10, 11, "value", rev=12, value=1)
    legal(lent(story, 3, 12, 13).bye())
    illegal(lent(lent(Story("semaphore0", 3), 1, 1, 10, 2), 2, 3, 11, 2).bye(), "2 of 3 permits")
    story = lent(Story("semaphore0", 3), 1, 1, 10, 2).call(2, 3, 4, "value", rev=10, value=3)
    illegal(story.bye(), "are lent")
    story = lent(Story("semaphore0", 3), 1, 1, 10, 2).call(2, 3, 4, "acquire", "BUSY", rev=10)
    illegal(story.bye(), "refused, but")
    story = lent(Story("semaphore0", 3), 1, 1, 10, 2).call(1, 3, 4, "release", rev=11, token=10, number=3)
    illegal(story.bye(), "released 3 of 2")


def test_semaphore_two_are_late():
    """Who stands behind one that wants more is not served before that one's time is over, too."""
    for step, judge in ((31, legal), (60, illegal)):
        story = lent(Story("semaphore0", 3), 1, 1, 10, 1)
        story.call(2, 2, 50, "acquire", "TIMEOUT", 30, number=3, wait=40)
        judge(story.call(3, 3, 50, "acquire", "TIMEOUT", step, number=1, wait=40).bye())


def test_bye_after_the_end():
    """A client that was stopped for longer than its lease says Bye, and its session had ended long before."""
    story = lent(Story("semaphore0", 3), 1, 1, 10, 2)
    story.call(1, 700, 701, "release", "INDETERMINATE", token=10)
    legal(lent(story, 2, 500, 20, 3).bye())
    story = lent(Story("semaphore0", 3), 1, 1, 10, 2).call(1, 700, 701, "value", rev=20, value=0)
    illegal(lent(story, 2, 500, 20, 3).bye(), "permits are lent")


def test_semaphore_death():
    story = lent(Story("semaphore0", 3), 1, 1, 10, 3)
    legal(lent(story, 2, 2000, 20, 3).call(2, 2002, 2003, "release", rev=21, token=20).bye([1]))
    story = lent(lent(Story("semaphore0", 3), 1, 1, 10, 3), 2, 2000, 20, 3)
    illegal(story.call(1, 2002, 2003, "update", rev=21, token=10, value=1), "permits are lent")
    story = lent(Story("semaphore0", 3), 1, 1, 10, 3).call(1, 3, 4, "release", rev=11, token=10).bye()
    illegal(story.call(9, 5000, 5001, "value", rev=20, value=0).bye(), "are lent")


def test_barging():
    story = lent(Story("semaphore0", 3), 1, 1, 10, 2).call(2, 2, 50, "acquire", "TIMEOUT", 30, number=3, wait=40)
    illegal(lent(story.call(3, 4, 5, "info", rev=11, value=1), 3, 6, 12).bye(), "overtook")
    story = lent(Story("semaphore0", 3), 1, 1, 10, 2).call(2, 2, 50, "acquire", "TIMEOUT", 30, number=3, wait=40)
    legal(lent(story.call(3, 4, 5, "info", rev=11, value=0), 3, 6, 12).bye())


# Whose connection may break is passed over while it is gone, and its time may be over meanwhile.
def test_away():
    for breaks, judge in ((0, illegal), (1, legal)):
        story = Story("semaphore0", 3)
        story.client(2, breaks)
        lent(story, 1, 1, 10, 2).call(2, 2, 50, "acquire", "TIMEOUT", 30, number=3, wait=40)
        judge(lent(story.call(3, 4, 5, "info", rev=11, value=1), 3, 6, 12).bye())
        story = Story("lock0")
        story.client(1, breaks)
        judge(story.call(1, 1, 50, "acquire", "TIMEOUT", 10, wait=40).bye())
        story = two()
        story.client(2, breaks)
        story.call(2, 5, 50, "get", "TIMEOUT", 12, wait=40)
        judge(get(get(story, 3, 60, 13, 101), 3, 62, 14, 102).bye())
        story = waits(0, 20, breaks).call(2, 6, 7, "notify", rev=13, number=1)
        judge(story.call(2, 8, 9, "release", rev=14, token=12).bye())


def test_away_and_restarts():
    for breaks, judge in ((1, illegal), (2, legal)):
        story = Story("lock0")
        story.client(1, breaks)
        judge(story.call(1, 1, 2, "acquire", "BUSY", rev=10).bye())


# ---- queue ---------------------------------------------------------------------------------------------
def put(story, client, at, rev, value, status="OK"):
    return story.call(client, at, at + 1, "put", status, rev=rev, number=value)


def get(story, client, at, rev, value, attempts=0, reserve=False):
    return story.call(client, at, at + 1, "get", rev=rev, got=rev if reserve else 0, value=value,
                      attempts=attempts, number=1 if reserve else -1)


def empty(story, client, at, rev):
    return story.call(client, at, at + 1, "get", "EMPTY", rev=rev)


def two():
    return put(put(Story("queue0"), 1, 1, 10, 101), 1, 3, 11, 102)


def test_queue():
    legal(empty(get(get(two(), 2, 5, 12, 101), 2, 7, 13, 102), 2, 9, 13).bye())
    illegal(get(two(), 2, 5, 12, 101).bye(), "102 was put at 11 and is lost")
    illegal(get(get(two(), 2, 5, 12, 102), 2, 7, 13, 101).bye(), "order", "put before")
    illegal(get(two(), 2, 5, 12, 999).bye(), "never put")
    illegal(get(get(get(two(), 2, 5, 12, 101), 2, 7, 13, 102), 2, 9, 14, 101).bye(), "dealt with", "twice")
    illegal(empty(two(), 2, 5, 11).bye(), "refused: 101 has been there")
    story = get(put(put(Story("queue0"), 1, 1, 10, 101), 1, 20, 11, 102), 2, 5, 12, 102)
    illegal(get(story, 2, 25, 13, 101).bye(), "102 was got before it was put")


def test_queue_reserve():
    story = get(two(), 2, 5, 12, 101, reserve=True).call(2, 7, 8, "nack", rev=13, token=12)
    story = get(get(story, 3, 9, 14, 101, 1, True), 3, 11, 15, 102)
    legal(story.call(3, 13, 14, "ack", rev=16, token=14).bye())
    story = get(two(), 2, 5, 12, 101, reserve=True).call(2, 7, 8, "nack", rev=13, token=12)
    illegal(get(get(story, 3, 9, 14, 102), 3, 11, 15, 101, 1).bye(), "order")
    story = get(two(), 2, 5, 12, 101, reserve=True).call(2, 7, 8, "nack", rev=13, token=12)
    illegal(get(get(story, 3, 9, 14, 101), 3, 11, 15, 102).bye(), "attempts 0, wanted 1", "twice")
    story = get(two(), 2, 5, 12, 101, reserve=True)
    illegal(get(story, 3, 9, 14, 101, 1).bye(), "is with client 2.0")
    story = get(get(two(), 2, 5, 12, 101, reserve=True), 2, 7, 13, 102).call(2, 9, 10, "len", rev=13, value=0)
    illegal(story, "was reserved by client 2.0 and is lost")


def test_queue_death():
    def story():
        return get(two(), 2, 5, 12, 101)  # client 2 was never heard of again
    legal(get(get(story(), 3, 2000, 20, 101, 1), 3, 2002, 21, 102).bye([2]))
    illegal(get(story(), 3, 2000, 20, 102).bye([2]), "never acknowledged")
    illegal(get(get(story(), 3, 2000, 20, 101), 3, 2002, 21, 102).bye([2]), "attempts 0, wanted 1")
    hidden = two().call(2, 5, None, "get", wait=50)
    legal(get(get(hidden, 3, 2000, 20, 102), 3, 2002, 21, 101, 1).bye())
    hidden = two().call(2, 5, None, "get", wait=50)
    illegal(get(hidden, 3, 2000, 20, 102).bye(), "101 was put at 10 and is lost")
    legal(get(Story("queue0").call(1, 1, None, "put", number=7), 3, 20, 20, 7).bye())


def test_queue_maxsize():
    def story():
        return put(put(Story("queue0", 2), 1, 1, 10, 101), 1, 3, 11, 102)
    legal(get(get(put(story(), 1, 5, 11, 103, "FULL"), 2, 7, 12, 101), 2, 9, 13, 102).bye())
    illegal(put(story(), 1, 5, 12, 103).bye(), "2 of 2 are inside")
    story_of_one = get(story(), 2, 5, 12, 101).call(2, 7, 8, "len", rev=12, value=1)
    illegal(put(story_of_one, 1, 9, 12, 103, "FULL").bye(), "refused, but only 1")
    illegal(put(get(story(), 2, 5, 12, 101, reserve=True), 2, 7, 13, 103).bye(), "2 of 2 are inside")


# ---- the others ------------------------------------------------------------------------------------------
def test_event():
    story = Story("event0").call(2, 1, 5, "wait", rev=11, wait=100, value=1).call(1, 2, 3, "set", rev=10)
    story.call(1, 6, 7, "clear", rev=12).call(2, 6, 20, "wait", rev=13, wait=10, value=0)
    legal(story.call(3, 30, 31, "is_set", rev=13, value=0).bye())
    story = Story("event0").call(1, 2, 3, "set", rev=10).call(2, 1, 50, "wait", rev=12, wait=40, value=0)
    illegal(story.bye(), "the flag is True")
    illegal(Story("event0").call(2, 1, 5, "wait", rev=12, wait=40, value=1).bye(), "the flag is False")
    story = Story("event0").call(1, 2, None, "set")
    legal(story.call(2, 4, 5, "is_set", rev=12, value=1).call(2, 6, 7, "is_set", rev=12, value=1).bye())


def meet(story, rev, values, at=0, t1=20):
    for client, value in enumerate(values):
        story.call(client, at + 1, at + t1, "wait", rev=rev + client, wait=400, value=value)
    return story


def test_barrier():
    legal(meet(meet(Story("barrier0", 3), 10, [2, 0, 1]), 20, [2, 0, 1], 30).bye())
    illegal(meet(Story("barrier0", 3), 10, [0, 0, 1]).bye(), "indices [0, 0, 1]")
    illegal(meet(Story("barrier0", 3), 10, [2, 0]).bye(), "told something else")
    story = meet(Story("barrier0", 3), 10, [2, 0]).call(2, 2, 20, "wait", "BROKEN_BARRIER", rev=12, wait=400)
    illegal(story.bye(), "told something else")
    illegal(meet(Story("barrier0", 3), 10, [2, 0, 3]).bye(), "indices [0, 2, 3]")
    story = meet(Story("barrier0", 3), 10, [2, 0]).call(2, 30, 31, "wait", rev=12, wait=400, value=1)
    illegal(story.bye(), "before the last one came")
    story = Story("barrier0", 2).call(0, 1, 5, "wait", "BROKEN_BARRIER", rev=10, wait=4)
    illegal(meet(story, 20, [1, 0], 30).bye(), "not reset since")
    story = Story("barrier0", 2).call(0, 1, 5, "wait", "BROKEN_BARRIER", rev=10, wait=4)
    legal(meet(story.call(0, 6, 7, "reset", rev=11), 20, [1, 0], 30).bye())
    legal(meet(Story("barrier0", 3).call(2, 1, None, "wait", wait=400), 10, [2, 0]).bye())


def waits(value, deadline=100, breaks=0):
    """Client 1 waits; client 2 has the lock meanwhile."""
    story = Story("condition0")
    story.client(1, breaks)
    owned(story, 1, 1, 10)
    story.call(1, 3, 30, "wait", rev=20, got=20, depth=1, wait=deadline, value=value)
    return owned(story, 2, 4, 12, wait=10)


def test_condition():
    story = waits(1).call(2, 6, 7, "notify", rev=13, number=1).call(2, 8, 9, "release", rev=14, token=12)
    legal(story.call(1, 31, 32, "release", rev=21, token=20).bye())
    illegal(waits(1).call(2, 8, 9, "release", rev=14, token=12).bye(), "without a notify")
    story = waits(0, 20).call(2, 6, 7, "notify", rev=13, number=1).call(2, 8, 9, "release", rev=14, token=12)
    illegal(story.bye(), "should have woken")
    legal(waits(0, 20).call(2, 8, 9, "release", rev=14, token=12).bye())
    illegal(waits(1).call(2, 6, 7, "notify", rev=13, number=1).bye(), "two owners")
    illegal(Story("condition0").call(1, 1, 2, "notify", rev=10).bye(), "without the lock")
    both = owned(waits(1).call(2, 6, 29, "wait", rev=22, got=22, depth=1, wait=90, value=1), 3, 7, 15, wait=10)
    both.call(3, 9, 10, "notify", rev=16, number=1).call(3, 11, 12, "release", rev=17, token=15)
    illegal(both.call(1, 31, 32, "release", rev=21, token=20).bye(), "without a notify")


def test_dict():
    story = Story("dict0").call(1, 1, 2, "incr", rev=10, number=2, value=2).call(1, 3, 4, "get", rev=10, value=2)
    story.call(1, 5, 6, "cas", rev=11, token=2, number=9, value=1).call(2, 7, 8, "get", rev=11, value=9)
    legal(story.call(2, 9, 10, "cas", rev=11, token=2, number=5, value=0).bye())
    story = Story("dict0").call(1, 1, 2, "incr", rev=10, number=2, value=2)
    illegal(story.call(2, 3, 4, "incr", rev=11, number=1, value=2).bye(), "the value was 2")
    story = Story("dict0").call(1, 1, None, "set", number=7).call(2, 3, 4, "incr", rev=11, number=1, value=8)
    legal(story.bye())


def random_queue(rng, count):
    """Many clients on one queue: each step somewhere inside its call."""
    story, free, items, now = Story("queue0"), {}, [], 0
    for rev in range(1, count + 1):
        client, now = rng.randrange(50), now + 1
        t0 = max(free.get(client, 0), now - rng.randrange(20))
        now = max(now, t0)
        t1 = now + rng.randrange(20)
        free[client] = t1 + 1
        if items and rng.random() < 0.5 or rev > count - len(items):
            story.call(client, t0, t1, "get", rev=rev, got=0, value=items.pop(0))
        else:
            items.append(rev)
            story.call(client, t0, t1, "put", rev=rev, number=rev)
    return story.bye()


def test_large():
    story = random_queue(random.Random(1), 20_000)
    history = story.history()
    began = time.monotonic()
    equal(check_history(history), [], "a large legal history")
    measured(f"{len(history)} calls of 50 clients checked in {time.monotonic() - began:.2f} s")
    gets = [op for op in history.ops if op.name == "get"]
    gets[500].value, gets[507].value = gets[507].value, gets[500].value
    check(check_history(history), "two items that change places")


if __name__ == "__main__":
    main(globals())
