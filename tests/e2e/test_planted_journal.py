# SPDX-License-Identifier: BSD-2-Clause
# What a restart must keep, and the mutants (tests/mutants/) that would lose it: each piece of
# work must be well without a defect, and go wrong with the mutant that it is for.

import os

from lib.daemon import environment
from lib.mutants import mutants, program
from lib.nemesis import Mortal, ends_in_order
from lib.run import check, equal, main, measured, wait_until
from lib.wire import frame, make_request

RESUMED = 1
SYNC_MS = 100  # that a sync takes in addition
BLOB = bytes(100_000)
NEWER = "newer_version"  # no defect: see test_newer_version


def killed(daemon):
    """Killed, its journal looked at, and back again."""
    daemon.kill()
    daemon.verify()
    daemon.launch()
    daemon.wait_ready()


def acknowledged_stays(daemon):
    """The last ones were answered while the disk was busy with those before."""
    with daemon.client() as client:
        client.call("object_create", name="d", type="dict")
        for key in range(5):
            client.call("dict_set", name="d", key=key, value=key)
        killed(daemon)
        client.close()
    with daemon.client() as client:
        equal(client.call("dict_len", name="d"), 5, "acknowledged keys")


def snapshot_of(daemon, client):
    """Fills the log until there is another snapshot."""
    def newest():
        return client.call("server_info")["snapshot"]

    def filled():
        client.call("dict_set", name="d", key="blob", value=BLOB)
        return newest() > before
    before = newest()
    wait_until(filled, "a snapshot", 60)


def done_once(daemon):
    """Its reply was lost, a snapshot was made, the daemon died: the same request is not done again."""
    first = daemon.client(linger_ms=60_000)
    first.call("object_create", name="d", type="dict")
    id = first.send("dict_incr", name="d", key="n")
    equal(first.result(id), 1, "the first time")
    first.close()
    with daemon.client(linger_ms=60_000) as other:
        snapshot_of(daemon, other)
        killed(daemon)
        first.waiting[id] = frame(make_request("dict_incr", id, name="d", key="n"))
        equal((first.resume(), first.result(id)), (RESUMED, 1), "the same reply again")
        equal(other.resume(), RESUMED, "the other one")
        equal(other.call("dict_get", name="d", key="n"), 1, "the sum")
    first.bye()


def tokens_rise(daemon):
    last = 0
    with daemon.client() as client:
        client.call("object_create", name="l", type="lock")
    for _ in range(3):
        with daemon.client() as client:
            token = client.call("lock_acquire", name="l").token
            check(token > last, lambda: f"token {token} after {last}")
            last = token
        killed(daemon)


def owner_stays(daemon):
    """Time that passes while nobody serves, or between two starts, ends no session."""
    client = daemon.client(linger_ms=3000, lease_ms=3000)
    client.call("object_create", name="l", type="lock")
    token = client.call("lock_acquire", name="l").token
    for _ in range(2):
        killed(daemon)
        equal(client.resume(), RESUMED, "outcome")
        check(client.call("lock_held", name="l", token=token), "the lock is lost")
    client.bye()


def order_stays(daemon):
    """What the stopped daemon says of its state is what is read back."""
    owner_stays(daemon)
    ends_in_order(daemon)
    daemon.launch()
    daemon.wait_ready()


def snapshot_is_proven(daemon):
    """One that cannot be read back removes nothing, and is told of."""
    with daemon.client() as client:
        client.call("object_create", name="d", type="dict")
        for key in range(5):
            client.call("dict_set", name="d", key=key, value=key)
        files = {name for name in os.listdir(daemon.journal) if name.startswith("log-")}
        number = client.call("server_save")
        wait_until(lambda: client.call("server_info")["snapshot"] >= number or
                   client.call("server_stat")["journal_snapshot_failures"] > 0, "the snapshot ends")
        stat = client.call("server_stat")
        if stat["journal_snapshot_failures"] > 0:
            if not files <= set(os.listdir(daemon.journal)):
                raise RuntimeError("files are gone")
            killed(daemon)
            equal(client.resume(), RESUMED, "outcome")
            if client.call("dict_len", name="d") != 5:
                raise RuntimeError("the state is gone")
        client.bye()
    check(stat["journal_snapshot_failed"] == "no", stat["journal_snapshot_failed"])


# mutant -> the work that shows it
WORK = {"early_reply": acknowledged_stays, "slots_unsaved": done_once, "tokens_reset": tokens_rise,
        "wall_clock": order_stays, "snapshot_junk": snapshot_is_proven}


def does(work, binary=None):
    """What goes wrong; None: nothing."""
    env = environment(MGRD_IO_SYNC_MS=str(SYNC_MS if work is acknowledged_stays else 0))
    daemon = Mortal(variant="asan", binary=binary, env=env)
    try:
        work(daemon)
        daemon.stop()
    except AssertionError as wrong:
        return str(wrong)
    finally:
        daemon.abandon()
    return None


def test_newer_version():
    """The log of an older mgrd is read in the old way; what comes then is done in the new one, and both are
    read back. The older mgrd refuses that log."""
    daemon = Mortal(variant="asan")
    older = daemon.binary

    def add(expected):
        with daemon.client() as client:
            equal(client.call("value_add", name="v", by=5), expected, "value add")
    try:
        with daemon.client() as client:
            client.call("object_create", name="v", type="value", init=1)
        add(6)
        killed(daemon)
        add(11)
        daemon.kill()
        daemon.binary = program(NEWER, "mgrd")
        daemon.launch()
        daemon.wait_ready()
        add(5)
        for _ in range(2):
            killed(daemon)
            add(5)
        equal(ends_in_order(daemon)["behaviour"], "2", "the behaviour version")
        daemon.binary = older
        daemon.launch()
        equal(daemon.process.wait(30), 65, "exit code of the older mgrd")
        check("written by a newer mgrd (behaviour 2; this one knows 1)" in daemon.stderr(), daemon.stderr)
    finally:
        daemon.abandon()


def test_planted_journal():
    rows, told = mutants("tests/e2e/test_planted_journal.py"), []
    equal(sorted(rows), sorted({*WORK, NEWER}), "mutants for this test, and those that it knows")
    for name, work in WORK.items():
        found = does(work)
        check(found is None, lambda: f"{name}, without the defect: {found}")
        found = does(work, program(name, "mgrd"))
        check(found is not None, lambda: f"{name} was not noticed")
        told.append(name)
        print(f"{name}: {found[:300]}", flush=True)
    measured(f"noticed: {', '.join(told)}")


if __name__ == "__main__":
    main(globals())
