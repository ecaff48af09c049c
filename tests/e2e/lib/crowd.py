# SPDX-License-Identifier: BSD-2-Clause
# Many clients at work on objects of one type, and what goes wrong meanwhile; all of it is written down.
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

from lib.daemon import REPORTS, environment
from lib.history import JUDGE
from lib.proxy import Proxy
from lib.run import check, equal, wait_until
from lib.wire import ROOT, MgrError

CAPACITY = 20  # times its share a client may do at most
MEAN_BYTES = 60_000  # that a connection through the proxy lives for
LINGER_MS, LEASE_MS = 150, 500  # of those who are killed and stopped


class Member:
    """One client (history_client.c), run after run."""

    def __init__(self, crowd, number, server, linger_ms, lease_ms):
        self.crowd, self.number, self.server = crowd, number, server
        self.linger_ms, self.lease_ms = linger_ms, lease_ms
        self.runs = 0
        self.stopped_until = None
        self.process = None
        self.start()

    def start(self):
        crowd = self.crowd
        self.path = os.path.join(crowd.folder, f"{self.number:04}.{self.runs}")
        arguments = (self.path, self.number, self.runs, crowd.type, crowd.objects, crowd.capacity,
                     crowd.rng.randrange(1, 2**62), self.linger_ms, self.lease_ms)
        self.process = subprocess.Popen([crowd.program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                        stderr=crowd.errors, env=environment(MGRCTL_SERVER=self.server,
                                                        HISTORY_BREAKS=str(self.breaks())))
        self.runs += 1

    def breaks(self):
        """Whether its connection does, and whether the daemon starts again (see history.py)."""
        return 2 if self.crowd.restarts else int(not self.server.startswith("unix:"))

    def calls(self):
        """Made in this run so far."""
        try:
            with open(self.path, "rb") as file:
                words = file.readline(80).split()
            return int(words[5]) if len(words) == 6 else 0
        except (OSError, ValueError):
            return 0

    def kill(self):
        """Without a word; and comes again as somebody new."""
        self.process.kill()
        self.process.wait()
        self.crowd.done += self.calls()
        self.start()

    def stop(self, now, seconds):
        self.process.send_signal(signal.SIGSTOP)
        self.stopped_until = now + seconds

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
        self.stopped_until = None


class Crowd:
    """clients of them; `mortals` are killed and stopped, `cut` have a bad connection."""

    restarts = False  # the daemon is killed and starts again

    def __init__(self, daemon, type, sizes, seed, clients=50, mortals=10, cut=8, variant="release"):
        self.daemon, self.type, self.sizes = daemon, type, sizes
        self.objects, self.clients, self.mortals, self.cut = len(sizes), clients, mortals, cut
        self.rng = random.Random(f"{seed} {type}")
        self.folder = tempfile.mkdtemp(prefix=f"mgrd-e2e-{type}-")
        self.program = os.path.join(ROOT, "build" if variant == "release" else "build/asan", "e2e",
                                    "history_client")
        self.done = self.kills = self.stops = self.cuts = 0
        self.seconds = 0.0
        self.pause = (0.05, 0.25)  # seconds between two strikes
        self.members = []

    def __enter__(self):
        self.errors = tempfile.TemporaryFile("w+")
        return self

    def __exit__(self, *_):
        for member in self.members:
            if member.process.poll() is None:
                member.process.kill()
                member.process.wait()
        self.errors.close()
        shutil.rmtree(self.folder, True)

    # ---- faults
    def strike(self, now):
        member = self.rng.choice(self.members[:self.mortals])
        if member.stopped_until is not None:
            return
        if self.rng.random() < 0.6:
            member.kill()
            self.kills += 1
        else:
            member.stop(now, LEASE_MS / 1000 * 2.2)
            self.stops += 1

    def faults(self, now):
        for member in self.members[:self.mortals]:
            if member.stopped_until is not None and now > member.stopped_until:
                member.go_on()
        if self.mortals and now > self.next_strike:
            self.next_strike = now + self.rng.uniform(*self.pause)
            self.strike(now)

    # ---- the run
    def total(self):
        return self.done + sum(member.calls() for member in self.members)

    def enlist(self, servers):
        """Starts a client of each of these addresses."""
        for number, server in enumerate(servers):
            patience = (LINGER_MS, LEASE_MS) if number < self.mortals else (20_000, 0)
            self.members.append(Member(self, number, server, *patience))

    def work(self, calls, seconds=300, enough=False):
        """Until that many calls were made. enough: or the time is over."""
        self.capacity = max(1000, calls * CAPACITY // self.clients)
        began = self.next_strike = time.monotonic()
        with Proxy(self.daemon.tcp, MEAN_BYTES, self.rng.random()) as proxy:
            self.enlist(f"127.0.0.1:{proxy.at[1]}" if self.mortals <= number < self.mortals + self.cut
                        else f"unix:{self.daemon.path}" for number in range(self.clients))
            while self.total() < calls:
                now = time.monotonic()
                if enough and now > began + seconds:
                    break
                check(now < began + seconds, lambda: f"only {self.total()} calls in {seconds} s")
                check(self.daemon.process.poll() is None, lambda: f"mgrd ended with {self.daemon.process.returncode}:\n{self.daemon.stderr()[-3000:]}")
                self.faults(now)
                time.sleep(0.02)
            self.seconds = time.monotonic() - began
            self.end()
            self.cuts = proxy.cuts

    def end(self):
        """All say Bye."""
        for member in self.members:
            member.process.send_signal(signal.SIGTERM)
            member.process.send_signal(signal.SIGCONT)
        codes = {member.process.wait(60) for member in self.members if member.calls() > 0}
        for member in self.members:
            member.process.wait(60)  # also those who were told so before they had begun
        self.errors.seek(0)
        said = self.errors.read()
        for report in REPORTS:
            check(report not in said, said[-10000:])
        equal(codes, {0}, f"exit codes of the clients\n{said[-2000:]}")

    def __str__(self):
        return f"{self.kills} killed, {self.stops} stopped, {self.cuts} cuts"


class Judge:
    """A client of the test that writes its own history, after all others."""

    def __init__(self, crowd, client):
        self.crowd, self.client = crowd, client
        self.lines = [f"H {JUDGE} 0 {time.monotonic_ns()}"]

    def call(self, obj, method, wait_ms=0, **arguments):
        self.lines.append(f"+ {time.monotonic_ns()} {method} {obj} {wait_ms} {arguments.get('token', -1)} -1")
        id = self.client.send(f"{self.crowd.type}_{method}", name=obj, wait_ms=wait_ms, **arguments)
        response = self.client.reply(id)
        kind, status, value = response.WhichOneof("result"), "OK", -1
        if kind == "error":
            status = MgrError(response.error).name
        elif kind == "value":
            value = int(response.value.bool if response.value.HasField("bool") else response.value.int)
        grant = response.grant if kind == "grant" else None
        words = (grant.token, grant.depth, grant.previous_token, grant.attempts,
                 int(grant.redelivered)) if grant is not None else (0, 0, 0, 0, 0)
        if grant is not None and grant.HasField("value"):
            value = grant.value.int
        self.lines.append(f"- {time.monotonic_ns()} {status} {response.revision} "
                          + " ".join(map(str, words)) + f" {int(kind == 'done' and response.done.lost)} 1 {value}")
        return status, words[0]

    def look(self, obj):
        """The last calls: they show whether anything was lost or is still taken."""
        kind = self.crowd.type
        if kind in ("lock", "rlock", "condition"):
            status, token = self.call(obj, "acquire")
            if status == "OK":
                self.call(obj, "release", token=token)
        elif kind == "semaphore":
            self.call(obj, "value")
        elif kind == "event":
            self.call(obj, "is_set")
        elif kind == "queue":
            while self.call(obj, "get", 50)[0] == "OK":
                pass

    def write(self):
        self.lines.append(f"B {time.monotonic_ns()}")
        with open(os.path.join(self.crowd.folder, "judge"), "w", encoding="ascii") as file:
            file.write("\n".join(self.lines) + "\n")


def create(daemon, type, sizes):
    """The objects of one type; sizes: permits, parties or maxsize, by name."""
    with daemon.client() as client:
        for name, size in sizes.items():
            more = {}
            if type in ("semaphore", "barrier"):
                more["init"] = size
            elif type == "queue" and size > 0:
                more["maxsize"] = size
            client.call("object_create", name=name, type=type, **more)
        client.call("object_create", name="values", type="dict", if_absent=True)


def judge(daemon, crowd, sound=True):
    """Once all sessions are gone: nothing is held, nobody waits. sound: or the test fails."""
    def alone():
        stat = daemon.stat()
        return stat if stat["sessions"] == 0 and stat["connections"] == 1 else None
    stat = wait_until(alone, "all sessions end", 30)
    if sound:
        equal((stat["waiters"], stat["grants"]), (0, 0), "waiters and grants without sessions")
    with daemon.client() as client:
        last = Judge(crowd, client)
        for name in crowd.sizes:
            if crowd.type != "dict":
                last.look(name)
        last.write()
        for name in crowd.sizes:
            client.call("object_delete", name=name, force=not sound)
        client.call("object_delete", name="values")
