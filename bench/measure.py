# SPDX-License-Identifier: BSD-2-Clause
# How each kind of row is measured: fresh servers, interleaved rounds, medians. A function takes the run
# and the rows of its kind, and gives a result for each.
import json
import os
import resource
import subprocess
import sys

import durable
import servers
from figures import Samples, compared, ratio, show
from rows import MILLION
from servers import Failure, Mgrd, Redis, fresh

FILL = ("-w", "fill", "-P", "64")
LARGE_VALUE = 65536
LARGE_KEYS = 500
MANAGER_S = 15  # starting and ending the Manager
FEW_FILES = 10500  # file descriptors that ten thousand connections need


class Run:
    """What the user asked for."""

    def __init__(self, rounds, quick, tell):
        self.rounds = 1 if quick else rounds
        self.quick = quick
        self.tell = tell
        self.notes = []  # of the machine, for people

    def size(self, full):
        return max(full // 200, 200) if self.quick else full

    def interleaved(self, members):
        """Round by round, every second one backwards: whatever drifts meets all alike."""
        for number in range(1, self.rounds + 1):
            for member in members if number % 2 else reversed(members):
                yield number, member


def load_figures(medians):
    return (f"CPU s/M {show(medians, 'cpu_s_per_million', 3)}  kreq/s {show(medians, 'rps', unit=1000)}  "
            f"p99 us {show(medians, 'p99_us')}")


def load_result(samples, over="redis"):
    medians = samples.medians()
    result = {**compared(medians, over), "figures": load_figures(medians), "servers": medians}
    if "valkey" in medians:
        result["valkey"] = compared(medians, "valkey")
    return result


def measure_load(run, rows):
    samples = {row.name: Samples() for row in rows}
    keys = ("-k", run.size(MILLION))
    with fresh(servers.kinds()) as started:
        for server in started:
            server.bench(*FILL, *keys)
        for number in range(1, run.rounds + 1):
            for row in rows:
                for server in started if number % 2 else reversed(started):
                    measured = server.bench(*row.options, *keys, "-n", run.size(row.requests), "--seed", number)
                    samples[row.name].add(server.name, measured)
                    run.tell(f"round {number}/{run.rounds}  {row.name}, {server.name}: {measured['rps']:.0f} "
                             f"requests/s, {measured['cpu_s_per_million']:.3f} s of CPU per million")
    return {row.name: load_result(samples[row.name]) for row in rows}


def measure_tail(_run, rows, loads):
    """Another figure of another row: p99, p99.9, or how many requests one commit held."""
    results = {}
    for row in rows:
        load = loads[row.of]
        figures = "" if row.kind == "per_commit" else f"us {show(load['servers'], f'{row.kind}_us')}"
        results[row.name] = {"value": load[row.kind], "figures": figures, "servers": load["servers"]}
    return results


def fill_fresh(run, server):
    """A million entries into a server that has none."""
    before = server.own_bytes()
    measured = server.bench("-w", "fill", "-P", 16, "-k", run.size(MILLION))
    measured["own_bytes_per_entry"] = (server.own_bytes() - before) / measured["requests"]
    if server.name == "mgrd":
        stat = server.stat()
        for column in ("longest_turn_cpu_us", "longest_turn_wall_us", "turns", "slow_turns"):
            measured[column] = stat.get(column)
    return measured


def measure_fill(run, rows):
    """Memory per entry, and the longest turn of the loop: both of the same fills."""
    samples = Samples()
    for number, kind in run.interleaved(servers.kinds()):
        with fresh([kind]) as (server,):
            measured = fill_fresh(run, server)
        samples.add(kind.name, measured)
        run.tell(f"round {number}/{run.rounds}  filling {kind.name}: {measured['bytes_per_entry']} bytes per entry")
    results = {"memory": memory_result(samples), "turn": turn_result(samples)}
    return {row.name: results[row.kind] for row in rows}


def memory_result(samples):
    medians = samples.medians()
    result = {"value": ratio(medians["redis"]["bytes_per_entry"], medians["mgrd"]["bytes_per_entry"]),
              "figures": f"bytes {show(medians, 'bytes_per_entry', 1)}  "
                         f"by the server's own count {show(medians, 'own_bytes_per_entry', 1)}",
              "servers": medians}
    if "valkey" in medians:
        result["valkey"] = {"value": ratio(medians["valkey"]["bytes_per_entry"],
                                           medians["mgrd"]["bytes_per_entry"])}
    return result


def turn_result(samples):
    """The best round is the value, and all rounds are told: single calls of the kernel take a millisecond now
    and then, and by the maximum of the rounds this row is often below."""
    medians = samples.medians()
    latency = f"p99.99 of the fill us {show(medians, 'p9999_us')}"
    rounds = samples.runs["mgrd"]
    longest = [run["longest_turn_cpu_us"] for run in rounds]
    if None in longest:
        return {"value": None, "figures": f"not measured: server stat does not tell it; {latency}",
                "servers": medians}
    slow, turns = (sum(run[column] for run in rounds) for column in ("slow_turns", "turns"))
    return {"value": min(longest), "servers": medians,
            "figures": f"of each round {'/'.join(map(str, longest))}  over 1 ms: {slow} of {turns} turns  "
                       f"wall {max(run['longest_turn_wall_us'] for run in rounds)} us  {latency}"}


def measure_large(run, rows):
    samples = {row.name: Samples() for row in rows}
    size = ("-d", LARGE_VALUE, "-k", LARGE_KEYS)
    with fresh(servers.kinds()) as started:
        for server in started:
            server.bench("-w", "fill", *size)
        for number, server in run.interleaved(started):
            for row in rows:
                measured = server.bench(*row.options, *size, "-n", run.size(row.requests), "--seed", number)
                samples[row.name].add(server.name, measured)
                run.tell(f"round {number}/{run.rounds}  {row.name}, {server.name}: {measured['mb_per_s']:.0f} MB/s")
    results = {}
    for row in rows:
        medians = samples[row.name].medians()
        results[row.name] = {**compared(medians), "servers": medians,
                             "value": ratio(medians["mgrd"]["mb_per_s"], medians["redis"]["mb_per_s"]),
                             "figures": f"MB/s {show(medians, 'mb_per_s')}  "
                                        f"CPU s/M {show(medians, 'cpu_s_per_million', 1)}"}
    return results


def measure_growth(run, rows):
    """The same requests on a small and on a large server, and whether Redis grows dearer as well."""
    sizes = {"small": run.size(MILLION // 10), "large": run.size(10 * MILLION)}
    samples = {row.name: Samples() for row in rows}
    for kind in (Mgrd, Redis):
        with fresh([kind, kind], memory="0" if memory_total() > 8 << 30 else "4GiB") as pair:
            started = dict(zip(sizes, pair))
            for name, server in started.items():
                server.bench(*FILL, "-k", sizes[name])
            for row in rows:
                for number, name in run.interleaved(list(sizes)):
                    measured = started[name].bench(*row.options, "-k", sizes[name], "-n", run.size(row.requests),
                                                   "--seed", number)
                    samples[row.name].add(f"{kind.name} {name}", measured)
                    run.tell(f"round {number}/{run.rounds}  {row.name}, {kind.name} with {sizes[name]}: "
                             f"{measured['cpu_s_per_million']:.3f} s of CPU per million")
    return {row.name: beside_redis(samples[row.name], "cpu_s_per_million", ("large", "small"), ("CPU s/M", 3, 1))
            for row in rows}


def beside_redis(samples, column, names, form):
    """One state of a server by the other, for mgrd and for Redis: what the machine does to both is no fault
    of one."""
    above, below = names
    ours, theirs = (ratio(samples.median(f"{server} {above}", column), samples.median(f"{server} {below}", column))
                    for server in ("mgrd", "redis"))
    label, decimals, unit = form
    pairs = "  ".join(server + " " + ":".join(f"{samples.median(f'{server} {name}', column) / unit:.{decimals}f}"
                                              for name in names) for server in ("redis", "mgrd"))
    return {"value": ours, "beside": theirs, "servers": samples.medians(),
            "figures": f"Redis {theirs:.2f}  {label} {pairs}"}


def memory_total():
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def measure_crowd(run, rows):
    sizes = {"few": 50, "many": run.size(1000)}
    keys = ("-k", run.size(MILLION))
    samples = {row.name: Samples() for row in rows}
    with fresh([Mgrd, Redis]) as started:
        for server in started:
            server.bench(*FILL, *keys)
        for row in rows:
            for number, (server, name) in run.interleaved([(each, name) for name in sizes for each in started]):
                measured = server.bench(*row.options, *keys, "-c", sizes[name], "-n", run.size(row.requests))
                samples[row.name].add(f"{server.name} {name}", measured)
                run.tell(f"round {number}/{run.rounds}  {server.name}, {sizes[name]} connections: "
                         f"{measured['rps']:.0f} requests/s")
    return {row.name: beside_redis(samples[row.name], "rps", ("many", "few"), ("kreq/s", 0, 1000)) for row in rows}


def measure_idle(run, rows):
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if files < FEW_FILES:
        note = f"{files} file descriptors are allowed, {FEW_FILES} are needed (ulimit -Hn)"
        return {row.name: {"value": None, "figures": note, "skipped": True, "servers": {}} for row in rows}
    count = run.size(10000)
    bytes_each = {}
    for kind, settings in ((Redis, {"maxclients": count + 100}), (Mgrd, {"connections": count + 100})):
        with kind(**settings) as server:
            with server.idle(10):
                pass  # what the first connections bring along
            before = server.pss_bytes()
            with server.idle(count):
                bytes_each[server.name] = {"bytes": (server.pss_bytes() - before) / count}
            run.tell(f"{count} idle connections, {server.name}: {bytes_each[server.name]['bytes']:.0f} bytes each")
    return {row.name: {"value": bytes_each["mgrd"]["bytes"], "servers": bytes_each,
                       "figures": f"{count} connections, bytes {show(bytes_each, 'bytes')}"}
            for row in rows}


def run_manager(clients, seconds):
    server_cpu, client_cpu = servers.cpus()
    words = [sys.executable, os.path.join(servers.ROOT, "bench", "manager.py"), "--clients", str(clients),
             "--seconds", str(seconds)]
    if server_cpu is not None:
        words += ["--server-cpu", str(server_cpu)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=MANAGER_S + seconds, check=False,
                              preexec_fn=servers.pinned(client_cpu))
    except subprocess.TimeoutExpired:
        return None  # a connection that its listener forgot
    if done.returncode != 0:
        raise Failure(f"the Manager failed: {done.stderr}")
    return json.loads(done.stdout)


def manager_result(samples):
    if "manager" not in samples.runs:
        return {"value": None, "figures": "the Manager hung in each round", "servers": samples.medians()}
    return load_result(samples, over="manager")


def measure_manager(run, rows):
    """Python's own server of shared objects: as many processes as mgr-bench has connections, no pipeline."""
    results = {}
    keys = ("-k", 10000)
    with fresh([Mgrd]) as (server,):
        server.bench(*FILL, *keys)
        for row in rows:
            samples = Samples()
            clients = int(row.options[row.options.index("-c") + 1])
            for number, name in run.interleaved(["manager", "mgrd"]):
                if name == "mgrd":
                    measured = server.bench(*row.options, *keys, "--seconds", 0.2 if run.quick else 1)
                else:
                    measured = run_manager(3 if run.quick else clients, 0.2 if run.quick else 2)
                if measured is not None:
                    samples.add(name, measured)
                rate = "hung" if measured is None else f"{measured['rps']:.0f} requests/s"
                run.tell(f"round {number}/{run.rounds}  {row.name}, {name}: {rate}")
            results[row.name] = manager_result(samples)
    return results


# Which function measures which kinds of rows.
PARTS = [
    (("load",), measure_load),
    (("memory", "turn"), measure_fill),
    (("large",), measure_large),
    (("growth",), measure_growth),
    (("crowd",), measure_crowd),
    (("idle",), measure_idle),
    (("manager",), measure_manager),
    (("durable",), durable.measure_durable),
    (("slow",), durable.measure_slow),
    (("restart",), durable.measure_restart),
    (("compaction",), durable.measure_compaction),
]


def measure(run, rows, all_rows):
    """Results by name. What is measured as part of another row brings that one along."""
    parts_of = [row for row in rows if row.of]
    wanted = {row.name for row in rows} | {row.of for row in parts_of}
    results = {}
    for kinds, function in PARTS:
        chosen = [row for row in all_rows if row.kind in kinds and row.name in wanted]
        if chosen:
            results.update(function(run, chosen))
    results.update(measure_tail(run, parts_of, results))
    return results
