# SPDX-License-Identifier: BSD-2-Clause
# queue each: every item is dealt with, by one program at a time, whoever fails or dies.
import json
import os
import signal
import time

from lib.daemon import Daemon
from lib.run import check, equal, main, measured, wait_until
from lib.runs import Run, alive, boot, children, ctl
from lib.valve import Valve

LEASE = 2
SHORT = ("--lease", f"{LEASE}s")
NOTE = 'cat >>$DIR/items; echo " $MGR_ATTEMPT $MGR_REDELIVERED" >>$DIR/items'


def start():
    return Daemon(variant="release")


def fill(daemon, *items, name="q"):
    done = ctl(daemon, "queue", "put-many", name, json.dumps(items), "--create")
    equal(done.returncode, 0, done.stderr)


def info(daemon, name="q"):
    return json.loads(ctl(daemon, "-j", "info", name).stdout)


def shown(daemon, name):
    return json.loads(ctl(daemon, "-j", "show", name).stdout)


def read(run, name="items"):
    try:
        with open(os.path.join(run.dir, name), encoding="ascii") as file:
            return file.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


def each(daemon, *words, **popen):
    return Run(daemon, "queue", "each", "q", *words, **popen)


# ---- items ---------------------------------------------------------------------------------------------
def test_forms():
    with start() as daemon:
        equal(ctl(daemon, "create", "queue", "q", "[text, 7, [a, 1.5], !!binary AAEC, 'two words']").returncode, 0, "")
        with each(daemon, "--until-empty", "--", "sh", "-c", "od -An -c | tr -s ' \\n' ' '; echo") as run:
            out, _ = run.parent.communicate(timeout=30)
            lines = [line.strip() for line in out.decode().split("\n") if line.strip()]
            equal(lines, ["t e x t", "7", '[ " a " , 1 . 5 ]', "\\0 001 002", "t w o w o r d s"], "on standard input")
            equal(run.ended(), 0, "it is empty")
        fill(daemon, "a b", 7, {"k": None})
        with each(daemon, "--until-empty", "--", "echo", "<{}>", "{}{}", "{", "}") as run:
            out, _ = run.parent.communicate(timeout=30)
            equal(out.decode().split("\n")[:-1],
                  ["<a b> a ba b { }", "<7> 77 { }", '<{"k": null}> {"k": null}{"k": null} { }'], "in the words")
        stat = info(daemon)
        equal((stat["ready"], stat["reserved"], stat["unfinished"]), (0, 0, 0), "all dealt with")


def test_environment():
    with start() as daemon:
        fill(daemon, 1)
        with each(daemon, "--once", "--", "sh", "-c",
                  'echo "$MGR_ATTEMPT $MGR_REDELIVERED $MGR_OBJECT $((MGR_TOKEN > 0)) $((MGR_LEASE_DEADLINE > 0))"') as run:
            out, _ = run.parent.communicate(timeout=30)
            equal(out.decode().strip(), "1 0 q 1 1", "variables")


def test_all_once_by_many():
    with start() as daemon:
        fill(daemon, *range(120))
        runs = [each(daemon, "--until-empty", "-j", "4", "--", "sh", "-c", "echo {} >>$DIR/items")
                for _ in range(3)]
        for run in runs:
            with run:
                equal(run.ended(), 0, run.stderr())
        items = sorted(int(item) for run in runs for item in read(run))
        equal(items, list(range(120)), "every item, once")


def test_at_the_same_time():
    """-j 3: three programs that wait for each other all end."""
    script = "touch $DIR/{}; until [ -e $DIR/1 ] && [ -e $DIR/2 ] && [ -e $DIR/3 ]; do sleep 0.01; done"
    with start() as daemon:
        fill(daemon, 1, 2, 3)
        with each(daemon, "--until-empty", "-j", "3", "--", "sh", "-c", script) as run:
            equal(run.ended(), 0, "they met")


# ---- failures --------------------------------------------------------------------------------------------
def test_retries_and_dead():
    script = NOTE + '; read x <$DIR/items; [ "$MGR_ATTEMPT" = "" ]'
    with start() as daemon:
        fill(daemon, "bad")
        began = time.monotonic()
        with each(daemon, "--until-empty", "--backoff", "100ms", "--attempts", "4", "--dead", "graves", "--",
                  "sh", "-c", script) as run:
            equal(run.ended(), 0, run.stderr())
            equal(read(run), ["bad 1 0", "bad 2 1", "bad 3 1", "bad 4 1"], "attempts")
        took = time.monotonic() - began
        check(0.7 <= took < 5, f"100 + 200 + 400 ms of back-off, but it took {took} s")
        equal(shown(daemon, "graves"), ["bad"], "the dead queue")
        equal(info(daemon)["unfinished"], 0, "nothing is left")


def test_failures_are_told():
    """An item that failed, and where it went, was told by nothing; a program that was killed neither."""
    with start() as daemon:
        fill(daemon, "bad " + "x" * 100)
        with each(daemon, "--until-empty", "--backoff", "50ms", "--attempts", "2", "--dead", "graves", "--",
                  "sh", "-c", '[ "$MGR_ATTEMPT" = 1 ] && exit 3; kill -9 $$') as run:
            equal(run.ended(), 0, run.stderr())
            said = run.stderr().split("\n")[:-1]
        begin = "mgrctl: item of q failed: bad " + "x" * 56 + "...: "
        equal(said, [begin + "exit code 3, attempt 1 of 2: next try in 50ms",
                     begin + "signal 9 (Killed), attempt 2 of 2: it goes to graves"], "what is said")
        fill(daemon, "bad")
        with each(daemon, "-q", "--once", "--", "false") as run:
            equal((run.ended(), run.stderr()), (1, ""), "quiet")


def test_until_nothing_can_come_back():
    """One that ended while another one had an item left it to nobody when that one failed."""
    with start() as daemon:
        fill(daemon, "a")
        with daemon.client() as client:
            grant = client.call("queue_get", name="q", reserve=True)
            with each(daemon, "--until-empty", "--", "sh", "-c", "cat >>$DIR/items; echo >>$DIR/items") as run:
                wait_until(lambda: daemon.stat()["sessions"] == 2 or run.parent.poll() is not None, "it looks")
                time.sleep(0.3)  # it cannot be asked whether it will end; before, it had by now
                equal(run.parent.poll(), None, "somebody has an item")
                client.call("queue_nack", name="q", token=grant.token)
                equal(run.ended(), 0, run.stderr())
                equal(read(run), ["a"], "it came back, and was dealt with")


def test_dead_is_no_queue():
    """Said at the start, not when the first item has failed often enough."""
    with start() as daemon:
        equal(ctl(daemon, "create", "dict", "d").returncode, 0, "")
        for items in ((), ("a",)):
            fill(daemon, *items)
            with each(daemon, "--until-empty", "--dead", "d", "--", "true") as run:
                equal(run.ended(), 80, run.stderr())
                check("dict" in run.stderr(), run.stderr())
        equal(info(daemon)["ready"], 1, "nothing was taken")


def test_fails_once():
    with start() as daemon:
        fill(daemon, "a", "b", "c")
        script = '[ "$MGR_ATTEMPT-{}" != 1-b ] && ' + NOTE.replace(";", " &&", 1)
        with each(daemon, "--until-empty", "--backoff", "50ms", "--", "sh", "-c", script) as run:
            equal(run.ended(), 0, run.stderr())
            equal(read(run), ["a 1 0", "c 1 0", "b 2 1"], "b comes again, later")


def test_never_lost_without_dead():
    with start() as daemon:
        fill(daemon, "bad")
        with each(daemon, "--attempts", "2", "--backoff", "50ms", "--", "false") as run:
            wait_until(lambda: "--dead QUEUE" in run.stderr(), "it is said")
            wait_until(lambda: info(daemon)["delayed"] == 1, "it waits for its next time")
            run.parent.send_signal(signal.SIGINT)
            equal(run.ended(), 130, "128 + SIGINT")
        equal(info(daemon)["unfinished"], 1, "it is still there")


def test_cannot_run():
    with start() as daemon:
        fill(daemon, "a")
        with each(daemon, "--", "no-such-program") as run:
            equal(run.ended(), 127, "looked up before")
        equal(info(daemon)["ready"], 1, "nothing was taken")
        for code in (126, 127):
            with each(daemon, "--", "sh", "-c", f"exit {code}") as run:
                equal(run.ended(), code, "it stops")
            equal(info(daemon)["ready"], 1, "the item is given back")


def test_ends():
    with start() as daemon:
        equal(ctl(daemon, "queue", "each", "q", "--", "true").returncode, 66, "no queue")
        ctl(daemon, "create", "queue", "q")
        equal(ctl(daemon, "queue", "each", "q", "--until-empty", "--", "true").returncode, 0, "empty")
        equal(ctl(daemon, "queue", "each", "q", "--try", "--", "true").returncode, 1, "--try")
        equal(ctl(daemon, "queue", "each", "q", "--timeout", "0.2", "--", "true").returncode, 75, "--timeout")
        equal(ctl(daemon, "queue", "each", "q", "--once", "--timeout", "0.2", "--", "true").returncode, 75, "--once")
        fill(daemon, 1, 2)
        equal(ctl(daemon, "queue", "each", "q", "--once", "--", "sh", "-c", "exit 9").returncode, 9, "its code")
        equal(ctl(daemon, "queue", "each", "q", "--once", "--", "true").returncode, 0, "its code")
        equal(info(daemon)["ready"] + info(daemon)["delayed"], 1, "one was dealt with")
        with each(daemon, "--", "true") as run:
            wait_until(lambda: info(daemon)["unfinished"] == 0, "the other one too")
            ctl(daemon, "queue", "shutdown", "q")
            equal(run.ended(), 0, "nothing will come any more")


# ---- signals and deaths --------------------------------------------------------------------------------------
HANG = "echo $$ >>$DIR/items; exec sleep 600"


def test_stop():
    """SIGTERM: no more items, the signal is passed on, what was not done goes back."""
    with start() as daemon:
        fill(daemon, 1, 2, 3)
        script = "trap 'exit 0' TERM; echo $$ >>$DIR/items; while :; do sleep 0.01; done"
        with each(daemon, "-j", "2", "--", "sh", "-c", f"[ {{}} = 1 ] && {{ {script}; }}; {HANG}") as run:
            wait_until(lambda: len(read(run)) == 2, "two run")
            run.parent.terminate()
            equal(run.ended(), 143, "128 + SIGTERM")
            check(not any(alive(int(pid)) for pid in read(run)), "programs live on")
        equal(info(daemon)["ready"], 2, "the one that ended well is done, the other is back")


def test_suspended():
    """It goes on with what came meanwhile."""
    with start() as daemon:
        fill(daemon, 1)
        with each(daemon, *SHORT, "--", "sh", "-c", "echo {} >>$DIR/items", preexec_fn=os.setpgrp) as run:
            wait_until(lambda: read(run) == ["1"], "the first is done")
            run.parent.send_signal(signal.SIGTSTP)
            with open(f"/proc/{run.parent.pid}/stat", encoding="ascii") as stat:
                wait_until(lambda: stat.seek(0) == 0 and ") T " in stat.read(), "it is suspended")
            wait_until(lambda: daemon.stat()["waiters"] == 0, "it waits for none")
            fill(daemon, 2, 3)
            run.parent.send_signal(signal.SIGCONT)
            wait_until(lambda: read(run) == ["1", "2", "3"], lambda: f"the others are done: {run.stderr()}")
            run.parent.terminate()
            equal(run.ended(), 143, run.stderr())


def test_killed_worker():
    """An item whose worker is gone is given to another one, with the mark."""
    with start() as daemon:
        fill(daemon, "x")
        with each(daemon, *SHORT, "--", "sh", "-c", HANG) as run:
            pid = int(wait_until(lambda: read(run), "it runs")[0])
            with each(daemon, "--once", "--", "sh", "-c", NOTE) as other:
                run.parent.kill()
                equal(other.ended(), 0, other.stderr())
                equal(read(other), ["x 2 1"], "attempt and mark")
            check(not alive(pid), "the program lives on")


def test_supervisor_killed():
    with start() as daemon:
        fill(daemon, "x")
        with each(daemon, *SHORT, "-j", "2", "--", "sh", "-c", HANG) as run:
            pid = int(wait_until(lambda: read(run), "it runs")[0])
            os.kill(children(run.parent.pid)[0], signal.SIGKILL)
            equal(run.ended(), 76, "lost")
            wait_until(lambda: not alive(pid), "the program is killed")
            with each(daemon, "--once", "--", "sh", "-c", NOTE) as other:
                equal(other.ended(), 0, other.stderr())
                equal(read(other), ["x 2 1"], "attempt and mark")


def test_cut_off():
    """The daemon cannot be reached: programs are stopped before their items go to others."""
    with start() as daemon, Valve(daemon.tcp) as valve:
        fill(daemon, 1, 2)
        script = "echo $$ >>$DIR/items; while :; do sleep 0.01; done"
        with each(daemon, *SHORT, "-j", "3", "--", "sh", "-c", script, server=valve.at) as run:
            pids = wait_until(lambda: len(read(run)) == 2 and read(run), "both run")
            began = boot()
            valve.shut("down")
            with each(daemon, "--once", "--", "true") as other:
                equal(run.ended(), 76, "lost")
                stopped = boot() - began
                equal(other.ended(), 0, other.stderr())
                check(not any(alive(int(pid)) for pid in pids), "programs live on")
                check(stopped < LEASE, f"they were stopped after {stopped} s")
            measured(f"cut off: stopped after {stopped:.2f} s, lease {LEASE} s")


def test_long_programs():
    """A program may take longer than the lease, also while others wait for items."""
    with start() as daemon:
        fill(daemon, "x")
        with each(daemon, "--lease", "1s", "-j", "2", "--timeout", "0.1", "--", "sleep", "3") as run:
            equal(run.ended(), 75, run.stderr())
        equal(info(daemon)["unfinished"], 0, "dealt with")


main(globals())
