#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# limits.work from outside: a refusal says what works and is counted; mgrctl takes that way by itself.
import os
import subprocess

from lib.daemon import Daemon
from lib.run import check, equal, main
from lib.wire import ROOT, MgrError

MGRCTL = os.environ.get("MGRCTL") or os.path.join(ROOT, "build", "asan", "mgrctl")
WORK = 150000
ITEMS = 60000  # more than that allows to read, sort or search at once


def mgrctl(daemon, *words, stdin=None):
    """(exit code, what was printed, what was reported)."""
    done = subprocess.run([MGRCTL, "-s", f"unix:{daemon.path}", *words], input=stdin, capture_output=True, text=True,
                          check=False, timeout=120)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def refused(client, op, **arguments):
    try:
        client.call(op, **arguments)
    except MgrError as error:
        equal(error.name, "LIMIT", op)
        check("limits.work" in error.text, error.text)
        return
    raise AssertionError(f"{op} was not refused")


def test_refusals_are_counted_and_change_nothing():
    with Daemon({"limits": {"work": WORK}}) as daemon, daemon.client() as client:
        client.call("object_create", name="l", type="list", init=[3, 1, 2])
        refused(client, "list_extend", name="l", items=list(range(ITEMS)))
        refused(client, "value_set", name="l", value={i: i for i in range(ITEMS)})
        equal(client.call("list_copy", name="l"), [3, 1, 2])
        equal(client.call("server_stat")["refused_work"], 2)
        equal(client.call("server_info")["limit_work"], WORK)


def test_mgrctl_does_it_in_parts():
    """Every call here is one that the daemon refuses as a whole."""
    items = [i * 7919 % ITEMS for i in range(ITEMS)]
    text = "\n".join(map(str, items))
    with Daemon({"limits": {"work": WORK}}) as daemon, daemon.client() as client:
        for type in ("list", "set"):
            client.call("object_create", name=type, type=type)
        equal(mgrctl(daemon, "list", "extend", "list", "-", stdin=text)[0], 0, "extend from a file")
        equal(mgrctl(daemon, "set", "update", "set", "-", stdin=text)[0], 0, "update from a file")
        refused(client, "list_copy", name="list")
        equal(mgrctl(daemon, "-r", "list", "copy", "list")[1].split(), [str(i) for i in items])
        equal(mgrctl(daemon, "-r", "list", "reversed", "list")[1].split(), [str(i) for i in items[::-1]])
        equal(len(mgrctl(daemon, "-r", "set", "copy", "set")[1].split()), ITEMS)
        refused(client, "list_has", name="list", value=items[-1])
        equal(mgrctl(daemon, "list", "index", "list", str(items[-1]))[:2], (0, str(ITEMS - 1)))
        equal(mgrctl(daemon, "list", "count", "list", str(items[-1]))[:2], (0, "1"))
        equal(mgrctl(daemon, "list", "has", "list", "-1")[:2], (1, "false"))
        code, _, error = mgrctl(daemon, "list", "index", "list", "-1")
        check(code != 0 and "is not in list" in error, error)
        equal(mgrctl(daemon, "list", "remove", "list", str(items[-1]))[0], 0)
        equal(client.call("list_len", name="list"), ITEMS - 1)


def test_mgrctl_sorts_what_the_daemon_does_not():
    """Tuples that begin alike have no simple key: they are read, sorted and written back in one step."""
    pairs = [(0, i * 7919 % 4000, i) for i in range(4000)]
    with Daemon({"limits": {"work": WORK}}) as daemon, daemon.client() as client:
        client.call("object_create", name="l", type="list", init=pairs)
        refused(client, "list_sort", name="l")
        equal(mgrctl(daemon, "list", "sort", "l")[0], 0)
        equal(client.call("list_range", name="l", start=0, limit=4000)[0], sorted(pairs))


if __name__ == "__main__":
    main(globals())
