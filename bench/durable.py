# SPDX-License-Identifier: BSD-2-Clause
# What durability costs: mgrd with its journal beside Redis with appendfsync always, both on a disk;
# a restart after kill -9; what a compaction does to those who wait.
import os
import signal
import statistics
import subprocess
import time

import servers
from figures import Samples, ratio, show
from rows import MILLION
from servers import Failure, Mgrd, Redis, fresh

DISK = os.path.join(servers.BUILD, "bench", "disk")
SLOW = {"LD_PRELOAD": os.path.join(servers.BUILD, "slow_sync.so")}
VOLATILE = ("tmpfs", "ramfs")
SECONDS, QUICK_SECONDS = 3, 0.2  # of one run
FILL = ("-w", "fill", "-P", 64)
PROBES = 200
PATIENCE_S = 120
PAIRS = 5
PAIR_SECONDS = 5
HALF = 0.5  # of what its CPU can do: the open loop


class DurableMgrd(Mgrd):
    place = DISK
    pinned = False
    journal = "mode: log, sync: always, compact: 1TiB"

    def compact_now(self):
        """Begins a compaction, and no second one."""
        self.journal = self.journal.replace("1TiB", "1MiB")
        self.reload()

    def compact_never(self):
        self.journal = self.journal.replace("1MiB", "1TiB")
        self.reload()

    def reload(self):
        self.configure()
        self.process.send_signal(signal.SIGHUP)

    def behind(self):
        return self.stat()["journal_behind_snapshot"]


class DurableRedis(Redis):
    place = DISK
    pinned = False

    def __init__(self, **settings):
        super().__init__(**{"appendonly": "yes", "appendfsync": "always", "auto-aof-rewrite-percentage": 0,
                            **settings})


class SlowMgrd(DurableMgrd):
    environment = SLOW


class PinnedMgrd(DurableMgrd):
    """With the other process that it starts: they share a CPU, whatever the machine has besides."""
    pinned = True


class SlowRedis(DurableRedis):
    environment = SLOW


def probe(directory):
    """The median time that 4 KiB take, written over and over, each time with a sync; in us."""
    path, took = os.path.join(directory, "probe"), []
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(PROBES):
            began = time.monotonic()
            os.pwrite(file, b"x" * 4096, 0)
            os.fdatasync(file)
            took.append(time.monotonic() - began)
    finally:
        os.close(file)
        os.unlink(path)
    return statistics.median(took) * 1e6


def disk():
    """Where the files of both servers are, which must be a disk: for people."""
    os.makedirs(DISK, exist_ok=True)
    kind = subprocess.run(["stat", "-f", "-c", "%T", DISK], capture_output=True, text=True, check=True).stdout.strip()
    if kind in VOLATILE:
        raise Failure(f"{DISK} is on {kind}: nothing is durable there")
    return f"Logs on {kind} in {DISK}; a sync of 4 KiB takes {probe(DISK):.0f} us."


def tell_disk(run):
    if not run.notes:
        run.notes.append(disk())
        run.tell(run.notes[0])


def seconds(run, full):
    return QUICK_SECONDS if run.quick else full


# ---- beside Redis ----

def put_load(server, options):
    """mgrd tells how many commits there were."""
    if server.name != "mgrd":
        return server.bench(*options)
    before = server.stat()["journal_commits"]
    measured = server.bench(*options)
    after = server.stat()
    commits = after["journal_commits"] - before
    return {**measured, "commits": commits, "commit_us": after["journal_commit_us"],
            "per_commit": measured["requests"] / max(commits, 1)}


def durable_result(samples):
    medians = samples.medians()
    ours, theirs = medians["mgrd"], medians["redis"]
    speed = ratio(ours["rps"], theirs["rps"])
    return {"value": speed, "rps": speed, "servers": medians, "p99": ratio(theirs["p99_us"], ours["p99_us"]),
            "p999": ratio(theirs["p999_us"], ours["p999_us"]), "per_commit": ours["per_commit"],
            "figures": f"kreq/s {show(medians, 'rps', 1, 1000)}  p99.9 us {show(medians, 'p999_us')}  "
                       f"CPU s/M {show(medians, 'cpu_s_per_million', 3)}  mgrd: {ours['per_commit']:.0f} by commit, "
                       f"{ours['commit_us']:.0f} us each"}


def measure_beside(run, rows, kinds):
    samples = {row.name: Samples() for row in rows}
    keys = ("-k", run.size(MILLION))
    tell_disk(run)
    with fresh(kinds) as started:
        for server in started:
            server.bench(*FILL, *keys)
        for number in range(1, run.rounds + 1):
            for row in rows:
                for server in started if number % 2 else reversed(started):
                    measured = put_load(server, (*row.options, *keys, "--seconds", seconds(run, SECONDS),
                                                 "--seed", number))
                    samples[row.name].add(server.name, measured)
                    run.tell(f"round {number}/{run.rounds}  {row.name}, {server.name}: {measured['rps']:.0f} "
                             f"requests/s, p99.9 {measured['p999_us']} us")
    return {row.name: durable_result(samples[row.name]) for row in rows}


def measure_durable(run, rows):
    return measure_beside(run, rows, [DurableRedis, DurableMgrd])


def measure_slow(run, rows):
    if not os.path.exists(SLOW["LD_PRELOAD"]):
        raise Failure(f"{SLOW['LD_PRELOAD']} is missing: make bench makes it")
    return measure_beside(run, rows, [SlowRedis, SlowMgrd])


# ---- a restart ----

def wait_until(what, done):
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.005)


def compact(server):
    """A snapshot of all that is there."""
    before = server.behind()
    server.compact_now()
    wait_until("a compaction", lambda: server.behind() < before)
    server.compact_never()


def restart(server):
    """From exec to the first ping that is answered; the CPU time of it tells what a busy machine did to it."""
    server.crash()
    began = time.monotonic()
    server.start()
    wait_until("a restart", lambda: server.check_alive() or server.answers())
    return {"seconds": time.monotonic() - began, "cpu_s": server.cpu_seconds()}


def prepare_restart(run, server):
    entries = ("-k", run.size(MILLION))
    server.bench(*FILL, *entries)
    if server.name == "mgrd" and not run.quick:
        compact(server)
    server.bench("-w", "set", "-P", 64, *entries, "-n", run.size(MILLION))


def measure_restart(run, rows):
    """What the log is read back from is in memory still: the disk's own speed does not count."""
    samples = Samples()
    tell_disk(run)
    with fresh([DurableRedis, DurableMgrd]) as started:
        for server in started:
            prepare_restart(run, server)
        for number, server in run.interleaved(started):
            took = restart(server)
            samples.add(server.name, took)
            run.tell(f"round {number}/{run.rounds}  restart, {server.name}: {took['seconds']:.2f} s, "
                     f"{took['cpu_s']:.2f} s of CPU")
            server.bench("-w", "get", "-P", 64, "-k", run.size(MILLION), "-n", run.size(100000))  # all is there
    medians = samples.medians()
    return {row.name: {"value": medians["mgrd"]["seconds"], "servers": medians,
                       "figures": f"s {show(medians, 'seconds', 2)}  of CPU {show(medians, 'cpu_s', 2)}"}
            for row in rows}


# ---- a compaction ----

def open_loop(run, server, rate, number):
    return server.bench("-w", "set", "-k", run.size(MILLION), "--rate", rate,
                        "--seconds", seconds(run, PAIR_SECONDS), "--seed", number)


def compactor(server):
    """Its pid; None: none runs."""
    pid = server.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        found = file.read().split()
    return int(found[0]) if found else None


def compactor_cpu_s(server):
    try:
        pid = compactor(server)
        return servers.cpu_seconds(pid) if pid else 0
    except OSError:  # it ended meanwhile, and is counted with the children
        return 0


def child_cpu_s(server):
    return servers.cpu_seconds(server.process.pid, 13)


def with_compaction(run, server, rate, number):
    """One that begins with the run; it may take longer, then all of the run had it. The part of its CPU time that it
    got within the run tells that it was not only waiting."""
    before, began_s = server.behind(), child_cpu_s(server)
    server.compact_now()
    measured = open_loop(run, server, rate, number)
    within_s = compactor_cpu_s(server) + child_cpu_s(server) - began_s
    server.compact_never()
    if run.quick:
        return measured
    wait_until("a compaction", lambda: server.behind() < before)
    wait_until("the end of the compactor", lambda: not compactor(server))
    return {**measured, "within": within_s / max(child_cpu_s(server) - began_s, 0.001)}


def grow(run, server, number):
    """Enough behind the snapshot for the next one to be due."""
    server.bench("-w", "set", "-P", 64, "-k", run.size(MILLION), "-n", run.size(MILLION), "--seed", number)


def half_load(run, server):
    """Requests a second that keep the server's CPU busy for half of the time, when they come one by one."""
    closed = server.bench("-w", "set", "-k", run.size(MILLION), "--seconds", seconds(run, SECONDS))
    return int(HALF * MILLION / closed["cpu_s_per_million"])


def measure_compaction(run, rows):
    samples = Samples()
    tell_disk(run)
    with fresh([PinnedMgrd]) as (server,):
        server.bench(*FILL, "-k", run.size(MILLION))
        rate = half_load(run, server)
        for number in range(1, (1 if run.quick else PAIRS) + 1):
            grow(run, server, number)
            pair = [("without", open_loop), ("with", with_compaction)]
            for name, function in pair if number % 2 else reversed(pair):
                measured = function(run, server, rate, number)
                samples.add(name, measured)
                run.tell(f"pair {number}/{PAIRS}  {name} a compaction, {rate} requests/s: "
                         f"p99.9 {measured['p999_us']} us")
    medians = samples.medians()
    more_ms = (medians["with"]["p999_us"] - medians["without"]["p999_us"]) / 1000
    return {row.name: {"value": more_ms, "servers": medians,
                       "figures": f"p99.9 us with:without {medians['with']['p999_us']:.0f}:"
                                  f"{medians['without']['p999_us']:.0f}  at {rate} requests/s; "
                                  f"{100 * medians['with'].get('within', 0):.0f} % of it within the run"} for row in rows}
