# SPDX-License-Identifier: BSD-2-Clause
# libmgr against a real daemon: every call, cut connections, stopped, killed and restarted peers.
import os
import re
import signal
import subprocess
import time

from lib.daemon import REPORTS, Daemon, environment, free_port
from lib.proxy import Proxy
from lib.run import check, equal, main, measured, seed, wait_until
from lib.wire import ROOT

COUNT = int(os.environ.get("COUNT", 1_000_000))  # increments through the proxy
MEAN_BYTES = 100_000  # that a connection lives for


class Driver:
    """A process that uses libmgr (tests/e2e/mgr_driver.c), told what to do line by line."""

    def __init__(self, server, *arguments, variant="asan"):
        folder = "build" if variant == "release" else "build/asan"
        self.process = subprocess.Popen(
            [os.path.join(ROOT, folder, "e2e", "mgr_driver"), *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(MGRCTL_SERVER=server))
        self.opened = self.hear()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        check(line, lambda: f"the driver ended:\n{self.process.stderr.read()}")
        return line.strip()

    def do(self, line):
        self.tell(line)
        return self.hear()

    def blocked(self):
        """Until it sleeps in poll(): everything that it can send is sent."""
        def sleeps():
            with open(f"/proc/{self.process.pid}/syscall", encoding="ascii") as file:
                return file.read().split()[0] == "7"  # poll
        wait_until(sleeps, "the driver waits for a reply")

    def end(self, last="close"):
        self.tell(last)
        code = self.process.wait(30)
        said = self.process.stderr.read()
        self.close()
        for report in REPORTS:
            check(report not in said, said)
        equal(code, 0, f"exit code of the driver:\n{said}")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.process.stderr):
            file.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and self.process.poll() is None:
            self.end()
        else:
            self.close()


def tcp(daemon):
    return f"127.0.0.1:{daemon.port}"


def value_of(daemon):
    with daemon.client() as client:
        return client.call("dict_get", name="d", key="n", fallback=0)


def test_every_call():
    with open(os.path.join(ROOT, "build", "gen", "mgr_ops.h"), encoding="ascii") as file:
        names = set(re.findall(r"mgr_status (mgr_\w+)\(", file.read()))
    with open(os.path.join(ROOT, "tests", "e2e", "mgr_calls.c"), encoding="ascii") as file:
        called = set(re.findall(r"(mgr_\w+)\(\s*m\b", file.read()))
    check(len(names) > 90, f"only {len(names)} calls in mgr_ops.h")
    equal(sorted(names - called), [], "typed calls that tests/e2e/mgr_calls.c does not make")
    daemon = Daemon(start=False)
    daemon.configure({"state": os.path.join(daemon.dir, "state"), "journal": {"segment": "1MiB"}})
    daemon.start()
    try:
        run = subprocess.run([os.path.join(ROOT, "build", "asan", "e2e", "mgr_calls")], timeout=120,
                             env=environment(MGRCTL_SERVER=f"unix:{daemon.path}"), capture_output=True,
                             text=True, check=False)
        equal(run.returncode, 0, run.stdout + run.stderr)
        measured(f"{len(names)} typed calls: {run.stdout.strip()}")
        daemon.process.wait(30)  # the last call shut it down
        daemon.stop(0)
    finally:
        daemon.abandon()


def test_exactly_once_over_cuts():
    number = seed()
    with Daemon(variant="release") as daemon, Proxy(daemon.tcp, MEAN_BYTES, number) as proxy:
        with Driver(f"127.0.0.1:{proxy.at[1]}", 30_000, 60_000, variant="release") as driver:
            while driver.opened != "OK":  # the first connection is not tried again
                driver.close()
                driver = Driver(f"127.0.0.1:{proxy.at[1]}", 30_000, 60_000, variant="release")
            equal(driver.do("create"), "OK")
            single = COUNT // 50
            equal(driver.do(f"incr {single}"), f"OK {single}", "each result one more than the last")
            began = time.monotonic()
            equal(driver.do(f"pipe {COUNT}"), f"OK {COUNT} 0 0 {COUNT + single}")
            seconds = time.monotonic() - began
        equal(value_of(daemon), COUNT + single, "the sum")
        check(proxy.cuts >= COUNT // 20_000, f"only {proxy.cuts} cuts")
        measured(f"{COUNT} increments in {seconds:.1f} s over {proxy.cuts} cuts, {single} one by one: exact")


def test_two_threads():
    with Daemon() as daemon, Driver(tcp(daemon)) as driver:
        driver.do("create")
        equal(driver.do("threads 2 5000"), "OK 10000")
        equal(value_of(daemon), 10_000, "the sum of two threads")


def test_killed_client_leaves_nothing():
    with Daemon() as daemon:
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
        driver = Driver(tcp(daemon), 10_000, 200)
        driver.tell("pipe 100000000")
        wait_until(lambda: value_of(daemon) > 1000, "the pipeline runs")
        driver.process.kill()
        driver.close()
        daemon.settled()  # its session ends after its linger
        stat = daemon.stat()
        equal((stat["waiters"], stat["grants"], stat["connections"]), (0, 0, 1), "what is left")
        counted = value_of(daemon)
        equal(value_of(daemon), counted, "nobody counts any more")
        measured(f"killed after {counted} increments")


def test_stopped_daemon():
    with Daemon() as daemon, Driver(tcp(daemon)) as driver, Driver(tcp(daemon), 300) as hasty:
        driver.do("create")
        equal(hasty.do("incr 1"), "OK 1")
        daemon.process.send_signal(signal.SIGSTOP)
        driver.tell("pipe 5000")
        driver.blocked()
        equal(hasty.do("incr 1"), "INDETERMINATE 1", "a local timeout of a change")
        daemon.process.send_signal(signal.SIGCONT)
        equal(driver.hear().split()[:4], ["OK", "5000", "0", "0"], "the patient one")
        hasty.do("create")
        equal(hasty.do("incr 1").split()[0], "OK", "the hasty one has a new session")
        check(5002 <= value_of(daemon) <= 5003, value_of(daemon))


def restart(daemon):
    """Killed and started anew on the same port: everything in memory is gone."""
    daemon.process.send_signal(signal.SIGKILL)
    daemon.process.wait()
    daemon.process.stdout.close()
    daemon.start()


def test_restarted_daemon():
    port = free_port()
    with Daemon() as daemon:
        daemon.configure({"listen": [f"unix:{daemon.path}", f"127.0.0.1:{port}"]})
        daemon.stop()
        daemon.start()
        with Driver(tcp(daemon)) as waiting, Driver(tcp(daemon)) as writing, \
                Driver(tcp(daemon)) as idle, Driver(tcp(daemon)) as piping:
            waiting.do("create")
            for driver in (waiting, writing, idle, piping):
                driver.do("incr 1")
            waiting.tell("changed -1")
            waiting.blocked()
            daemon.process.send_signal(signal.SIGSTOP)
            writing.tell("incr 1")
            writing.blocked()
            piping.tell("pipe 100")
            piping.blocked()
            restart(daemon)
            equal(waiting.hear(), "NO_SUCH_OBJECT", "the pending question, to the new daemon")
            equal(writing.hear().split()[0], "INDETERMINATE", "the pending change")
            equal(piping.hear(), "INDETERMINATE 0 100 0 0", "the pending pipeline")
            equal(idle.do("create"), "OK", "the idle client notices before it sends")
            for count, driver in enumerate((waiting, writing, idle, piping)):
                driver.do("create")
                equal(driver.do("incr 1"), f"OK {count + 1}", "the next call, to the new daemon")


def test_waits():
    with Daemon() as daemon, Driver(tcp(daemon)) as driver:
        driver.do("create")
        equal(driver.do("incr 1"), "OK 1")
        equal(driver.do("changed 50"), "TIMEOUT", "the daemon's own timeout")
        equal(driver.do("changed 0"), "BUSY", "no wait at all")
        equal(daemon.stat()["waiters"], 0, "waiters left")


# ---- what is owned
def create(daemon, kind, **more):
    with daemon.client() as client:
        client.call("object_create", name={"lock": "l", "queue": "q"}[kind], type=kind, **more)


def acquired(line):
    """The token and the previous one."""
    status, token, previous = line.split()
    equal(status, "OK", "acquire")
    return int(token), int(previous)


def later(seconds):
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end, "time passes")


def test_owner_that_dies():
    with Daemon() as daemon, Driver(tcp(daemon)) as heir:
        create(daemon, "lock")
        owner = Driver(tcp(daemon), 10_000, 200)
        first, previous = acquired(owner.do("acquire 0"))
        equal(previous, 0, "nobody died before")
        equal(heir.do("acquire 0"), "BUSY 0 0", "a try")
        equal(heir.do("acquire 20"), "TIMEOUT 0 0", "a short wait")
        heir.tell("acquire -1")
        heir.blocked()
        owner.process.kill()
        owner.close()
        second, previous = acquired(heir.hear())
        check(second > first, "tokens grow")
        equal(previous, first, "the token of the one that died")
        equal(heir.do(f"release {first}"), "OK 1", "a grant that is gone")
        equal(heir.do(f"release {second}"), "OK 0", "one that is not")


def test_waiting_keeps_the_session():
    with Daemon() as daemon, Driver(tcp(daemon)) as owner, \
            Driver(tcp(daemon), 10_000, 400, 400) as waiting:
        create(daemon, "lock")
        token, _ = acquired(owner.do("acquire 0"))
        waiting.tell("acquire -1")
        later(1.5)
        owner.do(f"release {token}")
        acquired(waiting.hear())
        equal(waiting.do("held"), "1 1", "in the same session")


def test_heartbeats_from_a_loop():
    with Daemon() as daemon, Driver(tcp(daemon), 10_000, 2000, 2000) as owner, \
            Driver(tcp(daemon)) as heir:
        create(daemon, "lock")
        acquired(owner.do("acquire 0"))
        owner.tell("beat")
        later(3)
        equal(owner.do("held"), "OK 0", "held all the time, as far as it knew")
        equal(owner.hear(), "1 1")
        equal(heir.do("acquire 0"), "BUSY 0 0")
        owner.tell("beat")
        owner.process.send_signal(signal.SIGSTOP)
        acquired(heir.do("acquire -1"))
        owner.process.send_signal(signal.SIGCONT)
        status, unsure = owner.hear().split()
        equal(status, "SESSION_LOST", "what the stopped one is told")
        check(int(unsure) > 0, "it was not sure when it woke up")
        equal(owner.do("held"), "0 2", "and stays so")


def test_detached():
    with Daemon() as daemon, Driver(tcp(daemon)) as other:
        create(daemon, "lock")
        with Driver(tcp(daemon), 10_000, 100, 60_000) as owner:
            token, _ = acquired(owner.do("acquire 0"))
            owner.end("abandon")
        later(0.5)
        equal(other.do("acquire 0"), "BUSY 0 0", "its owner's connection is long gone")
        equal(other.do(f"release {token}"), "OK 0", "by token, from elsewhere")
        acquired(other.do("acquire 0"))


def test_items_that_did_not_arrive():
    with Daemon() as daemon:
        create(daemon, "queue", init=[7, 8])
        for last, wanted in (("return", "OK 7 0"), ("close", "OK 7 1"), ("close", "OK 8 0"),
                             ("close", "EMPTY 0 0")):
            with Driver(tcp(daemon)) as driver:
                equal(driver.do("get"), wanted)
                driver.end(last)


def test_no_answer_frees_all():
    with Daemon() as daemon, Driver(tcp(daemon), 200, 300) as hasty, Driver(tcp(daemon)) as heir:
        create(daemon, "lock")
        daemon.process.send_signal(signal.SIGSTOP)
        equal(hasty.do("acquire 100"), "INDETERMINATE 0 0", "no answer, and none to the cancel")
        daemon.process.send_signal(signal.SIGCONT)
        acquired(heir.do("acquire 10000"))


# ---- the examples
def example(daemon, *command):
    path = os.path.join(ROOT, "build", "asan", "examples", command[0])
    return subprocess.Popen([path, *command[1:]], env=environment(MGRCTL_SERVER=tcp(daemon)),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_examples_lock_and_worker():
    with Daemon() as daemon:
        file = os.path.join(daemon.dir, "count")
        counting = [example(daemon, "lock", file, "25") for _ in range(4)]
        for process in counting:
            out, said = process.communicate(timeout=60)
            equal((process.returncode, out, said), (0, "", ""), "lock")
        with open(file, encoding="ascii") as text:
            equal(text.read().split()[1], "100", "four programs counted")
        with daemon.client() as client:
            client.call("object_create", name="jobs", type="queue", init=list(range(50)))
        working = [example(daemon, "worker", "jobs") for _ in range(3)]
        lines = []
        for process in working:
            out, said = process.communicate(timeout=60)
            equal((process.returncode, said), (0, ""), "worker")
            lines += out.split()
        equal(sorted(map(int, lines)), list(range(50)), "each item once")


if __name__ == "__main__":
    main(globals())
