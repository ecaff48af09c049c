# SPDX-License-Identifier: BSD-2-Clause
# The defects of daemon/engine/planted.h.
import os
import re

from lib.wire import ROOT


def defects(journal=False):
    """Name -> number, of those in the journal or of the others."""
    with open(os.path.join(ROOT, "daemon", "engine", "planted.h"), encoding="ascii") as header:
        rows = re.findall(r"^    PLANTED_(\w+), +/\* (\w+): ", header.read(), re.M)
    return {name: number for number, (name, where) in enumerate(rows, 1) if (where == "journal") == journal}
