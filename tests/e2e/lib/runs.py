# SPDX-License-Identifier: BSD-2-Clause
# Programs under mgrctl's `lock run` and `queue each`: started, looked at, killed.
import os
import signal
import subprocess
import tempfile
import time

from lib.daemon import environment
from lib.run import check, equal, wait_until
from lib.wire import ROOT

MGRCTL = os.environ.get("MGRCTL") or os.path.join(ROOT, "build", "mgrctl")
# notes the boot time again and again, and its pid first
TICKER = """
import os, sys, time
out = open(sys.argv[1], "a", buffering=1)
out.write(f"{os.getpid()}\\n")
while True:
    out.write(f"{time.clock_gettime(time.CLOCK_BOOTTIME)}\\n")
    time.sleep(0.002)
"""


def boot():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def alive(pid):
    """Whether a process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def kill(pid, number):
    try:
        if pid is not None:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children_of:
        return [int(word) for word in children_of.read().split()]


def ctl(daemon, *words, server=None, **popen):
    """Runs mgrctl; gives the CompletedProcess."""
    env = environment(MGRCTL_SERVER=server or f"unix:{daemon.path}")
    popen.setdefault("timeout", 60)
    return subprocess.run([MGRCTL, *words], env=env, capture_output=True, check=False, text=True,
                          **popen)


class Run:
    """A running mgrctl with a program below it. As a context: nothing is left at the end."""

    def __init__(self, daemon, *words, server=None, **popen):
        self.dir = tempfile.mkdtemp(prefix="run-", dir=daemon.dir)
        self.file = os.path.join(self.dir, "ticks")
        env = environment(MGRCTL_SERVER=server or f"unix:{daemon.path}", FILE=self.file, DIR=self.dir,
                          MGRCTL=MGRCTL)
        words = [word.replace("TICKS", self.file) for word in words]
        popen.setdefault("stdin", subprocess.DEVNULL)
        self.errors = os.path.join(self.dir, "stderr")
        with open(self.errors, "wb") as errors:
            self.parent = subprocess.Popen([MGRCTL, *words], env=env, stdout=subprocess.PIPE,
                                          stderr=errors, **popen)
        self.supervisor = self.pid = None

    def begun(self):
        """Waits until the program notes; gives its pid."""
        wait_until(lambda: self.lines() > 1, lambda: f"the program begins: {self.stderr()}")
        with open(self.file, encoding="ascii") as file:
            self.pid = int(file.readline())
        self.supervisor = children(self.parent.pid)[0]
        return self.pid

    def lines(self):
        try:
            with open(self.file, encoding="ascii") as file:
                return file.read().count("\n")
        except FileNotFoundError:
            return 0

    def last(self):
        """When the program noted the time for the last time."""
        with open(self.file, encoding="ascii") as file:
            return float([line for line in file if line.endswith("\n")][-1])

    def stderr(self):
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            return errors.read()

    def ended(self, seconds=30):
        """Waits for the parent's end; gives the exit code."""
        try:
            return self.parent.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"mgrctl did not end: {self.stderr()}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        kill(self.supervisor, signal.SIGCONT)
        if self.parent.poll() is None:
            self.parent.kill()
        self.parent.wait()
        until = time.monotonic() + 5
        while self.supervisor is not None and alive(self.supervisor) and time.monotonic() < until:
            time.sleep(0.005)
        for pid in (self.supervisor, self.pid):
            kill(pid, signal.SIGKILL)
        self.parent.stdout.close()


def ticker(daemon, *words, **popen):
    """A run of the program that notes the time."""
    run = Run(daemon, *words, "--", "/usr/bin/python3", "-c", TICKER, "TICKS", **popen)
    try:
        run.begun()
    except BaseException:
        run.__exit__()
        raise
    return run


def granted_after(daemon, run, name="l"):
    """Waits for the lock as the next one; checks that the program had stopped by then."""
    with Run(daemon, "lock", "run", name, "--", "/usr/bin/python3", "-c",
             "import time; print(time.clock_gettime(time.CLOCK_BOOTTIME))") as next_one:
        out, _ = next_one.parent.communicate(timeout=60)
    granted = float(out)
    check(run.last() < granted, lambda: f"the program ran {run.last() - granted} s after the next grant")
    check(not alive(run.pid), "the program lives on")
    return granted


def lock_free(daemon, name="l"):
    return ctl(daemon, "lock", "locked", name).returncode == 1


def token_of(daemon):
    return ctl(daemon, "info", "l", "--pick", "owners[0].token").stdout.strip("'\n")


def next_is_told(daemon, token):
    """What the next two are told: that the last owner died with this token ('': that it did not), then nothing."""
    told = f"the last owner died while it owned it (token {token})"
    for expected in (token, ""):
        done = ctl(daemon, "lock", "run", "l", "--", "sh", "-c", "echo $MGR_PREVIOUS_TOKEN")
        equal((done.returncode, done.stdout.strip()), (0, expected), "MGR_PREVIOUS_TOKEN")
        equal(told in done.stderr, expected != "", done.stderr)


FAMILY = "sh -c 'echo $$ >>$DIR/family; sleep 600 & echo $! >>$DIR/family; wait' & exec /usr/bin/python3 -c \"$1\" $FILE"


def family(daemon, *words, **popen):
    """The program that notes the time, with a child and a grandchild in its group."""
    run = Run(daemon, "lock", "run", "l", *words, "--", "sh", "-c", FAMILY, "sh", TICKER, **popen)
    run.begun()
    path = os.path.join(run.dir, "family")
    wait_until(lambda: os.path.exists(path) and len(open(path, encoding="ascii").read().split()) == 2, "it grows")
    run.family = [int(word) for word in open(path, encoding="ascii").read().split()] + [run.pid]
    return run
