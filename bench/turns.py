#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# The longest turn of the daemon's loop for each operation at the largest size that its limits allow.
#
# Each case has a daemon of its own and is tried with N, N/2, N/4 ... until it is not refused. What counts is the
# longest turn of all those tries, refused or not, in CPU time (server stat: longest_turn_cpu_us), and what
# another client sees meanwhile. An operation of the op table without a row here is an error.
import argparse
import json
import os
import re
import select
import subprocess
import sys
import time

from turns_wire import ROOT, Talker
from turns_cases import REFUSED, Refused
from turns_rows import ROWS, WITHOUT
from lib.daemon import BINARY, Daemon  # of tests/e2e, where turns_wire looks
from lib.wire import ConnectionLost

LONGEST_US = 50000
NEIGHBOUR_US = 60000
LATER_S = 0.5    # what goes on in slices is done by then
SMALLEST = 64  # N is halved at most down to N / SMALLEST
BUILD = os.path.join(ROOT, "build")


class Friends(Talker):
    """The client that asks, and those who wait beside it."""

    def __init__(self, address, **more):
        self.friends = []
        super().__init__(address, timeout=600, **more)

    def friend(self):
        self.friends.append(Friends(self.address, window=256))
        return self.friends[-1]

    def settle(self):
        """Until the daemon has read all that was sent: the last request is answered behind the others."""
        self.ask("server_ping")


def op_table():
    """Operation -> class, from wire/proto/ops.def by way of wire/proto/ops.h."""
    lines = subprocess.run([os.path.join(BUILD, "op_names")], check=True, capture_output=True, text=True).stdout
    return dict(line.split() for line in lines.splitlines())


def cpu_us(pid):
    """CPU time of the daemon's main thread, which is the one that executes."""
    with open(f"/proc/{pid}/task/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) // 1000


def turn_of(watch, pid, act):
    """The longest turn while act() runs, in us: exact when it is the longest so far, else an upper bound."""
    before, cpu_before = watch.call("server_stat")["longest_turn_cpu_us"], cpu_us(pid)
    got = act()
    after, cpu_after = watch.call("server_stat")["longest_turn_cpu_us"], cpu_us(pid)
    return got, after if after > before else min(before, cpu_after - cpu_before)


class Neighbour:
    """Another client, a process of its own, that asks all the time and notes how long each answer takes."""

    def __init__(self, address):
        self.read_end, write_end = os.pipe()
        self.stop_end, self.go = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            os.close(self.go)
            os.write(write_end, str(self.watch(address, write_end)).encode())
            os._exit(0)
        os.close(write_end)
        os.close(self.stop_end)
        os.read(self.read_end, 1)  # it has begun

    def watch(self, address, ready):
        took = []
        client = Talker(address, timeout=600)
        client.ask("server_ping")
        os.write(ready, b"+")
        stop = select.poll()  # select() takes no descriptor above 1023
        stop.register(self.stop_end)
        stopped = False
        while not stopped:
            began = time.monotonic_ns()
            client.ask("server_ping")
            took.append((time.monotonic_ns() - began) // 1000)
            stopped = stop.poll(0.5)
        client.close()
        return sorted(took)[len(took) * 99 // 100]

    def p99_us(self):
        """Ends it."""
        os.close(self.go)
        with open(self.read_end, encoding="ascii") as file:
            got = int(file.read() or 0)
        os.waitpid(self.child, 0)
        return got


def beside(daemon, act):
    """What act() gives, and the p99 of another client meanwhile: of one long turn, how long the longest answer took."""
    neighbour = Neighbour(daemon.path)
    got = act()
    return got, neighbour.p99_us()


def answer(client, op, case, arguments):
    got = client.ask(op, case.head, **arguments)
    until = time.monotonic() + (LATER_S if case.later else 0)
    while time.monotonic() < until:
        client.ask("server_ping")
    return got


def again_and_again(client, op, case, arguments):
    """A read, so that those who ask beside it get into its way often."""
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        client.ask(op, case.head, **arguments)


def measure(op, case, read, alone):
    """(longest turn of all tries, N of the last one, what it was answered, p99 of another client)."""
    longest, n, got, p99 = 0, case.n, "", 0
    config = {"limits": {"memory": "8GiB", "window_bytes": "1GiB"}}
    with Daemon(config=config, variant="release") as daemon:
        client, watch, pid = Friends(daemon.path), Talker(daemon.path, timeout=600), daemon.process.pid
        while n >= 1:
            try:
                arguments = case.prepare(client, n)
            except Refused:
                n //= 2
                continue
            ask = lambda: answer(client, op, case, arguments)
            if read or alone:
                got, us = turn_of(watch, pid, ask)
            else:
                (got, p99_now), us = turn_of(watch, pid, lambda: beside(daemon, ask))
                p99 = max(p99, p99_now)
            longest = max(longest, us)
            if not str(got).startswith(REFUSED) or n <= case.n // SMALLEST:
                break
            n //= 2
        if read and not alone and longest > 1000:
            _, p99 = beside(daemon, lambda: again_and_again(client, op, case, arguments))
        for one in client.friends + [client, watch]:
            one.close()
    return longest, n, got, p99


def measure_or_say(op, case, read, alone):
    try:
        return measure(op, case, read, alone)
    except (OSError, EOFError, ConnectionLost, AssertionError, AttributeError, KeyError) as error:
        return 0, 0, f"FAILED: {type(error).__name__} {str(error)[:200]}", 0


def check_table(ops):
    missing = [op for op in ops if op not in ROWS and op not in WITHOUT]
    strange = [op for op in [*ROWS, *WITHOUT] if op not in ops]
    if missing or strange:
        sys.exit(f"turns: operations without a case: {missing}; cases without an operation: {strange}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="a regular expression of operations")
    parser.add_argument("--mgrd", help="the program to measure")
    parser.add_argument("--alone", action="store_true", help="without another client: on a machine that is busy")
    parser.add_argument("--cap", type=int, default=1 << 62, help="the largest N to begin with: quicker")
    parser.add_argument("--check", action="store_true", help="only whether every operation has a case")
    options = parser.parse_args()
    if options.mgrd:
        BINARY["release"] = options.mgrd
    ops = op_table()
    check_table(ops)
    if options.check:
        return 0
    results, bad = [], 0
    for op in ops:
        if op not in ROWS or not re.search(options.only, op):
            continue
        for case in ROWS[op]:
            case.n = min(case.n, options.cap)
            us, n, got, p99 = measure_or_say(op, case, ops[op] == "read", options.alone)
            wrong = us > LONGEST_US or p99 > NEIGHBOUR_US or str(got).startswith("FAILED")
            bad += wrong
            results.append({"op": op, "case": case.what, "n": n, "of": case.n, "us": us, "p99_us": p99, "got": str(got)[:200]})
            print(f"{'!' if wrong else ' '} {us / 1000:9.2f} ms {p99 / 1000:8.2f} ms  {op:32} {case.what:48} N={n:<9} {str(got)[:90]!r}", flush=True)
    os.makedirs(os.path.join(BUILD, "bench"), exist_ok=True)
    with open(os.path.join(BUILD, "bench", "turns.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
