# SPDX-License-Identifier: BSD-2-Clause
# alone
# What connections hold is bounded as objects are: nobody fills the daemon's memory by not reading its
# replies or by not ending his requests, and others are served meanwhile. CLIENTS= for more of them.
import contextlib
import os
import select
import shutil
import time

from lib.daemon import Daemon
from lib.raw import HELLO, MAX
from lib.run import Skip, check, equal, main, measured, wait_until
from lib.wire import ConnectionLost, connect, frame, make_request, varint

CLIENTS = int(os.environ.get("CLIENTS", "150"))
MEMORY, BUFFERS, BESIDE = 200 << 20, 64 << 20, 64 << 20
VALUE = 3 << 20


def peak(daemon):
    """The most memory that the process ever had, in bytes."""
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))


def closed(sock):
    """The daemon has closed it."""
    with contextlib.suppress(BlockingIOError, TimeoutError):
        try:
            return sock.recv(1) == b"" if select.select([sock], [], [], 0)[0] else False
        except OSError:
            return True
    return False


class Attack:
    """Connections that send, and never read; they are opened again when they are closed."""

    def __init__(self, address, data, trickle=b""):
        self.address, self.data, self.trickle = address, data, trickle
        self.socks = []

    def push(self, count):
        """One round: so many connections more, and some bytes on each of those that are there."""
        for _ in range(count):
            sock = connect(self.address, receive_buffer=4096)
            sock.setblocking(False)
            with contextlib.suppress(OSError):
                sock.send(HELLO + self.data)
            self.socks.append(sock)
        for sock in self.socks:
            with contextlib.suppress(OSError):
                sock.send(self.trickle or bytes(1 << 16))

    def close(self):
        for sock in self.socks:
            sock.close()


def attacks(daemon):
    get = make_request("value_get", 5, name="big")
    unread = b"".join(frame(make_request("value_get", i, name="big")) for i in range(2, 40))
    half = varint(MAX - 100) + frame(get)[1:] + bytes(1 << 17)
    return [Attack(daemon.path, unread, b"\0"), Attack(daemon.tcp, unread, b"\0"),
            Attack(daemon.path, half), Attack(daemon.tcp, half)]


def fill(client):
    client.call("object_create", name="big", type="value", init=bytes(VALUE))
    client.call("object_create", name="n", type="value", init=0)
    for i in range(CLIENTS // 20):  # the state takes its part, too
        client.call("object_create", name=f"fill{i}", type="value", init=bytes(VALUE))


def attacked(daemon, make_enemies, clients=CLIENTS, patience=1):
    """The most memory the daemon had, the longest anybody else waited, and what server_stat told."""
    with daemon.client() as other:
        fill(other)
        enemies, slowest, rounds = make_enemies(daemon), 0, clients // 10
        for _ in range(rounds):
            for enemy in enemies:
                enemy.push(max(1, clients // len(enemies) // rounds))
            began = time.monotonic()
            other.call("value_add", name="n", by=1)
            slowest = max(slowest, time.monotonic() - began)
        used, stat = peak(daemon), other.call("server_stat")
        for enemy in enemies:
            enemy.close()
    wait_until(lambda: daemon.stat()["buffers_bytes"] == 0, "all is given back")
    check(used <= MEMORY + BUFFERS + BESIDE, f"{used >> 20} MiB")
    check(stat["buffers_peak_bytes"] <= BUFFERS + MAX, f"peak {stat['buffers_peak_bytes']}")
    check(slowest < patience, f"somebody else waited {slowest:.3f} s")  # 0.1 s on a quiet machine
    measured(f"{clients} clients that do not read or end: VmHWM {used >> 20} MiB, others waited "
             f"{slowest * 1000:.0f} ms at most, {stat['buffers_closed']} closed")
    return stat


LIMITS = {"memory": MEMORY, "buffers": BUFFERS, "output": "32MiB"}


def test_bounded():
    """Clients that never read and half frames: memory stays below its limits, others are served."""
    with Daemon({"limits": LIMITS}, variant="release") as daemon:
        stat = attacked(daemon, attacks)
        check(stat["buffers_closed"] > 0, "nobody had to go: the test does not reach the limit")
        check("limits.buffers" in daemon.stderr(), "the log does not say who had to go")


def writers(daemon):
    data = frame(make_request("value_set", 2, name="big", value=bytes(VALUE)))
    return [Attack(daemon.path, data, data[:1 << 20]), Attack(daemon.tcp, data, data[:1 << 20])]


def test_bounded_with_a_journal():
    """Large changes that come faster than they are written."""
    with Daemon(start=False, variant="release") as daemon:
        daemon.configure({"limits": LIMITS, "state": os.path.join(daemon.dir, "state")})
        daemon.start()
        attacked(daemon, writers, CLIENTS // 3, 20)  # as the disk is


def test_in_a_control_group():
    """With limits.memory 200 MiB, 512 MiB are enough, whatever clients do."""
    if CLIENTS < 1000:
        raise Skip("only with CLIENTS=1000, as make soak does")
    run = shutil.which("systemd-run")
    if run is None or not os.path.isdir("/run/systemd/system"):
        raise Skip("no systemd here that would make a control group of 512 MiB")
    prefix = [run, "--scope", "--quiet", "-p", "MemoryMax=512M", "-p", "MemorySwapMax=0"]
    with Daemon({"limits": LIMITS}, variant="release", prefix=prefix) as daemon:
        attacked(daemon, attacks)


def test_one_who_waits_closes_another():
    """When there is room again, the first that waited kills the session of the last that waits."""
    size = 900 << 10
    with Daemon({"limits": {"frame": "1MiB", "buffers": "4MiB"}}, variant="release") as daemon:
        with daemon.client() as client:
            client.call("object_create", name="big", type="value", init=bytes(size))
            for _ in range(10):  # it needs little: it is served in a crowd
                client.call("server_ping")
            for i in range(10):
                killer, victim = daemon.client(), daemon.client()
                victim.call("object_create", name=f"of{i}", type="lock")  # only now it has a session
                session = max(int(row["session"]) for row in client.call("session_ls"))  # the newest
                ask = HELLO + frame(make_request("value_get", 2, name="big"))
                floods = [connect(daemon.path, receive_buffer=4096) for _ in range(6)]
                for sock in floods:
                    sock.sendall(ask)
                wait_until(lambda: client.call("server_stat")["buffers_bytes"] > 3 << 20, "it is crowded")
                killed = killer.send("session_kill", session=session)
                with contextlib.suppress(ConnectionLost):  # there was room meanwhile
                    victim.send("value_get", name="big")
                killer.reply(killed)
                for sock in floods:
                    sock.close()
                killer.close()
                victim.sock.close()
            client.call("server_ping")


def test_large_replies_are_read():
    """Clients that read what they ask for are not closed, also when all together ask for too much."""
    config = {"limits": {"memory": MEMORY, "buffers": BUFFERS}}
    with Daemon(config, variant="release") as daemon:
        with daemon.client() as client:
            client.call("object_create", name="big", type="value", init=bytes(8 << 20))
        ask = HELLO + b"".join(frame(make_request("value_get", i, name="big")) for i in (2, 3))
        left = {connect(daemon.path): 2 * (8 << 20) for _ in range(8)}  # twice what there may be
        room = bytearray(1 << 20)  # one for all: to take new memory for each part is slow
        for sock in left:
            sock.sendall(ask)
        while left:
            for sock in select.select(list(left), [], [])[0]:
                got = sock.recv_into(room)
                check(got > 0, lambda: f"closed, {left[sock]} bytes to come")
                left[sock] -= got
                if left[sock] <= 0:
                    sock.close()
                    del left[sock]
        stat = daemon.stat()
        check(stat["buffers_peak_bytes"] <= BUFFERS + MAX, f"peak {stat['buffers_peak_bytes']}")
        equal(stat["buffers_closed"], 0, "connections closed")


def test_a_frame_has_its_time():
    """A byte now and then does not keep half a frame, nor a reply that is not read, for ever."""
    with Daemon({"limits": {"frame_timeout": "300ms"}}, variant="release") as daemon:
        with daemon.client() as client:
            client.call("object_create", name="big", type="value", init=bytes(VALUE))
        sender, reader = connect(daemon.path), connect(daemon.tcp, receive_buffer=4096)
        sender.sendall(HELLO + varint(1000) + b"\x08")
        reader.sendall(HELLO + frame(make_request("value_get", 2, name="big")))
        sender.recv(4096)
        began = time.monotonic()

        def both_closed():
            for sock, move in ((sender, lambda: sender.send(b"\0")), (reader, lambda: reader.recv(1))):
                with contextlib.suppress(OSError):
                    move()
            time.sleep(0.02)
            return daemon.stat()["connections"] == 1
        wait_until(both_closed, "the daemon closes them", 10)
        check(time.monotonic() - began < 5, "much later than it should")
        text = daemon.stderr()
        check("half a frame" in text and "does not read" in text, text[-2000:])
        for sock in (sender, reader):
            sock.close()


def test_pipelining_outlives_the_time():
    """Whoever always has half a frame under way, each another one, is not closed."""
    with Daemon({"limits": {"frame_timeout": "200ms"}}, variant="release") as daemon:
        with daemon.client() as client:
            client.call("object_create", name="n", type="value", init=0)
        sock = connect(daemon.path)
        sock.sendall(HELLO)
        request = frame(make_request("value_get", 2, name="n"))
        sock.sendall(request[:5])
        until = time.monotonic() + 0.8
        while time.monotonic() < until:
            sock.sendall(request[5:] + request[:5])
            check(sock.recv(4096) != b"", "closed")
            time.sleep(0.02)
        sock.close()


if __name__ == "__main__":
    main(globals())
