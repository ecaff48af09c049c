# SPDX-License-Identifier: BSD-2-Clause
# When connections, sessions or memory are used up: who is refused hears which limit it was, and who owns
# the daemon gets in by the unix socket, sees who it is, and makes room.
import contextlib
import os
import subprocess

from lib.daemon import Daemon, environment
from lib.run import Skip, check, equal, main, wait_until
from lib.wire import ROOT, Client, MgrError, connect

MGRCTL = os.path.join(ROOT, "build", "mgrctl")


def mgrctl(server, *words):
    """Exit code, and what it wrote."""
    done = subprocess.run([MGRCTL, "-s", server, *words], env=environment(), capture_output=True,
                          text=True, check=False, timeout=20)
    return done.returncode, done.stdout + done.stderr


def owner(daemon, *words):
    code, text = mgrctl(f"unix:{daemon.path}", *words)
    equal(code, 0, f"mgrctl {words}: {text}")
    return text


def enter(stack, client):
    """Its connection is closed at the end, whatever became of its session."""
    stack.callback(client.sock.close)
    return client


def makes_room(daemon):
    """All that the owner needs for it."""
    check("connections" in owner(daemon, "server", "stat"), "server stat")
    rows = owner(daemon, "-r", "session", "ls", "-o", "json")
    check("e2e" in rows, rows)
    with daemon.client() as client:
        session = next(row["session"] for row in client.call("session_ls") if row["client"] == "e2e")
    owner(daemon, "session", "kill", session)
    owner(daemon, "rm", "d")


def test_connections():
    with Daemon({"limits": {"connections": 5}}, variant="release") as daemon, contextlib.ExitStack() as all_:
        crowd = [enter(all_, daemon.tcp_client()) for _ in range(5)]
        crowd[0].call("object_create", name="d", type="dict")
        code, text = mgrctl(f"127.0.0.1:{daemon.port}", "server", "ping")
        equal(code, 73, "exit code of one too many")
        check("5 connections (limits.connections)" in text, text)
        makes_room(daemon)


def test_many_refused():
    """Many that come and say nothing are refused as well, and take no place of the owner's."""
    with Daemon({"limits": {"connections": 3}}, variant="release") as daemon:
        crowd = [connect(daemon.tcp) for _ in range(100)]
        wait_until(lambda: daemon.stderr().count("refusing one") >= 90, "they are refused")
        check(daemon.stat()["connections"] <= 3 + 16 + 1, "more than there is room for")
        check(daemon.fds() < 60, "descriptors of connections that were refused")
        for sock in crowd:
            sock.close()
        wait_until(lambda: daemon.stat()["connections"] == 1, "all go")
        with daemon.tcp_client() as client:
            client.call("server_ping")


def test_sessions():
    with Daemon({"limits": {"sessions": 3}}, variant="release") as daemon, contextlib.ExitStack() as all_:
        crowd = [enter(all_, daemon.tcp_client()) for _ in range(4)]
        for name, client in zip("dxy", crowd):
            client.call("object_create", name=name, type="dict")
        error = crowd[3].error("object_create", name="e", type="dict")
        equal(error.name, "LIMIT", "one session too many")
        check("3 sessions (limits.sessions)" in error.text, error.text)
        makes_room(daemon)


def fill(client):
    """Until no more goes in."""
    size, n = 1 << 20, 0
    while size > 1000:
        try:
            client.call("dict_set", name="d", key=n, value=bytes(size))
            n += 1
        except MgrError as error:
            equal(error.name, "LIMIT", "memory")
            check("limits.memory" in error.text, error.text)
            size //= 2


def test_memory():
    """Full: who only waits is not refused, and what makes room is done."""
    with Daemon({"limits": {"memory": "32MiB"}}, variant="release") as daemon:
        with contextlib.ExitStack() as all_:
            holder, waiter = (enter(all_, daemon.tcp_client()) for _ in range(2))
            holder.call("object_create", name="d", type="dict")
            holder.call("object_create", name="l", type="lock")
            token = holder.call("lock_acquire", name="l").token
            fill(holder)
            waiting = waiter.send("lock_acquire", name="l", wait_ms=20000)
            wait_until(lambda: daemon.stat()["waiters"] == 1, "it waits")
            holder.call("lock_release", name="l", token=token)
            check(waiter.result(waiting).token > token, "it has the lock")
            makes_room(daemon)


def test_share_of_a_user():
    """A user of the unix socket gets half of the connections, and others the rest."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be another user")
    with Daemon({"limits": {"connections": 8}}, variant="release") as daemon, contextlib.ExitStack() as all_:
        os.chmod(daemon.dir, 0o755)
        os.chmod(daemon.path, 0o666)

        def as_user(uid):
            os.seteuid(uid)
            try:
                return Client(daemon.path)
            finally:
                os.seteuid(0)
        for _ in range(4):
            enter(all_, as_user(65534))
        try:
            as_user(65534)
            raise AssertionError("a fifth one of 8 for the same user")
        except MgrError as error:
            equal(error.name, "LIMIT", "share")
            check("half of limits.connections" in error.text, error.text)
        for _ in range(4):
            enter(all_, as_user(65533))
        daemon.stat()  # root


def test_share_of_sessions():
    """They outlive their connections and the daemon, and one user gets half of them; the owner ends them."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be another user")
    with Daemon(variant="release", start=False) as daemon:
        daemon.configure({"limits": {"sessions": 8}, "state": os.path.join(daemon.dir, "state")})
        daemon.start()
        os.chmod(daemon.dir, 0o755)

        def leave(uid):
            """A session without a connection; the error, if there is none."""
            os.chmod(daemon.path, 0o666)
            os.seteuid(uid)
            try:
                client = Client(daemon.path, linger_ms=60000)
            finally:
                os.seteuid(0)
            try:
                client.call("object_create", type="dict")
            except MgrError as error:
                equal(error.name, "LIMIT", "share")
                return error.text
            finally:
                client.sock.close()
            return None

        for _ in range(4):
            equal(leave(65534), None, "half of 8")
        check("half of limits.sessions" in leave(65534), "a fifth one of 8 for the same user")
        daemon.stop()
        daemon.start()
        check("half of limits.sessions" in leave(65534), "a fifth one after a restart")
        equal(leave(65533), None, "another user")
        with daemon.tcp_client() as attached:
            attached.call("object_create", type="dict")
            wait_until(lambda: all(row["client"] != "e2e" or not row["attached"] or ",uid=" not in row["address"]
                                   for row in attached.call("session_ls")), "all are away")
            check("ended 4 sessions" in owner(daemon, "session", "kill", "--uid", "65534"), "by user")
            equal(leave(65534), None, "there is room again")
            check("ended 2 sessions" in owner(daemon, "session", "kill", "--away"), "without a connection")
            rows = attached.call("session_ls")
            equal([row["attached"] for row in rows], [True], "who has a connection stays")
            check("ended 0" in owner(daemon, "session", "kill", "--named", "nobody", "--away"), "by name")


def test_several_sessions():
    """Each that is named ends; when a word is no number, none does."""
    with Daemon(variant="release") as daemon, contextlib.ExitStack() as all_:
        crowd = [enter(all_, daemon.client()) for _ in range(3)]
        for client in crowd:
            client.call("object_create", type="dict")
        ids = [row["session"] for row in crowd[0].call("session_ls")]
        equal(len(ids), 3, "sessions")
        code, text = mgrctl(f"unix:{daemon.path}", "session", "kill", ids[1], "x")
        equal(code, 65, text)
        equal(len(crowd[0].call("session_ls")), 3, "nobody ended")
        code, text = mgrctl(f"unix:{daemon.path}", "session", "kill", "7", *ids[1:])
        check("no session 7" in text and code != 0, text)
        equal([row["session"] for row in crowd[0].call("session_ls")], ids[:1], "those that were named ended")
        equal(mgrctl(f"unix:{daemon.path}", "session", "kill")[0], 64, "no session at all")
        equal(mgrctl(f"unix:{daemon.path}", "session", "kill", "7", "--away")[0], 64, "both")
        equal(mgrctl(f"unix:{daemon.path}", "session", "kill", "--uid", str(1 << 32))[0], 65, "a number that no user has")


def test_who_asked_for_the_end():
    with Daemon(variant="release") as daemon:
        owner(daemon, "server", "shutdown")
        process, daemon.process = daemon.process, None
        equal(process.wait(20), 0, "exit code")
        process.stdout.close()
        line = next(line for line in daemon.stderr().splitlines() if "shutdown asked for" in line)
        check(f"uid={os.getuid()}" in line and "client=" in line and "session=" in line, line)


if __name__ == "__main__":
    main(globals())
