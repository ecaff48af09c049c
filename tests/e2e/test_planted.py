# SPDX-License-Identifier: BSD-2-Clause
# The checker of histories bites: with each of the mutants (tests/mutants/) that is its own as the daemon a
# short run must be rejected; the same run without a defect must pass. (test_planted_journal.py has those of
# the journal, test_planted_unit.py those of the unit tests.)
import os

from lib.checker import check_history
from lib.crowd import Crowd, create, judge
from lib.daemon import Daemon
from lib.history import load
from lib.mutants import mutants, program
from lib.run import check, main, measured, seed

CALLS = int(os.environ.get("CALLS", 3000))
TRIES = 16  # runs until a defect that needs luck must have shown

# type -> sizes of its objects; the daemon is slow here, so they are few
SIZES = {
    "lock": {"lock0": 0, "lock1": 0, "lock2": 0},
    "semaphore": {"semaphore0": 3, "semaphore1": 3},
    "queue": {"queue0": 0, "queue1": 4},
    "condition": {"condition0": 0, "condition1": 0},
    "barrier": {"barrier0": 4, "barrier1": 4},
    "event": {"event0": 0, "event1": 0},
    "rlock": {"rlock0": 0, "rlock1": 0},
    "dict": {"dict0": 0},
}


def problems(daemon, type, number, sound):
    """One run: what the checker says of it. sound: the daemon is, and the clients are looked at too."""
    create(daemon, type, SIZES[type])
    mortals = 0 if type == "barrier" else 3
    with Crowd(daemon, type, SIZES[type], number, clients=8 if type == "barrier" else 12, mortals=mortals,
               cut=2, variant="asan" if sound else "release") as crowd:
        crowd.pause = (0.02, 0.08)
        crowd.work(CALLS, 60 if sound else 2, enough=not sound)
        judge(daemon, crowd, sound)
        return check_history(load(crowd.folder), SIZES[type])


def test_without():
    with Daemon() as daemon:
        number = seed()
        for type in SIZES:
            found = problems(daemon, type, number, True)
            check(not found, lambda: f"{type}, seed {number}:\n" + "\n".join(found))
    measured(f"{CALLS} calls of each of {len(SIZES)} types without a defect: accepted")


def test_planted():
    number, told = seed(), []
    rows = mutants("tests/e2e/test_planted.py")
    check(rows, "there are no mutants")
    for name, where in rows.items():
        type = "lock" if where == "any" else where
        with Daemon(binary=program(name, "mgrd")) as daemon:
            for turn in range(TRIES):
                found = problems(daemon, type, number + turn, False)
                if found:
                    break
            check(found, f"{name} was not noticed, seed {number}")
        told.append(f"{name} ({turn + 1})")
        print(f"{name}: {found[0][:300]}", flush=True)
    measured(f"noticed, by so many runs: {', '.join(told)}")


if __name__ == "__main__":
    main(globals())
