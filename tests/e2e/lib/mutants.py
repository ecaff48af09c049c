# SPDX-License-Identifier: BSD-2-Clause
# Mutants: programs with one defect (tests/mutants/NAME.patch), which `make mutants` builds. The first line of a
# patch says "WHERE: what is wrong", the second which tests must notice it.
import glob
import os

from lib.run import check
from lib.wire import ROOT


def heads():
    """Name, place, and tests that must notice it, of each patch."""
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "mutants", "*.patch"))):
        name = os.path.basename(path)[:-len(".patch")]
        with open(path, encoding="ascii") as patch:
            where, noticed = next(patch).split(": ")[0], next(patch).strip()
        key, _, tests = noticed.partition(": ")
        check(key == "Noticed by", f"{name}.patch: the second line says no tests")
        for test in tests.split(", "):
            check(os.path.exists(os.path.join(ROOT, test)), f"{name}.patch: there is no {test}")
        yield name, where, tests.split(", ")


def mutants(test):
    """Name -> place, of those that this test must notice."""
    return {name: where for name, where, tests in heads() if test in tests}


def program(name, kind):
    """Its daemon ("mgrd") or its unit tests ("unit")."""
    path = os.path.join(ROOT, "build", "mutants", name, kind)
    check(os.path.exists(path), f"mutant {name}: {path} is not there; `make mutants` says why")
    return path
