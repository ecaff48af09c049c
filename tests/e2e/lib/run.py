# SPDX-License-Identifier: BSD-2-Clause
# Runs the test_ functions of one file, and the checks they are made of.
import os
import random
import resource
import sys
import time
import traceback


class Skip(Exception):
    """The machine cannot do this; the text says why."""


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def check(truth, what):
    if not truth:
        raise AssertionError(what() if callable(what) else what)


def wait_until(condition, what, seconds=20):
    """Polls until the condition is true; gives what it gave."""
    until = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)


def need_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Skip(f"{count} descriptors are needed, and {hard} allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


def seed():
    """The seed of this run: SEED= in the environment replays one. Printed once."""
    number = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed: {number}", flush=True)
    return number


def measured(text):
    print(f"measured: {text}", flush=True)


def main(module):
    """Runs the test_ functions in the order of the file, or those that are named; exits."""
    wanted = sys.argv[1:]
    tests = [f for name, f in module.items() if name.startswith("test_") and callable(f)]
    failed = 0
    for test in tests:
        name = test.__name__[5:]
        if wanted and name not in wanted:
            continue
        began = time.monotonic()
        try:
            test()
            print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skip as reason:
            print(f"skip: {name}: {reason}", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {name}", flush=True)
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
    sys.exit(1 if failed else 0)
