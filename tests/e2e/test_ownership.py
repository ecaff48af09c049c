# SPDX-License-Identifier: BSD-2-Clause
# Who owns what over lost connections: items on their way, leases renewed from elsewhere, tokens.
import time

from lib.daemon import Daemon
from lib.run import check, equal, main, wait_until
from lib.wire import FOR_EVER, frame, make_request

LINGER_MS = 200


def make(client, type, name, **arguments):
    client.call("object_create", name=name, type=type, **arguments)


def take(client, name="q", **arguments):
    return client.call("queue_get", name=name, **arguments)


def gone(watcher, count):
    """Waits until the daemon has no more than that many sessions with state."""
    wait_until(lambda: len(watcher.call("session_ls")) <= count, "the end of a session")


def queue(daemon, *items, **arguments):
    with daemon.client() as client:
        make(client, "queue", "q", init=list(items), **arguments)


# ---- items on their way --------------------------------------------------------------------------
def test_an_item_returns_when_nobody_took_it():
    with Daemon() as daemon, daemon.client() as other:
        queue(daemon, "a", "b", "c")
        with daemon.client(linger_ms=LINGER_MS) as client:
            equal([take(client).value.str for _ in "ab"], ["a", "b"], "items")
            client.close()
            equal(other.call("queue_len", name="q"), 1, "still on their way")
            gone(other, 0)
        got = [take(other) for _ in "abc"]
        equal([g.value.str for g in got], ["a", "b", "c"], "in their order")
        equal([g.redelivered for g in got], [True, True, False], "marks")
        equal([g.attempts for g in got], [1, 1, 0], "attempts")
        equal([g.token for g in got], [0, 0, 0], "plain gets have no token")


def test_acknowledged_by_a_read():
    with Daemon() as daemon, daemon.client() as other:
        queue(daemon, "a", "b")
        client = daemon.client(linger_ms=LINGER_MS)
        take(client)
        take(client, acked=0)
        first = client.last_id - 1
        client.call("queue_len", name="q", acked=first)  # has the first, not the second
        client.close()
        wait_until(lambda: other.call("queue_len", name="q") == 1, "the second one back")
        equal(take(other).value.str, "b", "what came back")
        equal(other.error("queue_get", name="q").name, "EMPTY", "and nothing else")


def test_acknowledged_by_the_next_use_of_the_slot():
    with Daemon() as daemon, daemon.client() as other:
        queue(daemon, "a")
        client = daemon.client(linger_ms=LINGER_MS, window=1)
        take(client)
        equal(client.error("queue_get", name="q").name, "EMPTY", "no effect, but it uses the slot")
        client.close()
        gone(other, 0)
        equal(other.error("queue_get", name="q").name, "EMPTY", "it arrived")


def test_bye_with_and_without_the_items():
    with Daemon() as daemon, daemon.client() as other:
        queue(daemon, "a", "b")
        with daemon.client() as client:
            take(client)
        with daemon.client() as client:
            take(client)
            client.call("session_bye", give_back=True)
            client.close()
        wait_until(lambda: other.call("queue_len", name="q") == 1, "one back")
        got = take(other)
        equal((got.value.str, got.redelivered), ("b", True), "the one that was given back")


def test_the_same_item_again():
    large = "x" * 1_000_000
    with Daemon() as daemon, daemon.client() as other:
        queue(daemon, large)
        client = daemon.client()
        lost = client.send("queue_get", name="q")
        client.close(reset=False)
        client.resume()
        equal(client.result(lost).value.str, large, "the item")
        client.waiting[lost] = b""  # asked once more, after the queue is gone
        other.call("object_delete", name="q", force=True)
        client.write(frame(make_request("queue_get", lost, name="q")))
        equal(client.result(lost).value.str, large, "the same item again")
        client.bye()


def test_a_getter_that_died_takes_nothing():
    with Daemon() as daemon, daemon.client() as other:
        queue(daemon)
        client = daemon.client(linger_ms=LINGER_MS)
        client.send("queue_get", name="q", wait_ms=FOR_EVER)
        wait_until(lambda: other.call("object_waits", name="q"), "it waits")
        client.close()
        wait_until(lambda: other.call("object_waits", name="q")[0]["away"], "the daemon knows that it is gone")
        other.call("queue_put", name="q", value=1)
        equal(other.call("queue_len", name="q"), 1, "it is not handed to a session that lingers")
        got = take(other)
        equal((got.value.int, got.redelivered), (1, False), "nothing is lost")


# ---- leases ----------------------------------------------------------------------------------------
def test_renewed_from_elsewhere():
    with Daemon() as daemon, daemon.client() as other:
        with daemon.client() as maker:
            make(maker, "lock", "l")
        owner = daemon.client(lease_ms=400, linger_ms=400)
        token = owner.call("lock_acquire", name="l").token
        owner.close()
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            equal(other.call("lock_renew", name="l", token=token).token, token, "renewed")
            time.sleep(0.05)
        check(other.call("lock_held", name="l", token=token), "it is held long after its first lease")
        longer = other.call("lock_renew", name="l", token=token, lease_ms=600)
        equal(longer.lease_ms, 600, "another lease")
        wait_until(lambda: not other.call("lock_locked", name="l"), "the end of the lease")
        equal(other.error("lock_renew", name="l", token=token).name, "LOCK_LOST", "too late")
        equal(other.call("lock_acquire", name="l").previous_token, token, "the next one is told")
        check(other.error("lock_renew", name="l", token=2**63, lease_ms=1).name != "INTERNAL", "no such token")


def test_a_lease_given_later_is_renewed_by_calls():
    with Daemon() as daemon, daemon.client() as other:
        with daemon.client() as maker:
            make(maker, "lock", "l")
        owner = daemon.client()
        token = owner.call("lock_acquire", name="l").token
        owner.call("lock_renew", name="l", token=token, lease_ms=400)
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            check(owner.call("lock_held", name="l"), "any call renews the lease")
            time.sleep(0.05)
        wait_until(lambda: not other.call("lock_locked", name="l"), "the end of the lease, though connected")
        owner.close()


def test_only_the_owner_shortens_its_lease():
    with Daemon() as daemon, daemon.client() as other, daemon.client(lease_ms=20_000, linger_ms=20_000) as owner:
        make(owner, "lock", "l")
        token = owner.call("lock_acquire", name="l").token
        equal(other.error("lock_renew", name="l", token=token, lease_ms=1000).name, "VALUE", "shorter")
        equal(other.call("lock_renew", name="l", token=token, lease_ms=30_000).lease_ms, 30_000, "longer")
        equal(owner.call("lock_renew", name="l", token=token, lease_ms=10_000).lease_ms, 10_000, "its own")


def test_a_stale_owner_is_refused():
    with Daemon() as daemon, daemon.client() as other:
        with daemon.client() as maker:
            make(maker, "lock", "l")
            make(maker, "dict", "d")
        owner = daemon.client(linger_ms=LINGER_MS)
        token = owner.call("lock_acquire", name="l").token
        other.call("dict_set", name="d", key=1, value=1, require=token)
        owner.close()
        newer = other.call("lock_acquire", name="l", wait_ms=20_000)
        check(newer.token > token, "tokens rise")
        for op, arguments in (("dict_set", {"key": 1, "value": 2}), ("dict_get", {"key": 1}), ("dict_len", {})):
            equal(other.error(op, name="d", require=token, **arguments).name, "STALE_TOKEN", op)
        equal(other.call("dict_get", name="d", key=1, require=newer.token), 1, "the stale write was refused")
        for op in ("server_stat", "session_ls", "session_heartbeat"):
            equal(other.error(op, require=token).name, "STALE_TOKEN", f"{op}: the daemon's own operations")
            equal(other.error(op, require=0).name, "STALE_TOKEN", f"{op}: 0 is no token")
            other.call(op, require=newer.token)
        check(other.reply(other.send("lock_release", name="l", token=token)).done.lost, "released long ago")


if __name__ == "__main__":
    main(globals())
