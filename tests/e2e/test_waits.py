# SPDX-License-Identifier: BSD-2-Clause
# What mgrctl tells about who waits for what, and about who is there, also when it is much.
import json
import os
import subprocess
import time

from lib.daemon import Daemon, environment
from lib.run import check, equal, main, measured, wait_until
from lib.wire import FOR_EVER, ROOT

MGRCTL = os.path.join(ROOT, "build", "asan", "mgrctl")
SESSIONS, EACH = 40, 250
MANY_SESSIONS = 4000


def mgrctl(daemon, *words):
    done = subprocess.run([MGRCTL, *words], capture_output=True, text=True, timeout=60, check=False,
                          env=environment(MGRCTL_SERVER=f"unix:{daemon.path}"))
    return done.returncode, done.stdout, done.stderr


def make(daemon, **types):
    with daemon.client() as client:
        for name, type in types.items():
            client.call("object_create", name=name, type=type)


def acquire(client, name, **arguments):
    return client.send("lock_acquire", name=name, wait_ms=FOR_EVER, **arguments)


def waiting(daemon, count):
    wait_until(lambda: daemon.stat()["waiters"] == count, f"{count} wait")


def test_a_deadlock_is_found_and_goes():
    with Daemon() as daemon:
        make(daemon, a="lock", b="lock", e="event")
        with daemon.client(client="alice") as alice, daemon.client(client="bob") as bob:
            alice.call("lock_acquire", name="a")
            bob.call("lock_acquire", name="b")
            held = acquire(alice, "b")
            waiting(daemon, 1)
            equal(mgrctl(daemon, "waits", "--check"), (0, "", ""), "a chain is no deadlock")
            taken = acquire(bob, "a")
            event = alice.send("event_wait", name="e", wait_ms=FOR_EVER, holder=9)
            waiting(daemon, 3)
            code, out, _ = mgrctl(daemon, "waits", "--check")
            equal(code, 1, "exit code of --check")
            check(out.startswith("deadlock: ") and "alice" in out and "bob" in out, out)
            equal(mgrctl(daemon, "waits", "-q", "--check"), (1, "", ""), "quiet")
            equal(mgrctl(daemon, "waits", "e", "--check")[0], 0, "another part of the graph")
            code, out, _ = mgrctl(daemon, "waits", "--graph")
            equal((code, out.count("[deadlock]")), (0, 2), out)
            code, out, _ = mgrctl(daemon, "waits", "-o", "dot")
            check(code == 0 and out.startswith("digraph waits {") and out.endswith("}\n"), out)
            rows = json.loads(mgrctl(daemon, "waits", "-j")[1])
            equal(sorted(row["operation"] for row in rows),
                  ["event wait", "lock acquire", "lock acquire"], "rows")
            equal([row["held_by"][0]["client"] for row in rows if row["object"] == "b"], ["bob"],
                  "held by")
            check(alice.call("session_cancel", id=held), "cancelled")
            equal(mgrctl(daemon, "waits", "--check"), (0, "", ""), "no deadlock any more")
            alice.call("event_set", name="e")
            check(alice.result(event), "the event")
            alice.call("lock_release", name="a")
            bob.reply(taken)


def run_in(daemon, name, then):
    """mgrctl lock run NAME -- sh -c THEN, where $MGRCTL is the program."""
    env = environment(MGRCTL_SERVER=f"unix:{daemon.path}", MGRCTL=MGRCTL)
    return subprocess.Popen([MGRCTL, "lock", "run", name, "--", "sh", "-c", then], env=env,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def deadlocked(daemon):
    """What --check says as soon as it finds one."""
    def found():
        code, out, _ = mgrctl(daemon, "waits", "--check")
        return out if code == 1 else None
    return wait_until(found, "--check finds a deadlock")


def test_nested_runs_the_other_way_round():
    with Daemon() as daemon, daemon.client(client="alice") as alice:
        make(daemon, da="lock", db="lock", go="lock")
        alice.call("lock_acquire", name="go")
        inner = '"$MGRCTL" --no-require lock run go -- true; "$MGRCTL" %s lock run %s -- true'
        first = run_in(daemon, "da", inner % ("--timeout 60", "db"))
        second = run_in(daemon, "db", inner % ("", "da"))
        waiting(daemon, 2)  # each has its outer lock, and nothing under it waits yet
        equal(mgrctl(daemon, "waits", "--check"), (0, "", ""), "both wait for alice")
        alice.call("lock_release", name="go")
        out = deadlocked(daemon)
        equal(out.count("under token"), 2, out)
        check('lock "da"' in out and 'lock "db"' in out, out)
        code, tree, _ = mgrctl(daemon, "waits", "--graph")
        equal((code, tree.count("[deadlock]")), (0, 2), tree)
        second.terminate()
        second.wait(30)
        equal(first.wait(30), 0, "the other goes on")
        waiting(daemon, 0)
        equal(mgrctl(daemon, "waits", "--check"), (0, "", ""), "no deadlock any more")


def test_a_run_inside_of_itself():
    with Daemon() as daemon:
        make(daemon, dz="lock")
        outer = run_in(daemon, "dz", 'exec "$MGRCTL" --timeout 3s lock run dz -- true')
        out = deadlocked(daemon)
        check("under token" in out and "held by itself" in out, out)
        equal(outer.wait(30), 75, "the inner one gave up")
        waiting(daemon, 0)
        equal(mgrctl(daemon, "waits", "--check"), (0, "", ""), "no deadlock any more")


def test_info_shows_owners_and_waiters():
    with Daemon() as daemon:
        make(daemon, a="lock")
        with daemon.client(client="alice") as alice, daemon.client(client="bob") as bob:
            token = alice.call("lock_acquire", name="a").token
            taken = acquire(bob, "a")
            waiting(daemon, 1)
            info = json.loads(mgrctl(daemon, "info", "a", "-j")[1])
            equal([(o["client"], o["token"]) for o in info["owners"]], [("alice", str(token))], "owners")
            equal([(w["client"], w["operation"]) for w in info["waiting"]], [("bob", "lock acquire")],
                  "waiting")
            check("pass the token on" in info["guarantees"], info["guarantees"])
            text = mgrctl(daemon, "info", "a")[1]
            check("\nowners:\n  client " in text and "\nwaiting:\n  client " in text, text)
            alice.call("lock_release", name="a")
            bob.reply(taken)


def test_ten_thousand_who_wait():
    with Daemon() as daemon:
        make(daemon, a="lock", x="lock", y="lock")
        with daemon.client(client="alice") as alice:
            alice.call("lock_acquire", name="a")
            clients = [daemon.client(client=f"w{i}", window=256) for i in range(SESSIONS)]
            for client in clients:
                for i in range(EACH):
                    client.write(client.encode("lock_acquire", name="a", wait_ms=FOR_EVER,
                                               holder=i)[1])
            waiting(daemon, SESSIONS * EACH)
            for words in ([], ["--graph"], ["--check"], ["-o", "dot"], ["a"]):
                before = time.monotonic()
                code, out, _ = mgrctl(daemon, "waits", *words)
                took = time.monotonic() - before
                equal((code, out.count("\n") > SESSIONS * EACH), (0, words != ["--check"]), words)
                check(took < 15, f"waits {words} took {took}")  # seconds of a build for tests
                measured(f"waits {' '.join(words)}: {took:.2f} s for {SESSIONS * EACH}")
            # a deadlock behind as many as a reply holds: "none" would be said of those alone
            late = [daemon.client(client=f"late{i}") for i in range(2)]
            late[0].call("lock_acquire", name="x")
            late[1].call("lock_acquire", name="y")
            acquire(late[0], "y")
            acquire(late[1], "x")
            waiting(daemon, SESSIONS * EACH + 2)
            code, out, error = mgrctl(daemon, "waits", "--check")
            equal((code, out), (73, ""), "not all were looked at")
            check("2 who wait were not looked at" in error, error)
            equal(mgrctl(daemon, "waits", "x", "--check")[0], 73, "nor here")
            for client in clients + late:
                client.close(reset=True)


def test_sessions_that_are_left_out_are_counted():
    with Daemon({"limits": {"frame": "1MiB"}}) as daemon:
        make(daemon, e="event")
        for i in range(MANY_SESSIONS):
            with daemon.client(client=f"s{i}", linger_ms=60000) as client:
                client.call("object_hold", name="e")
                client.close()
        rows = json.loads(mgrctl(daemon, "session", "ls", "-j")[1])
        equal(len(rows) - 1 + rows[-1]["more"], MANY_SESSIONS, "sessions")
        out = mgrctl(daemon, "session", "ls")[1]
        check(out.endswith(f"\nand {rows[-1]['more']} more\n"), out[-200:])


if __name__ == "__main__":
    main(globals())
