#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Instructions of the daemon for each request, counted by callgrind: the one cost that does not depend on the
# machine and its load, only on the compiler and the C library. System calls count as nothing. A row is (what 3n requests cost - what n cost) / 2n, so
# that connecting and the like fall out.
#
# --gate compares with the table in docs/performance.md: more than 1 % above a figure there fails.
import argparse
import glob
import os
import re
import subprocess
import sys

import servers

KEYS = 50000
ABOVE = 1.01
TABLE = os.path.join(servers.ROOT, "docs", "performance.md")
BEGIN = "instructions per request:"  # what stands in front of the table
# row -> workload, requests on their way, connections, n. Where each request is a turn of the loop, one connection:
# how many of several are ready in one turn is chance.
ROWS = {
    "get": ("get", 64, 50, 20000),
    "set": ("set", 64, 50, 20000),
    "queue put": ("queue-put", 64, 50, 10000),
    "queue get": ("queue-get", 64, 50, 10000),
    "lock": ("lock", 1, 1, 3000),
    "value add": ("value-add", 64, 50, 10000),
}


class Counted(servers.Mgrd):
    """mgrd under callgrind, with the memcpy and memcmp that every x86-64 processor has."""
    pinned = False
    environment = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-ERMS,-FSRM"}
    build = servers.BUILD

    def command(self):
        return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.work}/counts",
                os.path.join(self.build, "mgrd"), "-c", self.configure()]

    def control(self, option):
        subprocess.run(["callgrind_control", option, str(self.process.pid)], check=True, capture_output=True)

    def instructions(self, workload, depth, connections, n):
        """Of everything that happens while n requests are made."""
        before = set(glob.glob(f"{self.work}/counts*"))
        self.control("-z")
        self.bench("-k", KEYS, "-w", workload, "-P", depth, "-c", connections, "-n", n)
        self.control("-d")
        (dump,) = set(glob.glob(f"{self.work}/counts*")) - before
        with open(dump, encoding="ascii") as file:
            return int(re.search(r"^totals: (\d+)", file.read(), re.M).group(1))

    def per_request(self, *load, n):
        once = self.instructions(*load, n)
        return (self.instructions(*load, 3 * n) - once) / (2 * n)


def recorded():
    """(Row, requests on their way) -> instructions, of the table in docs/performance.md."""
    with open(TABLE, encoding="utf-8") as file:
        text = file.read().partition(BEGIN)[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z ]+) \| P(\d+) \| (\d+) \|$", text, re.M)
    return {(name, int(depth)): int(count) for name, depth, count in rows}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gate", action="store_true", help="fail when a row is more than 1 %% above its figure")
    parser.add_argument("--build", default=servers.BUILD, help="the folder of the mgrd to be measured")
    options = parser.parse_args()
    Counted.build = options.build
    limits = recorded()
    measured = {(name, row[1]) for name, row in ROWS.items()}
    if set(limits) != measured:
        sys.exit(f"{TABLE} has figures for {sorted(limits)}, measured are {sorted(measured)}")
    bad = 0
    with Counted() as server:
        server.bench("-k", KEYS, "-w", "fill", "-P", 64)
        for name, (*load, n) in ROWS.items():
            count, limit = server.per_request(*load, n=n), limits[name, load[1]]
            worse = options.gate and count > limit * ABOVE
            bad += worse
            print(f"{'!' if worse else ' '} {name:10} {count:6.0f} instructions per request, recorded {limit}"
                  f" ({100 * count / limit - 100:+.1f} %)", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
