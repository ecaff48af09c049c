# SPDX-License-Identifier: BSD-2-Clause
# lock run: the program runs only while the lock is held, whoever dies or hangs.
import os
import pty
import re
import signal
import subprocess
import time

from lib.daemon import Daemon, environment
from lib.run import check, equal, main, measured, wait_until
from lib.runs import (MGRCTL, Run, alive, boot, ctl, family, granted_after, lock_free, next_is_told, ticker,
                      token_of)

LEASE = 2  # seconds, where an end of it is waited for
SHORT = ("--lease", f"{LEASE}s")


def start():
    return Daemon(variant="release")


# ---- the program's own ways ------------------------------------------------------------------------
def test_exit_codes():
    with start() as daemon:
        for code in (0, 1, 3, 75, 255):
            equal(ctl(daemon, "lock", "run", "l", "--", "sh", "-c", f"exit {code}").returncode, code, "passed on")
        done = ctl(daemon, "lock", "run", "l", "-E", "9", "--", "sh", "-c", "kill -KILL $$")
        equal(done.returncode, 137, "128 + signal")
        check("signal 9" in done.stderr, done.stderr)
        check(lock_free(daemon), "the lock is free")


def test_program_is_looked_up_first():
    with start() as daemon:
        equal(ctl(daemon, "lock", "run", "l", "--", "no-such-program").returncode, 127, "not found")
        equal(ctl(daemon, "lock", "run", "l", "--", "/").returncode, 126, "cannot be run")
        equal(ctl(daemon, "lock", "run", "l", "-E", "99", "--", "/").returncode, 99, "own codes are replaced")
        equal(ctl(daemon, "exists", "l").returncode, 1, "nothing was asked of the daemon")
        equal(ctl(daemon, "lock", "run", "l").returncode, 64, "a program is needed")
        equal(ctl(daemon, "lock", "run", "l", "--grace", "3s", "--", "true").returncode, 64, "too long a grace")
        for none in ("0", "0s"):
            done = ctl(daemon, "lock", "run", "l", "--lease", none, "--", "true")
            equal(done.returncode, 64, "no lease")
            check("at least 1s" in done.stderr, done.stderr)
        equal(ctl(daemon, "lock", "run", "l", "--lease", "100ms", "--", "true").returncode, 64, "too short a lease")
        equal(ctl(daemon, "lock", "run", "l", "--", "true", server="127.0.0.1:1").returncode, 69, "nobody there")


def status_line(daemon, *words):
    """(exit code, what --status-fd got)"""
    read, write = os.pipe()
    done = ctl(daemon, *words[:3], "--status-fd", str(write), *words[3:], pass_fds=[write])
    os.close(write)
    with os.fdopen(read, encoding="ascii") as status:
        return done.returncode, status.read()


def test_status_fd():
    with start() as daemon:
        equal(status_line(daemon, "lock", "run", "l", "--", "sh", "-c", "exit 3"), (3, "child 3\n"), "child")
        equal(status_line(daemon, "lock", "run", "l", "--", "sh", "-c", "kill -9 $$"), (137, "signal 9\n"), "signal")
        equal(status_line(daemon, "lock", "run", "l", "--", "/"), (126, "not-run 126\n"), "not run")
        with ticker(daemon, "lock", "run", "l"):
            equal(status_line(daemon, "lock", "run", "l", "--try", "--", "true"), (1, "busy\n"), "busy")
            equal(status_line(daemon, "lock", "run", "l", "--timeout", "0.1", "--", "true"), (75, "timeout\n"), "late")
        gone = 'exec 3<&-; "$0" lock release l "$MGR_TOKEN"; exit 0'
        equal(status_line(daemon, "lock", "run", "l", "--", "sh", "-c", gone, MGRCTL), (76, "lost child 0\n"), "lost")


def test_busy_and_late():
    with start() as daemon, ticker(daemon, "lock", "run", "l") as run:
        done = ctl(daemon, "lock", "run", "l", "--try", "--", "touch", f"{run.dir}/ran")
        equal(done.returncode, 1, "--try on a held lock")
        check("BlockingIOError" in done.stderr, done.stderr)
        began = time.monotonic()
        equal(ctl(daemon, "lock", "run", "l", "--timeout", "0.3", "--", "touch", f"{run.dir}/ran").returncode, 75, "")
        check(0.3 <= time.monotonic() - began < 3, "it waited as long as it was told")
        done = ctl(daemon, "-q", "lock", "run", "l", "--try", "-E", "42", "--", "touch", f"{run.dir}/ran")
        equal((done.returncode, done.stderr), (42, ""), "-E, -q")
        check(not os.path.exists(f"{run.dir}/ran"), "a program ran without the lock")
        run.parent.terminate()
        equal(run.ended(), 143, "TERM is passed on")


def test_standard_files():
    data = os.urandom(1 << 20).hex()
    with start() as daemon:
        done = ctl(daemon, "lock", "run", "l", "--", "sh", "-c", "cat; echo words >&2", input=data)
        equal((done.returncode, done.stderr), (0, "words\n"), "how it ended")
        check(done.stdout == data, "standard input arrives")


def test_signals():
    script = """
        for name in INT TERM HUP QUIT USR1 USR2; do trap "echo $name >>$DIR/got" $name; done
        trap 'exit 7' CONT
        echo $$ >$FILE; echo 1 >>$FILE
        while :; do sleep 0.01; done"""
    with start() as daemon, Run(daemon, "lock", "run", "l", "--", "sh", "-c", script) as run:
        run.begun()
        names = ["USR1", "USR2", "HUP", "INT", "QUIT", "TERM"]
        for count, name in enumerate(names, 1):
            run.parent.send_signal(getattr(signal, "SIG" + name))
            wait_until(lambda n=count: os.path.exists(f"{run.dir}/got") and
                       len(open(f"{run.dir}/got", encoding="ascii").read().split()) >= n, f"{name} arrives")
        equal(open(f"{run.dir}/got", encoding="ascii").read().split(), names, "each once, in order")
        run.parent.send_signal(signal.SIGCONT)
        equal(run.ended(), 7, "the program decides")
        check(lock_free(daemon), "the lock is free")


def test_interrupted_while_waiting():
    with start() as daemon, ticker(daemon, "lock", "run", "l") as run:
        with Run(daemon, "lock", "run", "l", "--", "touch", f"{run.dir}/ran") as waiting:
            wait_until(lambda: daemon.stat()["waiters"] == 1, "it waits")
            waiting.parent.send_signal(signal.SIGINT)
            equal(waiting.ended(), 130, "128 + SIGINT")
        wait_until(lambda: daemon.stat()["waiters"] == 0, "it waits no more")
        check(not os.path.exists(f"{run.dir}/ran"), "a program ran without the lock")


def test_deleted_while_waiting():
    """What somebody deletes stays deleted; what was not there at first is made."""
    with start() as daemon, ticker(daemon, "lock", "run", "l", *SHORT) as run:
        with Run(daemon, "lock", "run", "l", "--", "touch", f"{run.dir}/ran") as waiting:
            wait_until(lambda: daemon.stat()["waiters"] == 1, "it waits")
            equal(ctl(daemon, "rm", "--force", "l").returncode, 0, "it is deleted")
            equal(waiting.ended(), 66, waiting.stderr())
            check("lock l was deleted" in waiting.stderr(), waiting.stderr())
        equal(run.ended(), 76, "the owner has lost it")
        equal(ctl(daemon, "exists", "l").returncode, 1, "nobody made it again")
        check(not os.path.exists(f"{run.dir}/ran"), "a program ran without the lock")
        equal(ctl(daemon, "lock", "run", "l", "--", "true").returncode, 0, "it is made for who comes later")
        for late in (("--timeout", "50ms"), ("--try",)):
            equal(ctl(daemon, "lock", "run", "n", *late, "--", "true").returncode, 0, f"made with {late}")
            equal(ctl(daemon, "rm", "n").returncode, 0, "it was there")


def test_environment():
    with start() as daemon:
        done = ctl(daemon, "lock", "run", "l", "--", "sh", "-c",
                   'echo "$MGR_TOKEN $MGRCTL_REQUIRE $MGR_OBJECT $MGR_LEASE_DEADLINE ${MGR_PREVIOUS_TOKEN-none}"')
        token, require, name, deadline, previous = done.stdout.split()
        equal((token, name, previous), (require, "l", "none"), "variables")
        check(0 < int(deadline) / 1e9 - boot() < 10.1, f"deadline {deadline}")


def test_who_it_is():
    """The owner is shown with the process that the user started."""
    with start() as daemon, ticker(daemon, "lock", "run", "l") as run:
        name = ctl(daemon, "info", "l", "--pick", "owners[0].client").stdout.strip("'\n")
        check(name.endswith(f":{run.parent.pid}"), name)
    with start() as daemon, ticker(daemon, "--client", "me", "lock", "run", "l"):
        equal(ctl(daemon, "info", "l", "--pick", "owners[0].client").stdout.strip("'\n"), "me", "as it was told")


def test_token_fences():
    """What the program asks of the daemon is refused when the lock is not its any more."""
    script = """
        "$MGRCTL" dict set d early 1 --create; echo "early $?"
        echo $$ >$FILE; echo 1 >>$FILE
        trap '' TERM
        until [ -e $DIR/go ]; do sleep 0.01; done
        "$MGRCTL" dict set d late 1; echo "late $?" """
    with start() as daemon, Run(daemon, "lock", "run", "l", "--", "sh", "-c", script) as run:
        run.begun()
        equal(ctl(daemon, "lock", "release", "l", "--any").returncode, 0, "taken away")
        open(f"{run.dir}/go", "w", encoding="ascii").close()
        out, _ = run.parent.communicate(timeout=30)
        equal(out, b"early 0\nlate 76\n", "what mgrctl gave in the program")
        equal(run.ended(), 76, "the lock was lost, whatever the program gave")
        equal(ctl(daemon, "dict", "has", "d", "late").returncode, 1, "nothing was written")


def test_counter():
    """Ten at the same time read, add one, and write."""
    script = "n=$(cat $0); sleep 0.01; echo $((n + 1)) >$0"
    with start() as daemon:
        path = os.path.join(daemon.dir, "counter")
        with open(path, "w", encoding="ascii") as counter:
            counter.write("0\n")
        env = environment(MGRCTL_SERVER=f"unix:{daemon.path}")
        runs = [subprocess.Popen([MGRCTL, "lock", "run", "l", "--", "sh", "-c", script, path], env=env)
                for _ in range(10)]
        equal([run.wait(60) for run in runs], [0] * 10, "exit codes")
        equal(open(path, encoding="ascii").read(), "10\n", "the sum")


def test_other_types():
    with start() as daemon:
        equal(ctl(daemon, "rlock", "run", "r", "--", "sh", "-c", "exit 5").returncode, 5, "rlock")
        done = ctl(daemon, "semaphore", "run", "s", "--", "true")
        equal(done.returncode, 66, "a semaphore is not created unasked")
        check("mgrctl create semaphore s" in done.stderr, done.stderr)
        equal(ctl(daemon, "create", "semaphore", "s", "3").returncode, 0, "create")
        with ticker(daemon, "semaphore", "run", "s", "--permits", "2") as run:
            equal(ctl(daemon, "semaphore", "value", "s").stdout, "1\n", "free permits")
            equal(ctl(daemon, "semaphore", "run", "s", "--permits", "2", "--try", "--", "true").returncode, 1, "busy")
            equal(ctl(daemon, "semaphore", "run", "s", "--try", "--", "true").returncode, 0, "one is left")
            run.parent.kill()
            wait_until(lambda: ctl(daemon, "semaphore", "value", "s").stdout == "3\n", "they come back")


def test_what_it_leaves_behind():
    """Others of the program's group have the grace to end, and are ended then."""
    with start() as daemon:
        done = ctl(daemon, "lock", "run", "l", "--", "sh", "-c", "(sleep 0.3; echo late) & echo early")
        equal((done.returncode, done.stdout), (0, "early\nlate\n"), "what ends by itself is waited for")
        done = ctl(daemon, "lock", "run", "l", *SHORT, "--", "sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!; exit 4")
        equal(done.returncode, 4, "the program's own code")
        check(not alive(int(done.stdout)), "what does not is killed")


# ---- somebody dies -----------------------------------------------------------------------------------
def test_parent_killed():
    with start() as daemon, family(daemon) as run:
        began, token = time.monotonic(), token_of(daemon)
        run.parent.kill()
        wait_until(lambda: lock_free(daemon), "the lock is free")
        took = time.monotonic() - began
        check(not any(alive(pid) for pid in run.family), "some of the group live on")
        check(took < 1, f"it took {took} s")
        measured(f"parent killed: lock free after {took * 1000:.0f} ms")
        wait_until(lambda: not alive(run.supervisor), "the supervisor ends")
        next_is_told(daemon, token)


def test_ends_by_itself():
    """Programs that end by themselves, or by what the user sent, have given it back."""
    with start() as daemon:
        equal(ctl(daemon, "lock", "run", "l", "--", "sh", "-c", "kill -TERM $$").returncode, 143, "its own end")
        next_is_told(daemon, "")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with ticker(daemon, "lock", "run", "l") as run:
                run.parent.send_signal(number)
                run.ended()
            next_is_told(daemon, "")


def test_supervisor_killed():
    with start() as daemon, family(daemon, *SHORT) as run:
        began = boot()
        os.kill(run.supervisor, signal.SIGKILL)
        equal(run.ended(), 76, "the lock is lost")
        wait_until(lambda: not any(alive(pid) for pid in run.family), "the group dies", 1)
        granted = granted_after(daemon, run)
        check(LEASE - 0.2 < granted - began < LEASE + 1, f"granted after {granted - began} s")


def test_both_killed():
    with start() as daemon, ticker(daemon, "lock", "run", "l", *SHORT) as run:
        token = token_of(daemon)
        began = boot()
        os.kill(run.supervisor, signal.SIGSTOP)  # it must not see the other's end first
        run.parent.kill()
        os.kill(run.supervisor, signal.SIGKILL)
        with Run(daemon, "lock", "run", "l", "--", "sh", "-c", "echo $MGR_PREVIOUS_TOKEN") as next_one:
            out, _ = next_one.parent.communicate(timeout=30)
            took = boot() - began
            equal(out.decode().strip(), token, "the token of the one that died")
            check("died" in next_one.stderr(), "it is said")
        check(LEASE - 0.2 < took < LEASE + 1, f"granted after {took} s")
        measured(f"parent and supervisor killed: lock free after {took:.2f} s, lease {LEASE} s")


# ---- somebody hangs ------------------------------------------------------------------------------------
def test_parent_stopped():
    with start() as daemon, family(daemon, *SHORT) as run:
        token = token_of(daemon)
        run.parent.send_signal(signal.SIGSTOP)
        wait_until(lambda: lock_free(daemon), "the lock is free", 3 * LEASE)
        check(not any(alive(pid) for pid in run.family), "some of the group live on")
        next_is_told(daemon, token)
        run.parent.send_signal(signal.SIGCONT)
        equal(run.ended(), 76, "lost")
        check("mgrctl itself stood still" in run.stderr() and "supervisor" not in run.stderr(), run.stderr())


def test_supervisor_stopped():
    with start() as daemon, family(daemon, *SHORT) as run:
        os.kill(run.supervisor, signal.SIGSTOP)
        equal(run.ended(), 76, "lost")
        check("the supervisor process stood still" in run.stderr(), run.stderr())
        granted = granted_after(daemon, run)
        measured(f"supervisor stopped: program dead {(granted - run.last()) * 1000:.0f} ms before the next grant")
        os.kill(run.supervisor, signal.SIGCONT)
        wait_until(lambda: not alive(run.supervisor), "it ends when it goes on")


def test_both_stopped():
    """Nobody is left who could kill the program: the token fences it."""
    script = """
        echo $$ >$FILE; echo 1 >>$FILE
        until [ -e $DIR/go ]; do sleep 0.01; done
        "$MGRCTL" dict set d late 1 --create; echo $? >$DIR/code; sleep 600"""
    with start() as daemon, Run(daemon, "lock", "run", "l", *SHORT, "--", "sh", "-c", script) as run:
        run.begun()
        run.parent.send_signal(signal.SIGSTOP)
        os.kill(run.supervisor, signal.SIGSTOP)
        equal(ctl(daemon, "lock", "run", "l", "--", "true").returncode, 0, "the next one")
        open(f"{run.dir}/go", "w", encoding="ascii").close()
        code = wait_until(lambda: os.path.exists(f"{run.dir}/code") and
                          open(f"{run.dir}/code", encoding="ascii").read().strip(), "the program goes on")
        equal(code, "76", "its token is refused")
        os.kill(run.supervisor, signal.SIGCONT)
        run.parent.send_signal(signal.SIGCONT)
        equal(run.ended(), 76, "lost")
        wait_until(lambda: not alive(run.pid), "the program is ended at last")


def state(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def suspend(run):
    run.parent.send_signal(signal.SIGTSTP)
    wait_until(lambda: state(run.parent.pid) == "T" and state(run.pid) == "T", "both are suspended")


def test_suspended():
    """A suspended parent is no dead one, however long; the supervisor alone watches the clock then."""
    with start() as daemon, ticker(daemon, "lock", "run", "l", *SHORT, preexec_fn=os.setpgrp) as run:
        suspend(run)
        until = boot() + 1.5 * LEASE
        wait_until(lambda: boot() > until, "longer than the lease")
        check(not lock_free(daemon), "the lock is kept")
        run.parent.send_signal(signal.SIGCONT)
        until = boot() + LEASE
        wait_until(lambda: run.lines() and run.last() > until, lambda: f"the program goes on: {run.stderr()}")
        suspend(run)
        began = boot()
        daemon.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: not alive(run.pid), "the program is ended")
        took = boot() - began
        check(took < LEASE, f"dead {took} s after the daemon stopped")
        measured(f"parent suspended, daemon stopped: program dead {took:.2f} s after, lease {LEASE} s")
        run.parent.send_signal(signal.SIGCONT)
        equal(run.ended(), 76, "lost")
        check("supervisor" not in run.stderr(), run.stderr())
        daemon.process.send_signal(signal.SIGCONT)


# ---- terminals ---------------------------------------------------------------------------------------------
class Screen:
    """A shell on a terminal of its own."""

    def __init__(self, daemon):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = environment(MGRCTL_SERVER=f"unix:{daemon.path}", PS1="$ ", MGRCTL=MGRCTL)
            os.execvpe("bash", ["bash", "--norc", "--noediting", "-i"], env)

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern):
        """Reads until the pattern was seen."""
        def look():
            import select
            if select.select([self.fd], [], [], 0.01)[0]:
                self.seen += os.read(self.fd, 4096).decode()
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end():]
            return found
        return wait_until(look, lambda: f"{pattern} in {self.seen!r}")

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def test_terminal():
    with start() as daemon:
        screen = Screen(daemon)
        screen.type("$MGRCTL lock run l -- sh -c 'read x; echo \"<$x>\"; exit 3'; echo \"[$?]\"\n")
        wait_until(lambda: not lock_free(daemon), "it runs")
        screen.type("hello\n")
        screen.until("<hello>")
        screen.until(r"\[3\]")
        screen.type("$MGRCTL lock run l -- sleep 600; echo \"[$?]\"\n")
        wait_until(lambda: not lock_free(daemon), "it runs")
        screen.type("\x03")
        screen.until(r"\[130\]")
        check(lock_free(daemon), "the lock is free")
        screen.type("$MGRCTL lock run l " + " ".join(SHORT) + " -- sh -c 'echo begun; read x; echo \"<$x>\"'\n")
        screen.until("\nbegun")
        screen.type("\x1a")
        screen.until("Stopped")
        until = time.monotonic() + 1.5 * LEASE
        wait_until(lambda: time.monotonic() > until, "longer than the lease")
        check(not lock_free(daemon), "a stopped program keeps its lock")
        screen.type("fg\n")
        screen.until("lock run")
        screen.type("again\n")
        screen.until("<again>")
        screen.type("echo \"[$?]\"\n")
        screen.until(r"\[0\]")
        check(lock_free(daemon), "the lock is free")
        screen.close()


main(globals())
