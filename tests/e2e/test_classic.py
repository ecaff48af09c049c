# SPDX-License-Identifier: BSD-2-Clause
# The classic programs of multiprocessing, by processes that know nothing but the daemon's address.
import os
import subprocess

from lib.daemon import Daemon, environment
from lib.run import check, equal, main, wait_until
from lib.wire import ROOT

MGRCTL = os.path.join(ROOT, "build", "mgrctl")
SECONDS = 60
COUNT_UNDER_LOCK = """
n=$("$MGRCTL" dict get counts n 0) && sleep 0.02 && "$MGRCTL" dict set counts n $((n + 1))
"""


class Shell:
    """Runs mgrctl and sh against one daemon."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.env = environment(MGRCTL_SERVER=f"unix:{daemon.path}", MGRCTL=MGRCTL)
        self.children = []

    def start(self, *command):
        """A process of its own; its output is there when it has ended."""
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=self.env)
        self.children.append(child)
        return child

    def mgr(self, *words):
        return self.start(MGRCTL, *words)

    def finish(self, child, code=0):
        out, err = child.communicate(timeout=SECONDS)
        equal(child.returncode, code, f"exit code of {child.args}: {err}")
        return out.strip()

    def do(self, *words):
        return self.finish(self.mgr(*words))

    def waiting(self, count):
        wait_until(lambda: self.daemon.stat()["waiters"] == count, f"{count} wait")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.communicate()


def test_event():
    """Set by one process, it wakes those that wait; who comes later does not wait."""
    with Daemon() as daemon, Shell(daemon) as shell:
        shell.do("create", "event", "ready")
        waiters = [shell.mgr("event", "wait", "ready") for _ in range(5)]
        shell.waiting(5)
        check(all(child.poll() is None for child in waiters), "nobody goes on before it is set")
        shell.do("event", "set", "ready")
        for child in waiters:
            shell.finish(child)
        shell.do("event", "wait", "ready")
        shell.do("event", "clear", "ready")
        shell.finish(shell.mgr("event", "is_set", "ready"), 1)


def test_counter_under_lock():
    """Ten processes read, pause, and write one more."""
    with Daemon() as daemon, Shell(daemon) as shell:
        shell.do("create", "dict", "counts")
        shell.do("create", "lock", "guard")
        children = [shell.mgr("lock", "run", "guard", "--", "sh", "-c", COUNT_UNDER_LOCK) for _ in range(10)]
        for child in children:
            shell.finish(child)
        equal(shell.do("dict", "get", "counts", "n"), "10", "the counter")


def test_producer_consumer():
    with Daemon() as daemon, Shell(daemon) as shell:
        shell.do("create", "queue", "squares", "--maxsize", "2")
        consumer = shell.start("sh", "-c", 'for i in 1 2 3 4 5; do "$MGRCTL" queue get squares || exit; done')
        shell.waiting(1)
        producer = shell.start("sh", "-c", 'for i in 0 1 2 3 4; do "$MGRCTL" queue put squares $((i * i)) || exit; done')
        shell.finish(producer)
        equal(shell.finish(consumer).split(), ["0", "1", "4", "9", "16"], "what the consumer got")


def test_pipe():
    """Both ways, between two processes."""
    with Daemon() as daemon, Shell(daemon) as shell:
        shell.do("create", "pipe", "p")
        echo = shell.start("sh", "-c", 'word=$("$MGRCTL" -r pipe recv p --end 1) && '
                           '"$MGRCTL" pipe send p "$word back" --end 1')
        shell.waiting(1)
        shell.do("pipe", "send", "p", "there", "--end", "2")
        shell.finish(echo)
        equal(shell.do("-r", "pipe", "recv", "p", "--end", "2"), "there back", "what came back")


if __name__ == "__main__":
    main(globals())
