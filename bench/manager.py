# SPDX-License-Identifier: BSD-2-Clause
# Load on Python's multiprocessing.Manager: a dict in a server process, clients that are processes too
# and each ask for one key after the other over TCP. Prints what mgr-bench prints with -o json.
import argparse
import json
import multiprocessing
import os
import random
import time
from multiprocessing.managers import DictProxy, SyncManager

from servers import prepare_child

KEYS = 10000
DIALLERS = 8  # at once: its listener has room for 16, and who is forgotten there waits for ever
VALUE = "x" * 32
AUTHKEY = b"mgr-bench"


class Manager(SyncManager):
    pass


def key(number):
    return f"key:{number:012}"


def cpu_seconds(pid):
    """Of all threads, exact to the nanosecond: the Manager has one for each connection."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                total += int(file.read().split()[0])
        except OSError:
            pass  # it has just ended
    return total / 1e9


def dial(address, diallers):
    with diallers:
        manager = Manager(address, AUTHKEY)
        manager.connect()
        shared = manager.shared()
        shared.get(key(0))
    return shared


def client(address, number, gates, seconds, results):
    """Asks from the moment when all are ready until the time is over, and waits until all are done, so
    that the server still has its threads when its CPU time is read."""
    prepare_child(None)
    gate, diallers = gates
    shared = dial(address, diallers)
    choose = random.Random(number)
    keys = [key(choose.randrange(KEYS)) for _ in range(1000)]
    gate.wait()
    latencies_us = []
    now = time.perf_counter()
    end = now + seconds
    while now < end:
        if shared.get(keys[len(latencies_us) % len(keys)]) != VALUE:
            raise SystemExit("a wrong reply")
        after = time.perf_counter()
        latencies_us.append((after - now) * 1e6)
        now = after
    results.put(latencies_us)
    gate.wait()
    with diallers:
        del shared  # a connection of its own tells the server


def measure(options):
    content = {key(number): VALUE for number in range(KEYS)}
    Manager.register("shared", callable=lambda: content, proxytype=DictProxy)
    manager = Manager(("127.0.0.1", 0), AUTHKEY)
    manager.start(prepare_child, (options.server_cpu,))
    pid = manager._process.pid  # pylint: disable=protected-access
    gate = multiprocessing.Barrier(options.clients + 1)
    diallers = multiprocessing.Semaphore(DIALLERS)
    results = multiprocessing.Queue()
    clients = [multiprocessing.Process(target=client, daemon=True,
                                       args=(manager.address, number, (gate, diallers), options.seconds, results))
               for number in range(options.clients)]
    for process in clients:
        process.start()
    gate.wait(60)
    began, cpu = time.perf_counter(), cpu_seconds(pid)
    latencies_us = sorted(sum((results.get(timeout=60) for _ in clients), []))
    seconds, cpu = time.perf_counter() - began, cpu_seconds(pid) - cpu
    gate.wait(60)
    for process in clients:
        process.join()
    manager.shutdown()
    return report(options, latencies_us, seconds, cpu)


def report(options, latencies_us, seconds, cpu):
    count = len(latencies_us)
    return {"connections": options.clients, "requests": count, "seconds": seconds, "rps": count / seconds,
            "cpu_s_per_million": cpu * 1e6 / count, "p50_us": latencies_us[count // 2],
            "p99_us": latencies_us[count * 99 // 100]}


def main():
    parser = argparse.ArgumentParser(description="Measures multiprocessing.Manager.")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--server-cpu", type=int)
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
