# SPDX-License-Identifier: BSD-2-Clause
# Sessions over lost connections, their end, and what they hold: each effect once, nothing left.
import os
import signal
import time

from lib.daemon import Daemon
from lib.run import Skip, check, equal, main, measured, wait_until
from lib.wire import ERRORS, FOR_EVER, ConnectionLost, Ref, frame, make_request

RESUMED, ENDED, UNKNOWN = 1, 2, 3


def make(client, *names, type="dict", **arguments):
    for name in names:
        client.call("object_create", name=name, type=type, **arguments)


def until_closed(client):
    """Reads pushes until the daemon closes; gives their names."""
    try:
        while True:
            client.receive()
    except ConnectionLost:
        return [ERRORS[push.code][0] for push in client.pushes]


def age_ms(client, session):
    """Engine time since the session was opened."""
    return next(row["age_ms"] for row in client.call("session_ls") if row["session"] == session)


def session_of(client, name):
    """The id of the session of that client name."""
    return next(row["session"] for row in client.call("session_ls") if row["client"] == name)


# ---- once ------------------------------------------------------------------------------------------
def test_same_reply_again():
    with Daemon() as daemon, daemon.client() as client:
        make(client, "d")
        first = client.reply(client.send("dict_incr", name="d", key="n"))
        for request_id in (first.id, first.id):
            client.waiting[request_id] = frame(make_request("dict_incr", request_id, name="d", key="n"))
            equal(client.resume(), RESUMED, "outcome")
            equal(client.reply(request_id), first, "the same reply again")
        lost = client.send("dict_incr", name="d", key="n")  # done or not: nobody knows
        client.close(reset=False)
        equal(client.resume(), RESUMED, "outcome")
        equal(client.result(lost), 2, "sent again, done once")
        equal(client.call("dict_get", name="d", key="n"), 2, "the sum")


def test_ids_and_slots():
    with Daemon() as daemon, daemon.client(window=4) as client:
        equal(client.welcome.window, 4, "window")
        make(client, "d")
        client.call("dict_set", name="d", key=1, value=1, request_id=100)
        client.call("dict_set", name="d", key=2, value=2, request_id=104)
        equal(client.error("dict_set", name="d", key=1, value=9, request_id=100).name, "INDETERMINATE", "smaller")
        equal(client.error("dict_set", name="d", key=1, value=9, request_id=96).name, "INDETERMINATE", "smaller")
        equal(client.call("dict_get", name="d", key=1), 1, "nothing was done")
        client.call("dict_set", name="d", key=3, value=3, request_id=105, acked=104)
        equal(client.error("dict_set", name="d", key=2, value=2, request_id=104).name, "INDETERMINATE", "acked")
        equal(client.error("dict_set", name="d", key=2, value=9, request_id=104).name, "PROTOCOL", "another one's id")
        wait = client.send("object_changed", name="d", wait_ms=FOR_EVER, request_id=201)
        equal(client.error("dict_set", name="d", key=2, value=9, request_id=205).name, "INVALID", "a busy slot")
        equal(client.error("dict_set", name="d", key=2, value=9, request_id=197).name, "INDETERMINATE", "below it")
        client.write(client.waiting[wait])  # again, while it waits: waits on
        client.call("dict_set", name="d", key=4, value=4, request_id=202)
        revision = client.result(wait)
        client.write(frame(make_request("object_changed", wait, name="d", wait_ms=FOR_EVER)))
        equal(client.result(wait), revision, "the reply of a wait, again")
        client.last_id = 300


def test_refused_requests_are_not_kept():
    """An error changed nothing, so the same id may succeed later."""
    with Daemon() as daemon, daemon.client() as client:
        equal(client.error("dict_set", name="d", key=1, value=1, request_id=50).name, "NO_SUCH_OBJECT", "none")
        with daemon.client() as other:
            make(other, "d")
        client.call("dict_set", name="d", key=1, value=1, request_id=50)
        equal(client.call("dict_len", name="d"), 1, "done now")
        client.last_id = 100


# ---- who speaks --------------------------------------------------------------------------------------
def test_supersede():
    with Daemon() as daemon, daemon.client() as old:
        make(old, "d")
        late = frame(make_request("dict_set", 50, name="d", key="late", value=1))
        wait = old.send("object_changed", name="d", wait_ms=FOR_EVER)
        old.write(late[:-1])  # unread, as half a frame is
        with daemon.client(token=old.token) as new:
            equal(new.welcome.outcome, RESUMED, "outcome")
            equal(until_closed(old), ["SUPERSEDED"], "what the old one hears")
            try:
                old.write(late[-1:])
            except ConnectionLost:
                pass
            new.last_id = 100
            equal(new.call("dict_len", name="d"), 0, "what the old one had not said to the end")
            check(wait not in old.replies, "the old one got the reply of a wait")
            stat = new.call("server_stat")
            equal((stat["superseded"], stat["sessions"]), (1, 1), "counters")
        old.close()


def test_supersede_before_state():
    """A session without commands is resumed while its connection is here."""
    with Daemon() as daemon:
        old = daemon.client()
        with daemon.client(token=old.token) as new:
            equal(new.welcome.outcome, RESUMED, "outcome")
            equal(until_closed(old), ["SUPERSEDED"], "what the old one hears")
            make(new, "d")
        old.close()


def test_outcomes():
    with Daemon() as daemon:
        said_bye = daemon.client()
        make(said_bye, "d")
        said_bye.bye()
        equal(said_bye.resume(), UNKNOWN, "after bye, which takes no place among those that ended")
        check(said_bye.call("dict_len", name="d") == 0, "a new session")
        said_bye.bye()
        nothing_done = daemon.client()
        nothing_done.bye()
        equal(nothing_done.resume(), UNKNOWN, "it never was part of the state")
        nothing_done.bye()
        with daemon.client(linger_ms=60_000) as client:
            client.call("dict_set", name="d", key=1, value=1)
            wishes = (client.welcome.linger_ms, client.welcome.lease_ms, client.welcome.window)
            client.wishes = {"linger_ms": 1, "window": 1, "lease_ms": 1}
            equal(client.resume(), RESUMED, "alive")
            now = (client.welcome.linger_ms, client.welcome.lease_ms, client.welcome.window)
            equal(now, wishes, "a resumed session is as it was opened")


def test_waits_survive_reconnects():
    with Daemon() as daemon, daemon.client() as client, daemon.client() as other:
        make(other, "d")
        make(client, "mine")
        wait = client.send("object_changed", name="d", wait_ms=FOR_EVER)
        client.call("server_ping")
        client.close()
        wait_until(lambda: other.call("server_stat")["connections"] == 1, "the daemon notices")
        equal(other.call("server_stat")["waiters"], 1, "the wait goes on")
        client.resume()
        other.call("dict_set", name="d", key=1, value=1)
        revision = client.result(wait)
        wait = client.send("object_changed", name="d", wait_ms=FOR_EVER)
        client.call("server_ping")
        client.close()
        other.call("dict_set", name="d", key=2, value=1)  # while nobody is there
        client.resume()
        check(client.result(wait) > revision, "the reply was kept")


def test_answered_before_it_is_sent_again():
    """A wait that ends between the welcome and its request sent again is answered by both, with one lock."""
    with Daemon() as daemon, daemon.client() as other, daemon.client() as client:
        make(other, "l", type="lock")
        held = other.call("lock_acquire", name="l")
        wait = client.send("lock_acquire", name="l", wait_ms=FOR_EVER)
        client.call("server_ping")
        client.close()
        wait_until(lambda: other.call("server_stat")["connections"] == 1, "the daemon notices")
        other.call("lock_release", name="l", token=held.token)  # nobody is there: the lock is free
        sent = client.waiting[wait]
        client.open()
        equal(client.welcome.outcome, RESUMED, "outcome")
        first = client.reply(wait)
        client.write(sent)
        equal(client.reply(wait), first, "the same reply again")
        client.call("lock_release", name="l", token=first.grant.token)
        check(other.call("lock_acquire", name="l").token > first.grant.token, "it was acquired once")


# ---- the end -----------------------------------------------------------------------------------------
def test_linger():
    with Daemon() as daemon, daemon.client() as other:
        short = daemon.client(linger_ms=100, client="short")
        make(short, "d")
        short.close()
        wait_until(lambda: not other.call("session_ls"), "the session ends")
        equal(short.resume(), ENDED, "too late")
        short.bye()
        long = daemon.client(linger_ms=1200, client="long")
        long.call("dict_set", name="d", key=1, value=1)
        id = session_of(other, "long")
        long.close()
        wait_until(lambda: not other.call("session_ls")[0]["attached"], "the daemon notices")
        equal(long.resume(), RESUMED, "in time")
        wait_until(lambda: age_ms(other, id) > 2600, "two lingers")
        equal(long.call("dict_len", name="d"), 1, "it is attached and lives")
        long.bye()


def test_lease():
    with Daemon() as daemon, daemon.client() as other:
        silent = daemon.client(lease_ms=300)
        equal(silent.welcome.lease_ms, 300, "lease")
        make(silent, "d")
        equal(until_closed(silent), ["SESSION_LOST"], "no heartbeat, and the connection is there")
        equal(other.call("session_ls"), [], "its session")
        equal(silent.resume(), ENDED, "outcome")
        silent.bye()
        steady = daemon.client(lease_ms=1000, client="steady")
        steady.call("dict_set", name="d", key=1, value=1)
        id = session_of(other, "steady")

        def beat():
            steady.call("session_heartbeat")
            return age_ms(other, id) > 3100
        wait_until(beat, "three leases")
        steady.close()  # away, but only for the rest of the lease
        wait_until(lambda: not other.call("session_ls"), "no heartbeat, no session", 4)


def test_kill():
    with Daemon() as daemon, daemon.client(client="judge") as judge:
        client = daemon.client(client="victim")
        make(client, "d")
        client.call("object_create", type="list")
        client.send("object_changed", name="d", wait_ms=FOR_EVER)
        client.call("server_ping")
        row = judge.call("session_ls")[0]
        equal((row["client"], row["waiters"], row["holds"], row["attached"]), ("victim", 1, 1, True), "session_ls")
        judge.call("session_kill", session=int(row["session"]))
        equal(until_closed(client), ["SESSION_LOST"], "what the victim hears")
        stat = judge.call("server_stat")
        equal((stat["sessions"], stat["waiters"]), (0, 0), "what is left")
        equal(client.resume(), ENDED, "outcome")
        client.bye()
        judge.call("dict_set", name="d", key=1, value=1)
        own = session_of(judge, "judge")
        judge.call("session_kill", session=int(own))
        equal(judge.error("dict_set", name="d", key=2, value=1).name, "SESSION_LOST", "it killed its own")


def in_the_middle(daemon):
    """What a client does that is killed: holds, waits, half a frame, unread replies."""
    client = daemon.client(linger_ms=150)
    make(client, "ephemeral", ephemeral=True)
    make(client, "kept", init={1: "x" * 1000})
    client.call("object_hold", name="kept")
    for i in range(20):
        client.send("object_changed", name="ephemeral", wait_ms=FOR_EVER)
    for i in range(100):
        client.send("dict_update", name="kept", items={i: "y" * 3000})
    client.write(frame(make_request("dict_set", 5000, name="kept", key=1, value=bytes(200_000)))[:100_000])
    client.write(b"")
    signal.pause()


def test_kill_nine():
    with Daemon() as daemon:
        daemon.warm(40)
        memory, fds = daemon.settled(), daemon.fds()
        for turn in range(8):
            child = os.fork()
            if child == 0:
                try:
                    in_the_middle(daemon)
                finally:
                    os._exit(1)
            with daemon.client() as client:
                wait_until(lambda: client.call("server_stat")["waiters"] == 20, "the client is in the middle")
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                wait_until(lambda: client.call("server_stat")["sessions"] == 0, "its session ends")
                equal(client.call("object_exists", name="ephemeral"), False, "what was ephemeral")
                check(client.call("dict_len", name="kept") >= 1, "what was not")
                stat = client.call("server_stat")
                equal((stat["waiters"], stat["grants"]), (0, 0), "what it waited for")
                client.call("object_delete", name="kept")
            equal(daemon.settled(), memory, "memory of the engine")
            equal(daemon.fds(), fds, "descriptors")


# ---- waiting -----------------------------------------------------------------------------------------
def test_changed():
    with Daemon() as daemon, daemon.client() as client, daemon.client() as other:
        make(other, "d")
        revision = client.call("object_changed", name="d", since=0)
        equal(client.error("object_changed", name="d", since=revision).name, "BUSY", "no wait")
        equal(client.error("object_changed", name="d", since=revision, wait_ms=30).name, "TIMEOUT", "30 ms")
        waits = [client.send("object_changed", name="d", since=revision, wait_ms=FOR_EVER) for _ in range(50)]
        equal(client.call("dict_len", name="d"), 0, "a waiting request holds nobody up")
        rows = other.call("object_waits")
        equal((len(rows), rows[0]["operation"], rows[0]["object"]), (50, "object changed", "d"), "object_waits")
        equal(client.call("session_cancel", id=waits[7]), True, "cancel")
        equal(ERRORS[client.reply(waits[7]).error.code][0], "CANCELLED", "its reply")
        equal(client.call("session_cancel", id=waits[7]), False, "cancel again")
        other.call("dict_set", name="d", key=1, value=1)
        changed = {client.result(wait) for wait in waits if wait != waits[7]}
        equal(len(changed), 1, "all are told the same")
        check(changed.pop() > revision, "the revision grows")
        wait = client.send("object_changed", name="d", wait_ms=FOR_EVER)
        client.call("server_ping")
        other.call("object_delete", name="d", force=True)
        equal(ERRORS[client.reply(wait).error.code][0], "NO_SUCH_OBJECT", "a deleted object")


# ---- objects and sessions ----------------------------------------------------------------------------
def test_anonymous():
    with Daemon() as daemon, daemon.client() as client, daemon.client() as other:
        ref = client.call("object_create", type="list", init=[1])
        name = f"~list-{ref}"
        equal(other.call("list_len", name=name), 1, "by its id")
        equal(other.error("list_len", name=f"~dict-{ref}").name, "NO_SUCH_OBJECT", "another type's id")
        equal(client.call("object_ls"), ([], b""), "it has no name")
        other.call("object_hold", name=name)
        equal(other.call("object_info", name=name)["holders"], 2, "holders")
        other.call("object_drop", name=name)
        equal(other.error("object_drop", name=name).name, "RUNTIME", "dropped twice")
        client.call("object_drop", name=name)
        equal(client.call("object_info", name=name)["holders"], 0, "nobody")
        equal(client.call("list_len", name=name), 1, "its grace")
        equal(client.call("server_stat")["anonymous_objects"], 1, "anonymous objects")


def test_anonymous_collected():
    raise Skip("60 s of grace are too long here: the unit tests of the collector have them")


def test_ephemeral():
    with Daemon() as daemon, daemon.client() as other:
        owner = daemon.client(linger_ms=0)
        make(owner, "e", "f", ephemeral=True)
        other.call("object_hold", name="f")
        owner.close()
        wait_until(lambda: not other.call("object_exists", name="e"), "it goes with its creator")
        equal(other.call("object_exists", name="f"), True, "held by another")
        other.call("object_drop", name="f")
        equal(other.call("object_exists", name="f"), False, "dropped")


def test_ttl():
    with Daemon() as daemon, daemon.client() as client:
        make(client, "t", ttl_ms=1200)
        for i in range(4):  # each change gives it the whole time again
            wait_until(lambda: client.call("object_info", name="t")["idle_ms"] >= 400, "400 ms")
            client.call("dict_set", name="t", key=i, value=i)
        wait_until(lambda: not client.call("object_exists", name="t"), "its time is over", 5)


def test_references():
    with Daemon() as daemon:
        daemon.warm(1)
        memory = daemon.settled()
        with daemon.client() as client:
            make(client, "d")
            make(client, "l", type="list")
            inner = Ref(int(client.call("object_info", name="l")["id"]))
            client.call("dict_set", name="d", key="l", value=[{"deep": inner}])
            got = client.call("dict_get", name="d", key="l")
            equal((got, type(got[0]["deep"])), ([{"deep": inner}], Ref), "a reference in a value")
            client.call("list_append", name="l", value=inner)
            client.call("list_append", name="l", value=(inner,))
            equal(client.call("list_get", name=f"~list-{inner}", index=0), inner, "a list that contains itself")
            info = client.call("object_info", name="l")
            equal((info["references_in"], info["references_out"]), (1, 1), "from others, and to how many")
            name = client.error("dict_set", name="d", key="x", value=Ref(12345)).name
            equal(name, "NO_SUCH_OBJECT", "a reference to nothing")
            client.call("object_delete", name="l")
            make(client, "l", type="list")
            equal(client.error("list_len", name=f"~list-{inner}").name, "NO_SUCH_OBJECT", "never a namesake")
            client.call("object_delete", name="l")
            client.call("object_delete", name="d")
        equal(daemon.settled(), memory, "memory of the engine")


# ---- time --------------------------------------------------------------------------------------------
def test_stopped_daemon():
    """Stopped for three leases: heartbeats wait in its sockets, nobody's session ends."""
    with Daemon() as daemon:
        clients = [daemon.client(lease_ms=1000, client=f"c{i}") for i in range(10)]
        for i, client in enumerate(clients):
            make(client, f"d{i}")
        wait_until(daemon.asleep, "nothing is left to do")
        os.kill(daemon.process.pid, signal.SIGSTOP)
        began = time.monotonic()
        while time.monotonic() < began + 3:
            for client in clients:
                client.send("session_heartbeat")
            time.sleep(0.2)
        os.kill(daemon.process.pid, signal.SIGCONT)
        for turn in range(5):
            for i, client in enumerate(clients):
                equal(client.call("dict_len", name=f"d{i}"), 0, "alive")
                equal(client.pushes, [], "pushes")
                client.call("session_heartbeat")
        stat = clients[0].call("server_stat")
        equal((stat["sessions"], stat["sessions_ended"]), (10, 0), "sessions")
        check("the event loop stalled" in daemon.stderr(), "the log tells of it")
        for client in clients:
            client.bye()
    measured("stopped for 3 s with leases of 1 s: no session ended")


if __name__ == "__main__":
    main(globals())
