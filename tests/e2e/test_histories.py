# SPDX-License-Identifier: BSD-2-Clause
# long
# What 50 clients saw of locks, queues and the others, while some of them were killed and stopped and
# connections were cut: checked against sequential models and real time.
#
# CALLS: of lock, semaphore and queue; FEWER: of the others. `make soak` makes 2,000,000 of each. test_planted finds
# every planted defect with far fewer than are made here.
import concurrent.futures
import multiprocessing
import os
import time

from lib.checker import check_history
from lib.crowd import Crowd, create, judge
from lib.daemon import Daemon
from lib.history import load
from lib.run import check, equal, main, measured, seed

CALLS = int(os.environ.get("CALLS", 50_000))
FEWER = int(os.environ.get("FEWER", 50_000))
CLIENTS = 50


def named(type, *sizes):
    return {f"{type}{i}": size for i, size in enumerate(sizes)}


# type -> (sizes of its objects, calls)
PLAN = {
    "lock": (named("lock", *[0] * 16), CALLS),
    "semaphore": (named("semaphore", *[3] * 10), CALLS),
    "queue": (named("queue", 0, 5, 0, 20), CALLS),
    "rlock": (named("rlock", *[0] * 16), FEWER),
    "condition": (named("condition", *[0] * 8), FEWER),
    "barrier": (named("barrier", *[5] * 10), FEWER),
    "event": (named("event", *[0] * 4), FEWER),
    "dict": (named("dict", *[0] * 8), FEWER),
}


def checked(folder, sizes):
    """In another process: (calls, calls without outcome, seconds, what is wrong)."""
    began = time.monotonic()
    history = load(folder)
    problems = check_history(history, sizes)
    return len(history), len(history.unknown), time.monotonic() - began, problems


def run(daemon, pool, number, type):
    sizes, calls = PLAN[type]
    create(daemon, type, sizes)
    with Crowd(daemon, type, sizes, number, CLIENTS) as crowd:
        crowd.work(calls)
        judge(daemon, crowd)
        count, unknown, seconds, problems = pool.submit(checked, crowd.folder, sizes).result()
        check(not problems, lambda: f"{type}, seed {number}:\n" + "\n".join(problems))
        check(count >= calls, f"only {count} calls")
        measured(f"{type}: {count} calls in {crowd.seconds:.1f} s, {crowd}, {unknown} without outcome; "
                 f"checked in {seconds:.1f} s")


def test_histories():
    number = seed()
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, context) as pool:
        pool.submit(checked, "/", {}).exception()  # the process is there before there are threads
        with Daemon(variant=os.environ.get("DAEMON", "release")) as daemon:
            daemon.warm(2100 if CALLS <= 200_000 else 9000)
            memory = daemon.settled()
            for type in os.environ.get("TYPES", " ".join(PLAN)).split():
                run(daemon, pool, number, type)
            equal(daemon.settled(), memory, "memory of the engine")


if __name__ == "__main__":
    main(globals())
