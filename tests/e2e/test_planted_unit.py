# SPDX-License-Identifier: BSD-2-Clause
# The unit tests bite: with each of the mutants (tests/mutants/) that is theirs a short run of the suite must fail.
import os
import subprocess

from lib.daemon import REPORTS, environment
from lib.mutants import heads, program
from lib.run import check, equal, main, measured
from lib.wire import ROOT

LIVES, STEPS = 5, 5000  # one life is enough to meet most defects, a few are enough for each
# suite -> the runs of which one must fail
RUNS = {
    "sync_model": [{"CK_RUN_CASE": "agree", "SEED": str(seed), "STEPS": str(STEPS)} for seed in range(1, LIVES + 1)],
    "journal_power": [{"CK_RUN_CASE": "acknowledged"}],
}


def failure(unit, suite, more):
    """What a test of the suite found; None: nothing."""
    done = subprocess.run([unit], env=environment(CK_RUN_SUITE=suite, **more), cwd=ROOT, capture_output=True,
                          text=True, check=False, timeout=240)
    said = done.stdout + done.stderr
    for report in REPORTS:
        check(report not in said, lambda: said[-10000:])
    check(" Checks: " in said and " Checks: 0," not in said, lambda: f"no test has run: {said}")
    return next((line for line in done.stdout.splitlines() if ":F:" in line), None)


def must_fail(name, suite):
    unit = program(name, "unit")
    for turn, more in enumerate(RUNS[suite], 1):
        found = failure(unit, suite, more)
        if found:
            print(f"{name}: {found[:300]}", flush=True)
            return f"{name} ({turn})"
    raise AssertionError(f"{name} was not noticed by {suite}")


def test_without():
    for suite, runs in RUNS.items():
        equal(failure(os.path.join(ROOT, "build", "asan", "unit"), suite, runs[0]), None, f"{suite} without a defect")


def test_planted_unit():
    told = []
    for name, _, tests in heads():
        for test in tests:
            if test.startswith("tests/unit/"):
                told.append(must_fail(name, test[len("tests/unit/test_"):-len(".c")]))
    check(told, "there are no mutants")
    measured(f"noticed, by so many runs: {', '.join(told)}")


if __name__ == "__main__":
    main(globals())
