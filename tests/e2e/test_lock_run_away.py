# SPDX-License-Identifier: BSD-2-Clause
# lock run: the program has stopped before the lease ends, when the daemon is gone, silent or cut off.
import signal

from lib.daemon import Daemon
from lib.run import check, equal, main, measured, wait_until
from lib.runs import Run, alive, boot, ctl, family, granted_after, lock_free, next_is_told, ticker, token_of
from lib.valve import Valve

LEASE = 2  # seconds
SHORT = ("--lease", f"{LEASE}s")


def start():
    return Daemon(variant="release")


def in_time(run, began, what):
    """The program stopped before the lease of a heartbeat sent at began could end."""
    equal(run.ended(), 76, "lost")
    wait_until(lambda: not any(alive(pid) for pid in run.family), "the group dies")
    check(run.last() < began + LEASE - 0.2, f"{what}: stopped {run.last() - began} s after")
    measured(f"{what}: program stopped {run.last() - began:.2f} s after, lease {LEASE} s")


def test_daemon_killed():
    with start() as daemon, family(daemon, *SHORT) as run:
        began = boot()
        daemon.process.kill()
        daemon.process.wait()
        daemon.process.stdout.close()
        daemon.process = None
        in_time(run, began, "daemon killed")


def test_daemon_stopped():
    with start() as daemon, family(daemon, *SHORT) as run:
        began, token = boot(), token_of(daemon)
        daemon.process.send_signal(signal.SIGSTOP)
        in_time(run, began, "daemon stopped")
        daemon.process.send_signal(signal.SIGCONT)
        next_is_told(daemon, token)


def test_renewed_from_elsewhere():
    """Another session may lengthen the lease, not shorten it; the program ends by its own lease all the same."""
    with start() as daemon, family(daemon, *SHORT) as run:
        token = ctl(daemon, "info", "l", "--pick", "owners[0].token").stdout.strip("'\n")
        done = ctl(daemon, "lock", "renew", "l", token, "--lease", "1ms")
        check(done.returncode != 0 and "shorten" in done.stderr, done.stderr)
        equal(ctl(daemon, "lock", "renew", "l", token, "--lease", "60s").returncode, 0, "lengthened")
        until = boot() + LEASE
        wait_until(lambda: run.last() > until, "it runs on, longer than a lease")
        check(not lock_free(daemon), "the lock is held")
        began = boot()
        daemon.process.send_signal(signal.SIGSTOP)
        in_time(run, began, "lengthened, daemon stopped")
        daemon.process.send_signal(signal.SIGCONT)


def cut_off(direction):
    with start() as daemon, Valve(daemon.tcp) as valve:
        with family(daemon, *SHORT, server=valve.at) as run:
            began = boot()
            valve.shut(direction)
            in_time(run, began, f"cut off, {direction}")
            granted_after(daemon, run)


def test_cut_off_up():
    cut_off("up")


def test_cut_off_down():
    cut_off("down")


def test_reconnects():
    """A connection that is lost and found again within the lease is none of the program's business."""
    with start() as daemon, Valve(daemon.tcp) as valve:
        with ticker(daemon, "lock", "run", "l", *SHORT, server=valve.at) as run:
            until = boot() + 3 * LEASE
            while boot() < until:
                valve.cut()
                lines = run.lines()
                wait_until(lambda n=lines: run.lines() > n + 50, "it runs on")
            check(not lock_free(daemon), "the lock is held")
            run.parent.terminate()
            equal(run.ended(), 143, "TERM is passed on")
        check(lock_free(daemon), "it was given back")


def test_session_killed():
    with start() as daemon, family(daemon, *SHORT) as run:
        session = ctl(daemon, "info", "l", "--pick", "owners[0].session").stdout.strip("'\n")
        equal(ctl(daemon, "session", "kill", session).returncode, 0, "killed by an operator")
        equal(run.ended(), 76, "lost")
        wait_until(lambda: not any(alive(pid) for pid in run.family), "the group dies")


def test_daemon_gone_at_the_end():
    """A program that ended in time was never without its lock, though nobody can be told."""
    script = "echo $$ >$FILE; echo 1 >>$FILE; until [ -e $DIR/go ]; do sleep 0.01; done; exit 3"
    with start() as daemon, Run(daemon, "lock", "run", "l", *SHORT, "--", "sh", "-c", script) as run:
        run.begun()
        daemon.process.send_signal(signal.SIGSTOP)
        open(f"{run.dir}/go", "w", encoding="ascii").close()
        equal(run.ended(), 3, "the program's own code")
        check("frees lock l by itself" in run.stderr(), run.stderr())
        daemon.process.send_signal(signal.SIGCONT)
        wait_until(lambda: lock_free(daemon), "it does")


main(globals())
