# SPDX-License-Identifier: BSD-2-Clause
# Who waits and is dead is not served, and holds nobody up; who comes back has its turn; a restart changes
# nobody's turn. Before, the lock or the item went to the dead, and all stood still until its linger was over.
import os
import signal
import subprocess
import time

from lib.daemon import Daemon, environment
from lib.nemesis import Mortal
from lib.run import check, equal, main, measured, wait_until
from lib.wire import FOR_EVER, ROOT

MGRCTL = os.path.join(ROOT, "build", "mgrctl")
SOON_S = 0.5  # by far: it takes a few ms, and a second on no machine
LINGER_MS = 20_000  # nothing here is to happen because a linger is over


def made(client, type, name, **arguments):
    client.call("object_create", name=name, type=type, **arguments)


def waiting(client, name):
    """(client's name, whether it is away) of those who wait, in their order."""
    rows = client.call("object_info", name=name)["waiting"]
    return [row["away"] for row in rows]


def until_waiting(client, name, *away):
    wait_until(lambda: waiting(client, name) == list(away), f"{away} waiting for {name}")


class Program:
    """A mgrctl that waits."""

    def __init__(self, daemon, *arguments):
        env = environment(MGRCTL_SERVER=f"unix:{daemon.path}", MGRCTL_LINGER="20s")
        self.process = subprocess.Popen([MGRCTL, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=env)

    def end(self, signo=signal.SIGKILL):
        self.process.send_signal(signo)
        if signo == signal.SIGKILL:
            self.process.wait()
            self.process.stdout.close()


def test_killed_getters_get_nothing():
    with Daemon() as daemon, daemon.client() as other:
        made(other, "queue", "q")
        dead = []
        for count in range(1, 4):
            dead.append(Program(daemon, "queue", "get", "q"))
            until_waiting(other, "q", *[False] * count)
        alive = [daemon.client(), daemon.client()]
        lost = []
        for client in alive:
            lost.append(client.send("queue_get", name="q", wait_ms=FOR_EVER))
            until_waiting(other, "q", *[False] * (3 + len(lost)))
        for program in dead:
            program.end()
        until_waiting(other, "q", True, True, True, False, False)
        for item in range(5):
            other.call("queue_put", name="q", value=item)
        got = [client.reply(id).grant for client, id in zip(alive, lost)]
        equal([(g.value.int, g.redelivered) for g in got], [(0, False), (1, False)], "in order, to who lives")
        for item in (2, 3, 4):
            grant = other.call("queue_get", name="q")
            equal((grant.value.int, grant.redelivered), (item, False), "also to who need not wait")
        for client in alive:
            client.close()


def test_killed_acquirers_hold_nobody_up():
    with Daemon() as daemon, daemon.client() as other, daemon.client() as owner:
        made(other, "lock", "l")
        token = owner.call("lock_acquire", name="l").token
        dead = []
        for count in range(1, 4):
            dead.append(Program(daemon, "lock", "acquire", "l", "--lease", "60s"))
            until_waiting(other, "l", *[False] * count)
        cut = daemon.client(linger_ms=LINGER_MS)
        cut.send("lock_acquire", name="l", wait_ms=FOR_EVER)
        until_waiting(other, "l", *[False] * 4)
        with daemon.client() as alive:
            id = alive.send("lock_acquire", name="l", wait_ms=FOR_EVER)
            until_waiting(other, "l", *[False] * 5)
            for program in dead:
                program.end()
            cut.close()
            wait_until(lambda: waiting(other, "l").count(False) == 1, "the dead are away, or gone")
            began = time.monotonic()
            owner.call("lock_release", name="l", token=token)
            check(alive.reply(id).grant.token > token, "the next one who lives has it")
            took = time.monotonic() - began
            check(took < SOON_S, f"the lock was free after {took:.3f} s")
            measured(f"the lock was free after {took * 1000:.1f} ms, behind four dead")


def test_a_stopped_one_is_there():
    with Daemon() as daemon, daemon.client() as other:
        made(other, "queue", "q")
        stopped = Program(daemon, "queue", "get", "q")
        until_waiting(other, "q", False)
        stopped.end(signal.SIGSTOP)
        other.call("queue_put", name="q", value="its own")
        equal(other.error("queue_get", name="q").name, "EMPTY", "it was given to the one that stands still")
        stopped.end(signal.SIGCONT)
        equal(stopped.process.communicate(timeout=20)[0], b"its own\n", "what it got")


def test_who_comes_back_has_its_turn():
    with Daemon() as daemon, daemon.client() as other:
        made(other, "lock", "l")
        token = other.call("lock_acquire", name="l").token
        first, second = daemon.client(linger_ms=LINGER_MS), daemon.client()
        id = first.send("lock_acquire", name="l", wait_ms=FOR_EVER)
        until_waiting(other, "l", False)
        later = second.send("lock_acquire", name="l", wait_ms=FOR_EVER)
        until_waiting(other, "l", False, False)
        first.close()
        until_waiting(other, "l", True, False)
        first.resume()
        until_waiting(other, "l", False, False)
        other.call("lock_release", name="l", token=token)
        got = first.reply(id).grant.token
        check(got > token, "the first one has it")
        first.call("lock_release", name="l", token=got)
        check(second.reply(later).grant.token > got, "then the second one")
        first.close()
        second.close()


def turns(end):
    """Three wait, the daemon ends and starts again, the last one is back first: who gets it in which order."""
    with Mortal() as daemon:
        clients = [daemon.client(linger_ms=LINGER_MS) for _ in range(3)]
        with daemon.client() as other:
            made(other, "lock", "l")
            token = other.call("lock_acquire", name="l", wait_ms=0).token
            ids = []
            for count, client in enumerate(clients):
                ids.append(client.send("lock_acquire", name="l", wait_ms=FOR_EVER))
                until_waiting(other, "l", *[False] * (count + 1))
            made(other, "value", "later")  # its reply leaves when all before it is on the disk
            other.close()
        end(daemon)
        daemon.start()
        order = []
        with daemon.client() as other:
            other.call("lock_release", name="l", token=token)
            for client in reversed(clients):
                client.resume_until()
            for client, id in zip(clients, ids):
                order.append(client.reply(id).grant.token)
                other.call("lock_release", name="l", token=order[-1])
        equal(order, sorted(order), "tokens in the order of asking")
        for client in clients:
            client.close()


def test_a_restart_keeps_the_order():
    turns(lambda daemon: daemon.stop())
    turns(lambda daemon: daemon.kill())


if __name__ == "__main__":
    main(globals())
