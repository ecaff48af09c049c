# SPDX-License-Identifier: BSD-2-Clause
# What the comparison measures, what must come out, and what is aimed at: the one table.
from dataclasses import dataclass

MILLION = 1000000


@dataclass(frozen=True)
class Row:
    name: str
    kind: str                # which function of measure.py
    must: float = None       # None: it is only told
    aim: float = None
    at_most: bool = False    # what must not be passed, instead of reached
    unit: str = "x"          # of the value
    options: tuple = ()      # of mgr-bench
    requests: int = 0        # of one run
    of: str = ""             # the row that it is a part of


def load(name, must, aim, workload, pipeline, requests, *more):
    """Server CPU per request, Redis by mgrd, 50 connections, 32-byte values, a million keys."""
    options = ("-w", workload, "-P", str(pipeline), *more)
    return Row(name, "load", must, aim, options=options, requests=requests)


def durable(kind, pipeline, must, aim):
    """Requests a second, mgrd by Redis, of set; each is on the disk before its reply."""
    name = f"durable set P{pipeline}" + (" with 1 ms more" if kind == "slow" else "")
    return Row(name, kind, must, aim, options=("-w", "set", "-P", str(pipeline)))


HOT = ("--hot", "1000")

ROWS = [
    load("get uniform P1", 1.08, 1.15, "get", 1, 150000),
    load("set uniform P1", 1.08, 1.15, "set", 1, 150000),
    load("get uniform P16", 1.7, 2.2, "get", 16, MILLION),
    load("set uniform P16", 1.7, 2.2, "set", 16, MILLION),
    load("get uniform P64", 2.5, 3.5, "get", 64, 2 * MILLION),
    load("set uniform P64", 2.5, 3.5, "set", 64, 2 * MILLION),
    load("get hot P16", 1.3, 1.5, "get", 16, MILLION, *HOT),
    load("get hot P64", 1.6, 2.4, "get", 64, 2 * MILLION, *HOT),
    load("mix uniform P16", None, None, "mix", 16, MILLION),
    load("queue put P16", 1.4, 2.0, "queue-put", 16, MILLION),
    load("queue get P16", 1.4, 2.0, "queue-get", 16, MILLION),
    load("list append P16", None, None, "list-append", 16, MILLION),
    load("list pop P16", None, None, "list-pop", 16, MILLION),
    load("lock P1", 1.1, 1.2, "lock", 1, 150000),
    load("value add P16", None, None, "value-add", 16, MILLION),
    Row("p99 of get uniform P16", "p99", 1.0, 1.7, of="get uniform P16"),
    Row("p99 of set uniform P16", "p99", 1.0, 1.7, of="set uniform P16"),
    Row("memory per entry of 32 B", "memory", 1.6, 1.75),
    Row("longest turn while filling", "turn", 1000, at_most=True, unit="us"),
    Row("get 64 KiB", "large", 1.0, options=("-w", "get"), requests=120000),
    Row("set 64 KiB", "large", 1.0, options=("-w", "set"), requests=120000),
    Row("get at 10M entries by 100k", "growth", 1.5, at_most=True, options=("-w", "get", "-P", "16"),
        requests=MILLION),
    Row("requests/s of 1000 connections by 50", "crowd", 0.8, options=("-w", "get", "-P", "1"), requests=150000),
    Row("memory per idle connection", "idle", 4096, at_most=True, unit="B"),
    Row("Manager with 50 clients", "manager", options=("-w", "get", "-c", "50")),
    Row("Manager with 1 client", "manager", options=("-w", "get", "-c", "1")),
    durable("durable", 1, 1.15, 1.35),
    durable("durable", 16, 1.8, 2.2),
    durable("durable", 64, 2.5, 3.4),
    durable("slow", 1, 1.2, 1.6),  # how many of the 50 a commit of Redis holds is chance: 44 where it was 1.3
    durable("slow", 16, 1.3, 1.5),
    durable("slow", 64, 1.5, 1.9),
    Row("a commit of durable set P1 with 1 ms more", "per_commit", 45, unit="requests",
        of="durable set P1 with 1 ms more"),
    Row("p99.9 of durable set P16", "p999", 1.0, of="durable set P16"),
    Row("p99.9 of durable set P16 with 1 ms more", "p999", 1.0, of="durable set P16 with 1 ms more"),
    Row("p99.9 of durable set P64", "p999", 1.0, of="durable set P64"),
    Row("restart of 1M entries and 1M commands", "restart", 3, at_most=True, unit="s"),
    Row("p99.9 that a compaction adds", "compaction", 5, at_most=True, unit="ms"),
]

# What requests a second may be behind by, where CPU must be ahead: they swing more.
RPS_SLACK = 0.05


def checks(row, result):
    """What the gate looks at: (what, value, limit, whether it holds)."""
    if row.must is None or result.get("skipped"):
        return []
    value = result["value"]
    reached = value is not None and (holds(row, value, row.must) or no_worse(row, result))
    found = [(row.name, value, row.must, reached)]
    if row.kind == "load" and value is not None:
        limit = row.must - RPS_SLACK
        found.append((f"{row.name}: requests/s", result["rps"], limit, result["rps"] >= limit))
    return found


def no_worse(row, result):
    """What the machine's caches do to a larger load is measured on Redis too, in the same run."""
    return result.get("beside") is not None and holds(row, result["value"], result["beside"])


def holds(row, value, limit):
    return value <= limit if row.at_most else value >= limit


def verdict(row, result):
    if result.get("skipped"):
        return "skipped"
    if row.must is None:
        return "-"
    if result["value"] is None:
        return "BELOW"
    if not all(ok for *_, ok in checks(row, result)):
        return "BELOW"
    if row.must is not None and not holds(row, result["value"], row.must):
        return "as Redis"
    return "aim" if row.aim is not None and holds(row, result["value"], row.aim) else "ok"
