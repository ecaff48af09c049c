# SPDX-License-Identifier: BSD-2-Clause
# mgrd against Redis (and Valkey, and Python's Manager): the same generator, interleaved rounds, medians.
# What is measured is in rows.py, how in measure.py. Writes a table, and build/bench/results.{json,csv,md}.
import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time

import measure
import servers
import tables
from rows import ROWS, checks, verdict


def pattern(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(error) from error


def read_options():
    parser = argparse.ArgumentParser(description="Compares mgrd with Redis, Valkey (VALKEY=path) and Python's Manager.")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="interleaved rounds (default 5)")
    parser.add_argument("--only", type=pattern, default="", metavar="REGEX", help="rows whose name matches")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: tries the script, measures little")
    parser.add_argument("--gate", action="store_true", help="exit code 1 when something must be better")
    parser.add_argument("--out", default=os.path.join(servers.BUILD, "bench"), metavar="DIR", help="for the results")
    parser.add_argument("--list", action="store_true", help="list the rows")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    return options


def version(kind):
    """"redis 7.0.15", whatever else its program tells about itself."""
    told = subprocess.run([kind.program(), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+\.\d+\.\d+\S*", told)
    return f"{kind.name} {found[0] if found else '?'}"


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def about(run):
    return {"date": time.strftime("%Y-%m-%d"), "processor": processor(), "processors": os.cpu_count(),
            "kernel": platform.release(), "python": platform.python_version(),
            "versions": [version(kind) for kind in servers.kinds()],
            "notes": run.notes, "rounds": run.rounds, "quick": run.quick, "pinned": servers.cpus()[0] is not None}


def sentence(facts):
    return (f"{facts['date']}, {facts['processors']} x {facts['processor']}, Linux {facts['kernel']}, "
            f"medians of {facts['rounds']} round{'s' * (facts['rounds'] > 1)}. {', '.join(facts['versions'])}."
            + "".join(f" {note}" for note in facts["notes"]))


def write_results(directory, facts, rows, results):
    os.makedirs(directory, exist_ok=True)
    listed = [{"row": row.name, "kind": row.kind, "must": row.must, "aim": row.aim, "at_most": row.at_most,
               "unit": row.unit, **results[row.name]} for row in rows]
    for name, content in (("results.json", json.dumps({**facts, "rows": listed}, indent=1) + "\n"),
                          ("results.csv", tables.comma_separated(rows, results)),
                          ("results.md", tables.markdown(rows, results, sentence(facts)))):
        with open(os.path.join(directory, name), "w") as file:
            file.write(content)


def below(rows, results):
    for row in rows:
        for what, value, limit, ok in checks(row, results[row.name]):
            if not ok:
                got = "not measured" if value is None else f"{value:.2f}"
                yield f"{what}: {got}, must be {'at most' if row.at_most else 'at least'} {limit:.2f}"


def compare(options):
    rows = [row for row in ROWS if re.search(options.only, row.name)]
    if not rows:
        raise servers.Failure("no row has such a name; see --list")
    run = measure.Run(options.rounds, options.quick, lambda text: print(text, file=sys.stderr, flush=True))
    results = measure.measure(run, rows, ROWS)
    for row in rows:
        results[row.name]["verdict"] = verdict(row, results[row.name])
    facts = about(run)
    write_results(options.out, facts, rows, results)
    print(f"\n{sentence(facts)}\n\n{tables.text(rows, results)}")
    missed = list(below(rows, results))
    if options.gate:
        print("gate: " + ("all that must be is" if not missed else "BELOW"))
        print("".join(f"  {line}\n" for line in missed), end="")
    return 1 if options.gate and missed else 0


def stop(signo, _frame):
    raise SystemExit(128 + signo)


def main():
    options = read_options()
    signal.signal(signal.SIGTERM, stop)
    if options.list:
        print("\n".join(row.name for row in ROWS))
        return 0
    try:
        return compare(options)
    except servers.Failure as failure:
        print(f"compare: {failure}", file=sys.stderr)
        return 70
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
