# SPDX-License-Identifier: BSD-2-Clause
# The daemon is killed again and again, at any moment, with 50 clients at work: nothing that was
# acknowledged is lost, nothing is done twice, and who waits waits on.
#
# SECONDS: rounds are played until so many are over. TYPES: of the histories. SEED: the run to repeat.
# `make chaos` plays them for long.
import itertools
import os
import random
import shutil
import time

from lib.chaos import RESUMED, Crew
from lib.chaos_data import Appenders, Churners, Counters, Pipe, Queue, Trickle
from lib.chaos_waits import Barrier, Condition, Events, Owners, Permits, Reentrant
from lib.checker import check_history
from lib.crowd import Crowd, create, judge
from lib.history import load
from lib.nemesis import Mortal, Nemesis, ends_in_order, starts_with_boot_only
from lib.run import check, equal, main, measured, seed, wait_until
from lib.wire import ROOT

SECONDS = int(os.environ.get("SECONDS") or 25)
VARIANT = os.environ.get("DAEMON", "release")
TEAMS = (Counters, Appenders, Churners, Queue, Trickle, Pipe, Owners, Reentrant, Permits, Barrier, Condition, Events)
STRIKES = ("under load", "recovering", "compacting", "compactor", "under load", "compacting", "recovering",
           "stopping", "stopping")
KEPT = os.path.join(ROOT, "build", "chaos-history")
WRITERS = 5  # clients that write histories
CALLS = 4000  # that each of them makes at most
ALONE, ALONE_KEYS = 6000, 1500  # changes of one client alone

# type -> sizes of its objects
HISTORIES = {
    "lock": {"lock0": 0, "lock1": 0},
    "queue": {"queue0": 0, "queue1": 5},
    "semaphore": {"semaphore0": 3, "semaphore1": 3},
    "condition": {"condition0": 0},
    "barrier": {"barrier0": WRITERS},
    "event": {"event0": 0, "event1": 0},
    "rlock": {"rlock0": 0, "rlock1": 0},
    "dict": {"dict0": 0, "dict1": 0},
}
TYPES = os.environ.get("TYPES", " ".join(HISTORIES))


class Writers(Crowd):
    """Clients that write down what they do; only the daemon is disturbed."""

    restarts = True

    def __init__(self, daemon, type, seed):
        super().__init__(daemon, type, HISTORIES[type], seed, WRITERS, 0, 0)
        self.capacity = CALLS
        create(daemon, type, self.sizes)

    def begin(self):
        self.enlist([f"unix:{self.daemon.path}"] * self.clients)

    def verdict(self):
        """Fails when their history cannot have happened; gives the number of calls."""
        judge(self.daemon, self)
        history = load(self.folder)
        problems = check_history(history, self.sizes)
        if problems:
            shutil.copytree(self.folder, KEPT, dirs_exist_ok=True)
            problems.append(f"the history is in {KEPT}")
        check(not problems, lambda: f"{self.type}:\n" + "\n".join(problems))
        return len(history)


class Figures:
    def __init__(self):
        self.kills = self.met = self.answers = self.resumed = self.resent = self.calls = 0

    def add(self, crew, nemesis):
        self.kills += nemesis.deaths
        self.met += nemesis.met
        self.answers += crew.answers()
        self.resumed += sum(client.resumed for client in crew.clients)
        self.resent += sum(client.resent for client in crew.clients)


def play(daemon, nemesis, crew, crowds, strikes):
    """All at work, and the blows meanwhile."""
    for crowd in crowds:
        crowd.begin()
    crew.begin()
    for kind in strikes:
        nemesis.strike(kind)
    nemesis.some_answers(300)
    for crowd in crowds:
        crowd.end()
    crew.stop()
    crew.finish()


def round_(daemon, number, turn, types, figures):
    crew = Crew(daemon, number, f"round{turn}", TEAMS)
    nemesis = Nemesis(daemon, crew, f"{number} {turn}")
    strikes = list(STRIKES)
    nemesis.rng.shuffle(strikes)
    with Writers(daemon, types[0], f"{number} {turn}") as first, Writers(daemon, types[1], f"{number} {turn}") as second:
        try:
            play(daemon, nemesis, crew, (first, second), strikes)
        finally:
            crew.stopping.set()
        figures.calls += first.verdict()
        create(daemon, types[1], {})  # the values that all of them use
        figures.calls += second.verdict()
    figures.add(crew, nemesis)
    print(f"round {turn}: {nemesis}; {', '.join(types)}; {crew.answers()} answers", flush=True)


def between(daemon):
    """The clients are gone: the end in order, and a start that nobody saw."""
    ends_in_order(daemon)
    starts_with_boot_only(daemon)
    daemon.launch()
    daemon.wait_ready()


def test_alone():
    """Nobody else wakes the daemon up: each answer comes by itself, though the collector is at work."""
    with Mortal(variant=VARIANT) as daemon, daemon.client(timeout=10) as client:
        for _ in range(ALONE // ALONE_KEYS):
            client.call("object_create", name="d", type="dict")
            for key in range(ALONE_KEYS):
                client.call("dict_set", name="d", key=key, value=bytes(1000))
            client.call("object_delete", name="d")
        equal(client.call("object_exists", name="d"), False, "the dict")


def test_made_ahead():
    """Killed when a segment was taken and the next one begun, before the first had a head."""
    with Mortal(variant=VARIANT) as daemon:
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
        for _ in range(2):
            daemon.kill()
            before = daemon.verify()
            newest = max(int(name[4:]) for name in os.listdir(daemon.journal) if name.startswith("log-"))
            with open(os.path.join(daemon.journal, f"log-{newest + 1:012}"), "xb"):
                pass
            equal(daemon.verify(), before, "the journal")
            daemon.launch()
            daemon.wait_ready()
            with daemon.client() as client:
                equal(client.call("object_exists", name="d"), True, "the dict")
                for key in range(30):  # goes through both
                    client.call("dict_set", name="d", key=key, value=bytes(200_000))
                equal(client.call("dict_len", name="d"), 30, "keys")


def test_time_to_come_back():
    """A session that would live for 100 ms without a connection gets 10 s after a restart."""
    with Mortal(variant=VARIANT) as daemon:
        owner = daemon.client(linger_ms=100)
        owner.call("object_create", name="l", type="lock")
        token = owner.call("lock_acquire", name="l").token
        daemon.kill()
        owner.close()
        daemon.launch()
        daemon.wait_ready()
        with daemon.client() as other:
            until = time.monotonic() + 4
            while time.monotonic() < until:
                equal(other.call("lock_locked", name="l"), True, "owned")
                time.sleep(0.1)
            equal(owner.resume(), RESUMED, "outcome")
            equal(owner.call("lock_held", name="l", token=token), True, "held")
            owner.close()
            wait_until(lambda: not other.call("lock_locked", name="l"), "it goes as soon as ever after that", 5)


def rounds(number, figures):
    """Rounds until the time is over; gives how many."""
    pairs = list(itertools.combinations(TYPES.split(), 2))
    random.Random(number).shuffle(pairs)
    until = time.monotonic() + SECONDS
    with Mortal(variant=VARIANT) as daemon:
        for turn in itertools.count(1):
            round_(daemon, number, turn, pairs[turn % len(pairs)], figures)
            between(daemon)
            if time.monotonic() >= until:
                break
        ends_in_order(daemon)
    return turn


def test_chaos():
    number, figures = seed(), Figures()
    try:
        turns = rounds(number, figures)
    except BaseException:
        print(f"seed: {number}\nagain: SEED={number} SECONDS={SECONDS} DAEMON={VARIANT} TYPES='{TYPES}' "
              "/usr/bin/python3 tests/e2e/test_chaos.py chaos", flush=True)
        raise
    check(figures.met > 0, "no blow met a compaction")
    measured(f"{figures.kills} kills, {figures.met} while a snapshot was made, {figures.answers} answers to {turns} crews, "
             f"{figures.resumed} sessions resumed, {figures.resent} requests sent again, "
             f"{figures.calls} calls in histories")


if __name__ == "__main__":
    main(globals())
