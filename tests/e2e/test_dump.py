# SPDX-License-Identifier: BSD-2-Clause
# long
# dump and load: what comes back is what was there, to the last bit; what is no dump changes nothing.
import base64
import json
import math
import os
import random
import struct
import subprocess
import threading

from lib.daemon import Daemon, environment
from lib.run import check, equal, main, measured, seed
from lib.values import Values
from lib.wire import ROOT, MgrError, Opaque, Ref

MGRCTL = os.environ.get("MGRCTL") or os.path.join(ROOT, "build", "asan", "mgrctl")
HOSTILE = ["", "\0", "a\0b", "\x1b[31m", "line\nbreak\r\t\b\f", "\"\\/", "$bytes", "$", "\u202e\u2028\ufeff", "😀é€",
           "\ufffd\uffff", "null", "1", "~list-1", "{\"$ref\": \"x\"}", "'", "\x7f\x80\x9f"]
NANS = [struct.unpack("<d", struct.pack("<Q", bits))[0] for bits in (0xfff8000000000000, 0x7ff8000000000001)]
NUMBERS = [0, 1, -1, 2**31, 2**63 - 1, -2**63, 2**63, -2**63 - 1, 2**64, 10**400, -10**4299, 7**6000, -7**6000, 0.0,
           -0.0, 1.0, 0.1, 1e16, 1e22, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, *NANS]


def mgrctl(daemon, *words, text=None, leaks=True, **popen):
    """Runs the sanitized mgrctl; gives the CompletedProcess, of bytes."""
    popen.setdefault("timeout", 200)
    if "stdin" not in popen:
        popen["input"] = text or b""
    done = subprocess.run([MGRCTL, *words], env=environment(leaks, MGRCTL_SERVER=f"unix:{daemon.path}"), check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **popen)
    check(b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr.decode())
    return done


def dump(daemon, *words, says=b""):
    done = mgrctl(daemon, "dump", *words)
    equal((done.returncode, done.stderr if not says else says in done.stderr), (0, b"" if not says else True), "dump")
    return done.stdout


def load(daemon, text, *words, code=0, says=b""):
    done = mgrctl(daemon, "load", *words, text=text)
    equal(done.returncode, code, f"load: {done.stderr.decode()}")
    check(says in done.stderr, lambda: f"load says {done.stderr.decode()!r}, not {says!r}")
    return done.stderr


def lines(text):
    return [json.loads(line) for line in text.decode("utf-8").split("\n")[:-1]]


def made(client, name, type, **arguments):
    return client.call("object_create", name=name, type=type, **arguments)


def content(client, name):
    """All pages, as they are on the wire."""
    pages, cursor = [], b""
    while True:
        response = client.reply(client.send("object_scan", name=name, cursor=cursor))
        pages.append(response.page.items.SerializeToString())
        cursor = response.page.cursor
        if not cursor:
            return pages


def there_and_back(daemon, names=(), says=b""):
    """Dumps, loads into a fresh daemon, and dumps that. Gives the dump."""
    first = dump(daemon, says=says)
    with Daemon() as other:
        load(other, first)
        second = dump(other)
        if first != second:
            for one, two in zip(first.split(b"\n"), second.split(b"\n")):
                equal(two[:2000], one[:2000], "a line of the second dump")
        equal(len(second), len(first), "bytes of the second dump")
        with daemon.client() as client, other.client() as again:
            for name in names:
                equal(content(again, name), content(client, name), f"content of {name}")
    return first


# ---- values --------------------------------------------------------------------------------------------
def nested(wrap, depth):
    inner = 0
    for _ in range(depth):
        inner = wrap(inner)
    return inner


def hostile_values():
    mixed = {1: "one", True: "x", "two": [2, 2.0], None: None, b"\0": (), (1, (2.0, "a")): {3}, 2.5: frozenset({4})}
    return [*HOSTILE, *NUMBERS, None, True, False, b"", bytes(range(256)), [], (), {}, set(), frozenset(),
            {1, 2.5, "a", b"a", None, (1, "x"), frozenset({1, (2,)})}, mixed, {"$ref": "x"}, {"a": 1, "$set": [2]},
            {"$dict": {"$dict": [[1, 2]]}}, [[[[[]]]]], {"": {"": {}}}, Opaque("pickle", b"\x80\x04", [1, {2: (3,)}]),
            Opaque("é", b""), nested(lambda x: [x], 30), nested(lambda x: (x,), 30), nested(lambda x: {1: x}, 30),
            nested(lambda x: {"$a": x}, 30), nested(lambda x: frozenset([x]), 30), nested(lambda x: {(x,): 1}, 1)]


def test_values():
    values = hostile_values()
    with Daemon() as daemon:
        with daemon.client() as client:
            made(client, "list", "list")
            made(client, "dict", "dict")
            made(client, "queue", "queue")
            made(client, "set", "set")
            made(client, "names", "namespace")
            for i, value in enumerate(values):
                client.call("list_append", name="list", value=value)
                client.call("dict_set", name="dict", key=i, value=value)
                client.call("queue_put", name="queue", value=value)
                made(client, f"value/{i}", "value", init=value)
                try:
                    hash(value)
                    client.call("set_add", name="set", value=value)
                    client.call("dict_set", name="dict", key=(i, value), value=i)
                except (TypeError, MgrError):
                    pass  # no key, or a level too deep for one
            for text in HOSTILE[1:]:
                client.call("namespace_set", name="names", attr=text, value=text)
        names = ["list", "dict", "queue", "set", "names", *(f"value/{i}" for i in range(len(values)))]
        text = there_and_back(daemon, names)
    rows = {line.get("object"): line for line in lines(text)}
    equal(rows["value/0"], {"object": "value/0", "type": "value", "content": ""}, "the form of an empty string")
    by_value = {i: rows[f"value/{i}"]["content"] for i in range(len(values))}
    for i, value in enumerate(values):
        if isinstance(value, (str, bool, type(None))) or (isinstance(value, int) and abs(value) < 10**4299):
            equal(by_value[i], value, "what JSON has is itself")
        if isinstance(value, bytes):
            equal(by_value[i], {"$bytes": base64.b64encode(value).decode()}, "bytes")


def test_random():
    rng = random.Random(seed())
    values = Values(rng)
    with Daemon() as daemon:
        with daemon.client() as client:
            for i in range(60):
                made(client, f"d{i}", "dict", init={values.key(): values.any(4) for _ in range(9)})
                made(client, f"l{i}", "list", init=[values.any(4) for _ in range(9)])
                made(client, f"s{i}", "set", init={values.key() for _ in range(9)})
        there_and_back(daemon, [f"{kind}{i}" for kind in "dls" for i in range(60)])


# ---- objects -------------------------------------------------------------------------------------------
def make_every_type(client):
    made(client, "lock", "lock")
    made(client, "rlock", "rlock")
    made(client, "a-condition", "condition", lock="lock")  # its lock comes behind it
    made(client, "condition", "condition")
    made(client, "set-event", "event", init=True)
    made(client, "event", "event")
    made(client, "none", "semaphore", init=0)
    made(client, "semaphore", "semaphore", init=2**40, bounded=True)
    made(client, "barrier", "barrier", init=3)
    made(client, "broken", "barrier", init=1, patience_ms=0)
    client.call("barrier_abort", name="broken")
    made(client, "pipe", "pipe")
    made(client, "closed", "pipe", maxsize=7, one_way=True)
    client.call("pipe_close", name="closed", end=1)
    for name in ("dict", "list", "set", "namespace", "value", "queue"):
        made(client, f"empty/{name}", name)
    made(client, "fades", "dict", init={"a": 1}, ttl_ms=3600000)
    made(client, "shut", "queue", init=[1, 2], maxsize=2)
    client.call("queue_shutdown", name="shut")
    for code in "bBhHiIlLqQfd":
        numbers = [0, 1, 100] if code not in "fd" else [0.0, -0.0, 0.1, math.inf, -math.inf, math.nan, *NANS]
        made(client, f"array/{ord(code)}", "array", typecode=code, init=numbers)
    made(client, "array/most", "array", typecode="Q", init=[2**64 - 1])
    made(client, "array/empty", "array", typecode="d")


def test_every_type():
    with Daemon() as daemon:
        with daemon.client() as client:
            make_every_type(client)
            names = client.call("object_ls")[0]
        arrays = [name for name in names if name.startswith("array")]
        text = there_and_back(daemon, arrays)
        rows = lines(text)
        equal([row.get("object") for row in rows], [None, *sorted(names), None], "the lines")
        equal(rows[0], {"mgrd_dump": 1}, "the header")
        equal(rows[-1], {"end": True}, "the end")
        by_name = {row.get("object"): row for row in rows}
        equal(by_name["semaphore"], {"object": "semaphore", "type": "semaphore", "permits": 2**40, "bounded": True}, "")
        equal(by_name["broken"], {"object": "broken", "type": "barrier", "parties": 1, "patience_ms": 0,
                                  "broken": True}, "")
        equal(by_name["closed"], {"object": "closed", "type": "pipe", "one_way": True, "maxsize": 7,
                                  "closed_1": True}, "")
        equal(by_name["a-condition"], {"object": "a-condition", "type": "condition", "lock": "lock"}, "")
        equal(by_name["fades"]["ttl_ms"], 3600000, "")
        with Daemon() as other, other.client() as client:
            load(other, text)
            with client_error("SHUT_DOWN"):
                client.call("queue_put", name="shut", value=3)
            with client_error("END_CLOSED"):
                client.call("pipe_recv", name="closed", end=1)
            equal(client.call("event_is_set", name="set-event"), True, "the event")
            client.call("lock_acquire", name="lock")
            equal(client.call("condition_locked", name="a-condition"), True, "the condition uses the lock")


class client_error:
    """A context in which a call fails with that error."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        equal(getattr(error, "name", error), self.name, "the error")
        return True


def test_large():
    count = 100000
    with Daemon() as daemon:
        with daemon.client() as client:
            made(client, "dict", "dict")
            made(client, "list", "list")
            made(client, "set", "set")
            made(client, "array", "array", typecode="i")
            for kind in ("fifo", "lifo", "priority"):
                made(client, kind, "queue", kind=kind, maxsize=10007)
            for start in range(0, count, 5000):
                numbers = list(range(start, start + 5000))
                client.call("dict_update", name="dict", items={i * 7919 % count if i % 2 else f"k{i}": i for i in numbers})
                client.call("list_extend", name="list", items=numbers)
                client.call("set_update", name="set", items=[i * 7919 % count for i in numbers])
                client.call("array_set_slice", name="array", items=numbers, start=start)
            rng = random.Random(1)
            for kind in ("fifo", "lifo", "priority"):
                client.call("queue_put_many", name=kind,
                            items=[(rng.randrange(50), i) if kind == "priority" else i for i in range(10007)])
            made(client, "long", "list", init=["\x01" * 300000, b"\xff" * 300000] * 4)
        text = there_and_back(daemon, ["dict", "list", "set", "array", "fifo", "lifo", "priority", "long"])
        longest = max(len(line) for line in text.split(b"\n"))
        check(longest < 8 << 20, f"a line of {longest} bytes")
        check(max(len(row.get("content", ())) for row in lines(text)) <= 1000, "items of a line")
        measured(f"a dump of {len(text)} bytes")


def test_one_large_value():
    """Nearly all that a frame holds, and a daemon whose frames are smaller."""
    with Daemon({"limits": {"frame": "2MiB"}}) as daemon, Daemon({"limits": {"frame": "1MiB"}}) as smaller:
        with daemon.client() as client:
            made(client, "big", "dict")
            client.call("dict_set", name="big", key="k", value="x" * (2**21 - 2000))
            made(client, "fits", "list", init=["y" * 400000] * 5)
        there_and_back(daemon, ["fits"])
        load(smaller, dump(daemon, "fits"))
        equal(dump(smaller), dump(daemon, "fits"), "item by item where a line is too large for a frame")
        load(smaller, dump(daemon, "big"), code=73, says=b"stopped at line 2: of 1 objects the first 0 are in")


# ---- references ----------------------------------------------------------------------------------------
def test_references():
    with Daemon() as daemon, daemon.client() as client:
        made(client, "a", "list")
        z = made(client, "z", "dict")
        one = client.call("object_create", type="list")
        two = client.call("object_create", type="dict", init={"up": one})
        lock = client.call("object_create", type="lock")
        made(client, "condition", "condition", lock=f"~lock-{lock}")
        gone = made(client, "gone", "list")
        for item in (Ref(z), Ref(one), Ref(one), Ref(gone), {Ref(z): (Ref(two),)}, {Ref(z), Ref(gone)}):
            client.call("list_append", name="a", value=item)
        client.call("dict_set", name="z", key="a", value=Opaque("c", b"", [Ref(one)]))
        client.call("list_append", name=f"~list-{one}", value=Ref(two))
        client.call("list_append", name=f"~list-{one}", value=Ref(one))
        client.call("object_delete", name="gone")
        first = there_and_back(daemon)
        rows = lines(first)
        equal([row.get("object") for row in rows[1:-1]], ["a", "condition", "z", "~list-1", "~dict-2", "~lock-3"], "")
        equal(rows[4], {"object": "~list-1", "type": "list", "content": [{"$ref": "~dict-2"}, {"$ref": "~list-1"}]}, "")
        equal(rows[1]["content"][3], {"$ref": None}, "what is gone")
        with Daemon() as other:
            # one object alone: what it refers to must be there
            part = dump(daemon, "z")
            equal([row.get("object") for row in lines(part)], [None, "z", "~list-1", "~dict-2", None], "one that matches")
            load(other, part)
            load(other, dump(daemon, "a"))
            equal(lines(dump(other, "a"))[1]["content"][0], {"$ref": "z"}, "a reference to what was there")
            load(other, dump(daemon, "a").replace(b'"z"', b'"no"'), "--replace", code=66, says=b"line 2: refers to \"no\"")
            check(len(lines(dump(other))) > 4, "nothing was deleted")


def churn(daemon, stop, rng):
    """Somebody works: objects come and go, refer to each other, and change."""
    with daemon.client() as client:
        made(client, "hub", "dict")
        while not stop.is_set():
            number = rng.randrange(40)
            try:
                if rng.random() < 0.5:
                    ref = made(client, f"{rng.choice('az')}{number}", "list", init=[number] * 5)
                    client.call("dict_set", name="hub", key=rng.randrange(40), value=Ref(ref))
                elif rng.random() < 0.5:
                    ref = client.call("object_create", type="list", init=[number])
                    client.call("dict_set", name="hub", key=rng.randrange(40), value=Ref(ref))
                else:
                    client.call("object_delete", name=f"{rng.choice('az')}{number}")
                client.call("dict_pop", name="hub", key=rng.randrange(40), fallback=None)
                client.call("dict_set", name="hub", key=f"new{number}", value=number)
            except MgrError as error:
                check(error.name in ("EXISTS", "NO_SUCH_OBJECT"), str(error))


def test_busy():
    """A dump of a daemon that is at work loads, or says that it is none."""
    rng, stop, whole = random.Random(seed()), threading.Event(), 0
    with Daemon() as daemon:
        worker = threading.Thread(target=churn, args=(daemon, stop, rng))
        worker.start()
        try:
            for _ in range(12):
                done = mgrctl(daemon, "dump")
                check(done.returncode in (0, 66), done.stderr.decode())
                with Daemon() as other:
                    if done.returncode == 0:
                        whole += 1
                        load(other, done.stdout)
                        equal(dump(other).count(b"\n"), done.stdout.count(b"\n"), "objects")
                    else:
                        check(b"went before it could be dumped" in done.stderr or b"(" in done.stderr, done.stderr)
                        load(other, done.stdout, code=65, says=b"is not whole")
        finally:
            stop.set()
            worker.join()
    measured(f"{whole} of 12 dumps were whole")
    check(whole > 0, "no dump was whole")


# ---- what cannot be seen -------------------------------------------------------------------------------
def test_unseen():
    with Daemon() as daemon, daemon.client() as client:
        made(client, "q", "queue", init=[1, 2, 3])
        made(client, "p", "pipe")
        client.call("pipe_send", name="p", value=1)
        client.call("queue_get", name="q", reserve=True)
        made(client, "e", "dict", ephemeral=True)
        client.call("object_hold", name="e")
        text = dump(daemon, says=b'queue "q": 1 item ')
        check(b'pipe "p": 1 item ' in mgrctl(daemon, "dump").stderr, "what is in a pipe")
        equal(mgrctl(daemon, "-q", "dump").stderr, b"", "quiet")
        equal(lines(text)[1], {"object": "e", "type": "dict", "ephemeral": True, "content": {}}, "")
        equal(lines(text)[3]["content"], [2, 3], "what is ready")
        with Daemon() as other:
            load(other, text, says=b'"e" is ephemeral')
            equal([row.get("object") for row in lines(dump(other))], [None, "p", "q", None], "ephemeral")
        with Daemon() as other:
            equal(load(other, text, "--lease", "60s"), b"", "the session stays")
            equal([row.get("object") for row in lines(dump(other))], [None, "e", "p", "q", None], "with a lease")
        made(client, "l", "lock")
        made(client, "orphan", "condition", lock="l")
        client.call("object_delete", name="l")
        done = mgrctl(daemon, "dump")
        equal(done.returncode, 76, "a condition without its lock")
        check(b"orphan" in done.stderr and b"1 object was left out" in done.stderr, done.stderr)
        equal(lines(done.stdout)[-1], {"end": True}, "all others are dumped")
        check(b"orphan" not in done.stdout, "nothing of it")


# ---- what cannot be read -------------------------------------------------------------------------------
def test_left_out():
    """One value that no reply could carry ended the dump of all others."""
    with Daemon(start=False) as daemon:
        state = os.path.join(daemon.dir, "state")
        daemon.configure({"state": state, "journal": {"segment": "1MiB"}, "limits": {"frame": "2MiB"}})
        daemon.start()
        with daemon.client() as client:
            made(client, "big", "list", init=["x" * (1500 << 10)])
            made(client, "z", "list", init=[1])
            failure = None
            try:
                made(client, "more", "value", init="x" * ((2 << 20) - 500))
            except MgrError as error:
                failure = error
            check(failure is not None and "limits.frame less 1 KiB" in str(failure), failure)
        daemon.stop()
        daemon.configure({"state": state, "limits": {"frame": "1MiB"}})
        daemon.start()
        done = mgrctl(daemon, "dump")
        equal(done.returncode, 73, "a value that was stored under a larger limit")
        check(b'list "big"' in done.stderr and b"1 object was left out" in done.stderr, done.stderr)
        equal([row.get("object") for row in lines(done.stdout)], [None, "z", None], "the others")
        with Daemon() as other:
            load(other, done.stdout)


# ---- loading over something ----------------------------------------------------------------------------
def test_existing():
    with Daemon() as daemon, daemon.client() as client:
        made(client, "a", "list", init=[1])
        made(client, "b", "dict", init={"k": 1})
        made(client, "c", "semaphore", init=2)
        text = dump(daemon)
        client.call("object_delete", name="a")
        client.call("dict_set", name="b", key="k", value=2)
        changed = dump(daemon)
        load(daemon, text, code=80, says=b"line 3: FileExistsError")
        equal(dump(daemon), changed, "refused: as if nothing had been")
        load(daemon, text, "--if-absent")
        equal([row.get("content") for row in lines(dump(daemon))], [None, [1], {"k": 2}, None, None], "--if-absent")
        load(daemon, text, "--replace")
        equal(dump(daemon), text, "--replace")
        load(daemon, text, "--replace", "--if-absent", code=64)
        load(daemon, text.replace(b'"dict"', b'"namespace"'), "--if-absent", code=80, says=b"line 3: ")
        client.call("semaphore_acquire", name="c")
        load(daemon, text, "--replace", code=80, says=b"mgrctl rm --force c")


def test_stops():
    """What the daemon refuses on the way is told with what is in."""
    with Daemon({"limits": {"frame": "2MiB", "memory": "4MiB"}}) as daemon:
        half = ["x" * 900000, "y" * 900000]
        rows = [{"mgrd_dump": 1}, {"object": "a", "type": "list", "content": list(range(150))},
                {"object": "b", "type": "list", "content": half}, {"more": "b", "content": half},
                {"more": "b", "content": [1]}, {"object": "c", "type": "dict", "content": {"k": 1}}, {"end": True}]
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        said = load(daemon, text, code=73, says=b"line 4: MemoryError")
        check(b'of 3 objects the first 1 are in, those of the lines before 3; "b" is not whole' in said, said)
        equal([row.get("content") for row in lines(dump(daemon))], [None, list(range(150)), half[:1], half[1:], {}, None],
              "what is in")
        mgrctl(daemon, "rm", "a", "b", "c")
        for row, says in [({"object": "q", "type": "queue", "kind": "none"}, b"line 3: ValueError"),
                          ({"object": "a b", "type": "dict"}, b"line 3: ValueError"),
                          ({"object": "r", "type": "array", "typecode": "?"}, b"line 3: ValueError")]:
            text = "".join(json.dumps(part) + "\n" for part in (rows[0], rows[5], row, rows[6])).encode()
            load(daemon, text, code=65, says=says)
            equal(len(lines(dump(daemon))), 2, "nothing was loaded")


HEAD, END = b'{"mgrd_dump": 1}\n', b'{"end": true}\n'
BAD = [
    (b"", b"is empty, not a dump"),
    (b"\n \n", b"is empty, not a dump"),
    (HEAD, b"line 1: the dump is not whole"),
    (HEAD + b'{"object": "a", "type": "dict", "content": {}}\n', b"line 2: the dump is not whole"),
    (END, b"line 1: this is no dump"),
    (b'{"object": "a", "type": "dict"}\n' + END, b"line 1: this is no dump"),
    (b'{"mgrd_dump": 2}\n' + END, b"line 1: a dump of a version"),
    (b'{"mgrd_dump": "1"}\n' + END, b"line 1: a dump of a version"),
    (HEAD + HEAD + END, b"line 2: a second header"),
    (HEAD + END + b'{"object": "a", "type": "dict"}\n', b"line 3: unexpected line after the end"),
    (HEAD + b"nonsense\n" + END, b"line 2: column 1: "),
    (HEAD + b"[1]\n" + END, b"line 2: no JSON object"),
    (HEAD + b"{}\n" + END, b"line 2: no JSON object"),
    (HEAD + b'{"x": 1}\n' + END, b"line 2: a line starts with"),
    (HEAD + b'{"type": "dict", "object": "a"}\n' + END, b"line 2: a line starts with"),
    (HEAD + b'{"end": false}\n', b'line 2: "end" can only be true'),
    (HEAD + b'{"object": 1, "type": "dict"}\n' + END, b"line 2: no name"),
    (HEAD + b'{"object": "a\\u0000b", "type": "dict"}\n' + END, b"line 2: no name"),
    (HEAD + b'{"object": "a"}\n' + END, b'line 2: an object without "type"'),
    (HEAD + b'{"object": "a", "type": "tree"}\n' + END, b'line 2: there is no type "tree"'),
    (HEAD + b'{"object": "a", "type": "dict", "maxsize": 1}\n' + END, b'line 2: dict has no field "maxsize"'),
    (HEAD + b'{"object": "a", "type": "queue", "maxsize": -1}\n' + END, b'line 2: "maxsize" takes'),
    (HEAD + b'{"object": "a", "type": "queue", "maxsize": 1e3}\n' + END, b'line 2: "maxsize" takes'),
    (HEAD + b'{"object": "a", "type": "queue", "maxsize": 18446744073709551616}\n' + END, b'line 2: "maxsize" takes'),
    (HEAD + b'{"object": "a", "type": "event", "set": 1}\n' + END, b'line 2: "set" takes true or false'),
    (HEAD + b'{"object": "a", "type": "lock", "content": 1}\n' + END, b"line 2: a lock has no content"),
    (HEAD + b'{"object": "a", "type": "dict", "content": []}\n' + END, b"line 2: the content of a dict"),
    (HEAD + b'{"object": "a", "type": "list", "content": {"$set": [1]}}\n' + END, b"line 2: the content of a list"),
    (HEAD + b'{"object": "a", "type": "set", "content": [1]}\n' + END, b"line 2: the content of a set"),
    (HEAD + b'{"object": "a", "type": "set", "content": {"$set": [1, true]}}\n' + END, b"the same key twice"),
    (HEAD + b'{"object": "a", "type": "set", "content": {"$set": [[]]}}\n' + END, b"unhashable"),
    (HEAD + b'{"object": "a", "type": "value", "content": {"$what": 1}}\n' + END, b'there is no tag "$what"'),
    (HEAD + b'{"object": "a", "type": "value", "content": {"$bytes": "?"}}\n' + END, b"$bytes takes base64"),
    (HEAD + b'{"object": "a", "type": "value", "content": "\xff"}\n' + END, b"invalid UTF-8"),
    (HEAD + b'{"object": "a", "type": "value", "content": "a\n', b"line 2: column"),
    (HEAD + b'{"object": "a", "type": "value", "content": ' + b"[" * 200 + b"]" * 200 + b"}\n" + END, b"nested"),
    (HEAD + b'{"object": "a", "type": "value", "content": {"$ref": "~list-1"}}\n' + END, b"which is not in the dump"),
    (HEAD + b'{"object": "a", "type": "dict"}\n{"object": "a", "type": "dict"}\n' + END, b'line 3: "a" is in line 2'),
    (HEAD + b'{"more": "a", "content": {}}\n' + END, b"line 2: a line of more follows"),
    (HEAD + b'{"object": "a", "type": "dict"}\n{"more": "b", "content": {}}\n' + END, b"line 3: a line of more follows"),
    (HEAD + b'{"object": "a", "type": "dict"}\n{"more": "a", "content": []}\n' + END, b"line 3: the content of a dict"),
    (HEAD + b'{"object": "a", "type": "dict"}\n{"more": "a", "kind": "x"}\n' + END, b"line 3: a line of more has no field"),
    (HEAD + b'{"object": "a", "type": "value"}\n{"more": "a", "content": 1}\n' + END, b"line 3: a value has one line"),
]


def test_malformed():
    good = HEAD + b'{"object": "first", "type": "dict", "content": {"k": 1}}\n'
    with Daemon() as daemon:
        for text, says in BAD:
            said = load(daemon, text, code=65, says=says)
            check(b"nothing was loaded" in said, said)
        text = good + b'{"object": "second", "type": "dict", "content": {"k": }}\n' + END
        load(daemon, text, "--replace", code=65, says=b"line 3: column")
        equal(dump(daemon), HEAD + END, "nothing was made")
        load(daemon, good + END.rstrip())
        whole = dump(daemon)
        for cut in range(len(whole) - 1):  # without the last line break it is whole
            equal(mgrctl(daemon, "load", "--replace", text=whole[:cut], leaks=False).returncode, 65, f"cut at {cut}")
        equal(dump(daemon), whole, "what is cut deletes nothing")


def test_input():
    with Daemon() as daemon:
        text = HEAD + b'\n{"object": "a", "type": "list", "content": [1]}\n \n{"more": "a", "content": [2]}\r\n' + END
        path = os.path.join(daemon.dir, "dump")
        with open(path, "wb") as file:
            file.write(b"not of it\n" + text)
        with open(path, "rb", buffering=0) as file:
            file.seek(10)
            equal(mgrctl(daemon, "load", stdin=file).returncode, 0, "a file from somewhere on")
        equal(lines(dump(daemon))[1]["content"], [1, 2], "content")
        load(daemon, text, "-", "--replace")
        equal(mgrctl(daemon, "load", path).returncode, 65, "the whole file")
        equal(mgrctl(daemon, "load", path + "x").returncode, 74, "no file")
        equal(mgrctl(daemon, "load", daemon.dir).returncode, 74, "a folder")
        equal(mgrctl(daemon, "dump", "a", "no*").returncode, 66, "no name that matches")
        equal(len(lines(dump(daemon, "a", "a*", "[a-z]"))), 3, "each object once")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([MGRCTL, "dump"], env=environment(MGRCTL_SERVER=f"unix:{daemon.path}"), stdout=full,
                                  stderr=subprocess.PIPE, check=False, timeout=60)
        equal(done.returncode, 74, "a full disk")


if __name__ == "__main__":
    main(globals())
