# SPDX-License-Identifier: BSD-2-Clause
# What no well-behaved client sends: each is answered as documented, and leaves nothing behind.
import contextlib
import socket
import struct

from lib.daemon import Daemon
from lib.raw import CLOSED, HELLO, MAX, Guard, blob, converse, field, outcome, read_all, request
from lib.run import check, equal, main, measured, wait_until
from lib.wire import ERRORS, FOR_EVER, connect, frame, make_request, split_frame, varint


def dict_set(value, key=b"\x32\x01k"):
    """dict_set on "d" with a raw value."""
    return request(blob(129, blob(1, b"d") + blob(2, key) + blob(3, value)))


def run_rows(rows):
    with Daemon() as daemon:
        guard = Guard(daemon)
        for what, data, wanted, *hello in rows:
            equal(outcome(daemon, data, *hello), wanted, what)
            guard.after(what)
    measured(f"{len(rows)} rows")


# ---- frames ----------------------------------------------------------------------------------------
def test_frame_lengths():
    lengths = {"0": b"\0", "max + 1": varint(MAX + 1), "2^31 - 1": varint(2**31 - 1),
               "2^31": varint(2**31), "2^32 - 1": varint(2**32 - 1), "2^63": varint(2**63),
               "2^64 - 1": varint(2**64 - 1), "10 bytes": b"\xff" * 9 + b"\x01",
               "11 bytes": b"\xff" * 11, "10 bytes too large": b"\xff" * 9 + b"\x02",
               "not the shortest": b"\x85\0" + b"\x08\x05\x82\x01\0", "not the shortest 0": b"\x80\0"}
    rows = [(f"length {what}", head + b"\x08\x05", CLOSED) for what, head in lengths.items()]
    rows.append(("a frame of one byte", b"\x01\x08", CLOSED))
    run_rows(rows)


def test_largest_frame():
    overhead = len(dict_set(blob(7, bytes(MAX - 100)))) - (MAX - 100)
    exact = dict_set(blob(7, bytes(MAX + 4 - overhead)))
    equal(split_frame(exact)[1], MAX + 4, "the test's own arithmetic")
    # it is read whole, and answered; but so large a value could not be given out again, so none is kept
    run_rows([("exactly max", exact, "TOO_LARGE"),
              ("max + 1", dict_set(blob(7, bytes(MAX + 5 - overhead))), CLOSED)])


def good_frames():
    """One frame of many kinds of request."""
    calls = [("dict_set", {"key": ("a", 1, None), "value": {"x": [1, 2.5, True, b"b", 2**70]}}),
             ("dict_get", {"key": "k", "fallback": None}), ("dict_update", {"items": {"a": 1}}),
             ("dict_incr", {"key": "n", "by": 2}), ("dict_scan", {"limit": 3}),
             ("dict_cas", {"key": "n", "new": 1, "absent": True}),
             ("dict_merge", {"items": [(1, frozenset({2}))], "under": True}), ("dict_len", {})]
    frames = [frame(make_request(op, i + 10, acked=i + 2, name="d", **args))
              for i, (op, args) in enumerate(calls)]
    frames.append(frame(make_request("object_ls", 40, glob="*", limit=5, long=True)))
    frames.append(frame(make_request("object_changed", 41, wait_ms=1, name="d", since=2**63)))
    frames.append(frame(make_request("session_heartbeat", 42)))
    return frames


def test_every_prefix():
    count = 0
    with Daemon() as daemon:
        daemon.warm(1100)
        guard = Guard(daemon)
        for end in (socket.SHUT_WR, None):
            whole = HELLO + b"".join(good_frames())
            for cut in range(len(whole)):
                with contextlib.closing(daemon.tcp_client(hello=False).sock) as sock:
                    sock.sendall(whole[:cut])
                    if end is None:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    else:
                        sock.shutdown(end)
                        read_all(sock)
                count += 1
        settle_sessions(daemon)
        guard.after("prefixes")
    measured(f"{count} prefixes, ended by FIN and by RST")


def settle_sessions(daemon):
    """Ends what lingers, and takes away what was made."""
    with daemon.client() as client:
        for row in client.call("session_ls"):
            client.send("session_kill", session=int(row["session"]))
        for name in client.call("object_ls")[0]:
            if name != "d":
                client.call("object_delete", name=name, force=True)


def test_every_bit():
    count = 0
    with Daemon() as daemon:
        guard = Guard(daemon)
        for good in good_frames():
            for bit in range(len(good) * 8):
                bad = bytearray(good)
                bad[bit // 8] ^= 1 << bit % 8
                with contextlib.closing(connect(daemon.path)) as sock:
                    with contextlib.suppress(BrokenPipeError):
                        sock.sendall(HELLO + bad + frame(make_request("session_bye", 200)))
                        sock.shutdown(socket.SHUT_WR)
                    read_all(sock)
                count += 1
        settle_sessions(daemon)
        check(daemon.process.poll() is None, "mgrd died")
        with daemon.client() as client:
            client.call("dict_clear", name="d")
        stat = daemon.stat()
        equal(stat["sessions"], 0, "sessions")
        wait_until(lambda: daemon.fds() == guard.fds, "descriptors return")
    measured(f"{count} flipped bits")


def test_segments():
    """Byte by byte, all in one packet, two frames in one: the same replies."""
    frames = [frame(make_request("dict_set", 2, name="d", key=1, value=["x"] * 50)),
              frame(make_request("dict_get", 3, name="d", key=1.0)),
              frame(make_request("dict_get", 4, name="d", key=2)),
              frame(make_request("session_bye", 5))]
    whole = HELLO + b"".join(frames)

    def replies(pieces):
        with contextlib.closing(daemon.tcp_client(hello=False).sock) as sock:
            for piece in pieces:
                sock.sendall(piece)
            return [(r.id, r.WhichOneof("result"), r.value, r.error) for r in read_all(sock)]

    with Daemon() as daemon:
        guard = Guard(daemon)
        wanted = replies([whole])
        equal([row[:2] for row in wanted],
              [(1, "welcome"), (2, "done"), (3, "value"), (4, "error"), (5, "done")], "whole")
        equal(replies([whole[i:i + 1] for i in range(len(whole))]), wanted, "byte by byte")
        equal(replies([HELLO + frames[0], frames[1] + frames[2][:3], frames[2][3:] + frames[3]]),
              wanted, "two in one packet")
        guard.after("segments")


# ---- requests --------------------------------------------------------------------------------------
PING = blob(16, b"")


def test_requests():
    get = blob(128, blob(1, b"d") + blob(2, b"\x32\x01k"))
    run_rows([
        ("an unknown field", request(field(7, 0, b"\1"), PING), "UNIMPLEMENTED"),
        ("an unknown field in the operation", request(blob(132, blob(1, b"d") + blob(9, b"x"))), "UNIMPLEMENTED"),
        ("an unknown operation", request(blob(63, b"")), "UNIMPLEMENTED"),
        ("an operation far away", request(blob(100000, b"")), "UNIMPLEMENTED"),
        ("two operations", request(PING, get), "INVALID"),
        ("the same operation twice", request(PING, PING), "INVALID"),
        ("no operation", request(), "INVALID"),
        ("an operation that is a number", request(field(16, 0, b"\1")), "INVALID"),
        ("acked as bytes", request(blob(2, b"\1"), PING), "INVALID"),
        ("a field twice", request(field(2, 0, b"\1"), field(2, 0, b"\1"), PING), "INVALID"),
        ("a name twice", request(blob(132, blob(1, b"d") + blob(1, b"d"))), "INVALID"),
        ("both of a oneof", request(blob(147, blob(1, b"d") + blob(2, b"\x18\0") + blob(3, b"\x18\0") +
                                         blob(4, b"\x18\0") + field(5, 0, b"\1"))), "INVALID"),
        ("a bool of 2", request(blob(205, blob(1, b"d") + field(2, 0, b"\2"))), "INVALID"),
        ("no name", request(blob(132, b"")), "TYPE"),
        ("an empty name", request(blob(132, blob(1, b""))), "TYPE"),
        ("no key", request(blob(128, blob(1, b"d"))), "TYPE"),
        ("an empty key", request(blob(128, blob(1, b"d") + blob(2, b""))), "TYPE"),
        ("another type's operation", request(blob(196, blob(1, b"d"))), "WRONG_TYPE"),
        ("no such object", request(blob(132, blob(1, b"x"))), "NO_SUCH_OBJECT"),
        ("a dead token", request(field(5, 0, b"\7"), blob(132, blob(1, b"d"))), "STALE_TOKEN"),
        ("id 0", request(PING, id=0), CLOSED),
        ("no id", frame(PING), CLOSED),
        ("an id of 11 bytes", frame(b"\x08" + b"\x80" * 10 + b"\1" + PING), CLOSED),
        ("an id of 65 bits", frame(b"\x08" + b"\xff" * 9 + b"\2" + PING), CLOSED),
        ("field number 0", request(field(0, 0, b"\1"), PING), CLOSED),
        ("wire type 3", request(field(7, 3), field(7, 4), PING), CLOSED),
        ("wire type 6", request(field(7, 6), PING), CLOSED),
        ("wire type 7", request(field(7, 7), PING), CLOSED),
        ("a tag of 6 bytes", request(b"\x80\x81\x80\x80\x80\0" + b"\0", PING), CLOSED),
        ("a truncated operation", request(field(16, 2, b"\x05")), CLOSED),
        ("a truncated argument", request(blob(132, field(1, 2, b"\x05a"))), CLOSED),
        ("a fault before the id", frame(field(7, 0, b"\1") + field(1, 0, b"\5") + PING), CLOSED),
        ("a second hello", request(blob(32, field(1, 0, b"\1"))), CLOSED),
    ])


def test_values():
    bad = {
        "two members": b"\x18\0\x10\1", "the same member twice": b"\x18\0\x18\0",
        "an unknown member": blob(16, b""), "a reserved member": blob(15, b"x"),
        "a wrong wire type": blob(3, b"x"), "a long varint": b"\x18\x80\0", "a bool of 2": b"\x10\2",
        "a long length": b"\x32\x81\0a", "invalid UTF-8": b"\x32\1\xff", "a surrogate": b"\x32\3\xed\xa0\x80",
        "an overlong NUL": b"\x32\2\xc0\x80", "an int as a bigint": b"\x22\1\5",
        "a bigint that is too long": b"\x22\x0a\0\x7f" + b"\xff" * 8, "an empty bigint": b"\x22\0",
        "an item without a member": b"\x42\2\x0a\0", "none with a field": b"\x0a\2\x08\1",
        "a pair without a key": b"\x52\4\x0a\2\x12\0", "a float of 7 bytes": b"\x29" + b"\0" * 7,
        "a truncated str": b"\x32\5a", "a list of garbage": b"\x42\2\xff\xff",
        "an opaque without a codec": b"\x72\3\x12\1x",
    }
    rows = [(what, dict_set(value), "INVALID") for what, value in bad.items()]
    key_twice = b"\x52\x14" + b"\x0a\x08\x0a\2\x18\2\x12\2\x18\0" + b"\x0a\x08\x0a\2\x10\1\x12\2\x18\0"
    rows += [
        ("a list as a key", dict_set(b"\x18\0", key=b"\x42\0"), "TYPE"),
        ("a list as a key inside", dict_set(b"\x52\x0a\x0a\x08\x0a\2\x42\0\x12\2\x18\0"), "TYPE"),
        ("1 and true as keys", dict_set(key_twice), "VALUE"),
    ]
    run_rows(rows)


def nested(depth):
    """The encoding of that many lists, one in the other."""
    heads, size = [], 0
    for _ in range(depth):
        item = field(1, 2, varint(size)) if heads else b""
        head = field(8, 2, varint(size + len(item))) + item
        heads.append(head)
        size += len(head)
    return b"".join(reversed(heads))


def test_amplification():
    half_million = 500_000
    run_rows([
        ("31 lists", dict_set(nested(31)), "VALUE"),
        ("30 lists", dict_set(nested(30)), "done"),
        ("100,000 lists", dict_set(nested(100_000)), "VALUE"),
        ("100,000 lists in 5 MB", dict_set(blob(8, blob(1, nested(100_000)) + blob(1, blob(7, bytes(4_000_000))))),
         "VALUE"),
        ("1 MB of the same field", request(field(2, 0, b"\1") * half_million, PING), "INVALID"),
        ("1 MB of the same argument", request(blob(132, blob(1, b"") * half_million)), "INVALID"),
        ("1 MB of the same operation", request(blob(16, b"") * (half_million // 2)), "INVALID"),
        ("1 MB of unknown fields", request(field(7, 0, b"\1") * half_million, PING), "UNIMPLEMENTED"),
        ("1 MB of items without a member", dict_set(blob(8, b"\x0a\0" * half_million)), "INVALID"),
        ("1 MB of nested pairs", dict_set(blob(10, b"\x0a\0" * half_million)), "INVALID"),
        ("1 MB of opaque parts", dict_set(blob(14, b"\x0a\1x" + b"\x1a\0" * half_million)), "INVALID"),
    ])


def test_names():
    bad = {"NUL": b"a\0b", "a newline": b"a\nb", "256 bytes": b"a" * 256, "../x": b"../x", "a//b": b"a//b",
           "/a": b"/a", "a/": b"a/", ".a": b".a", "-a": b"-a", "a space": b"a b", "not ASCII": "é".encode(),
           "~x": b"~x", "~dict-": b"~dict-", "~dict-1x": b"~dict-1x", "DEL": b"a\x7f"}
    rows = []
    for what, name in bad.items():
        rows.append((f"create {what}", request(blob(64, blob(1, name) + blob(2, b"dict"))), "VALUE"))
        rows.append((f"use {what}", request(blob(132, blob(1, name))), None))
    rows.append(("a name that is not UTF-8", request(blob(132, blob(1, b"\xff"))), "INVALID"))
    rows.append(("a type with a NUL", request(blob(64, blob(1, b"n") + blob(2, b"dict\0"))), "VALUE"))
    with Daemon() as daemon:
        guard = Guard(daemon)
        for what, data, wanted in rows:
            got = outcome(daemon, data)
            check(got == wanted if wanted else got in ("VALUE", "NO_SUCH_OBJECT"), f"{what}: {got}")
            guard.after(what)
        with daemon.client() as client:
            longest = "a" * 255
            client.call("object_create", name=longest, type="dict")
            equal(client.call("object_ls", glob="aa*"), ([longest], b""), "a name of 255 bytes")
            client.call("object_delete", name=longest)
        guard.after("255 bytes")


def test_large_numbers():
    """Times, counts and positions at their ends."""
    with Daemon() as daemon:
        guard = Guard(daemon)
        top = 2**64 - 1
        with daemon.client(linger_ms=top, lease_ms=top) as client:
            check(client.welcome.linger_ms <= 3600_000, "linger is bounded")
            check(0 < client.welcome.lease_ms <= 86400_000, "the lease is bounded")
            for name, ttl in (("t1", top), ("t2", 2**63), ("t3", 2**53)):
                client.call("object_create", name=name, type="list", ttl_ms=ttl, init=[1, 2])
                equal(client.call("list_range", name=name, start=top, limit=top), ([], b""), "range")
                equal(client.call("list_range", name=name, start=1, limit=top), ([2], b""), "range")
                client.call("object_delete", name=name)
            equal(client.call("dict_scan", name="d", limit=top), ({}, b""), "scan")
            equal(client.error("dict_scan", name="d", limit=0).name, "VALUE", "no limit at all")
            wait = client.send("object_changed", name="d", wait_ms=top - 1)
            equal(client.call("session_cancel", id=wait), True, "a wait of 2^64 - 2 ms")
            equal(ERRORS[client.reply(wait).error.code][0], "CANCELLED", "its reply")
            equal(client.error("object_changed", name="d", wait_ms=1).name, "TIMEOUT", "1 ms")
            equal(client.error("object_changed", name="d", since=top, wait_ms=1).name, "VALUE", "a revision to come")
            equal(client.error("session_kill", session=top).name, "NO_SUCH_SESSION", "kill")
            equal(client.call("session_cancel", id=top), False, "cancel")
            equal(client.error("object_info", name=f"~dict-{top}").name, "NO_SUCH_OBJECT", "an id")
            client.call("dict_set", name="d", key=1, value=1, holder=top, acked=top)
        guard.after("large numbers")


# ---- logging in ------------------------------------------------------------------------------------
def hello(**wishes):
    return frame(make_request("session_hello", 5, **wishes))


def test_hello():
    long_hello = hello(version=1, client="x" * 4096)
    rows = [("an operation before hello", request(PING), CLOSED, b""),
            ("an unknown operation before hello", request(blob(63, b"")), CLOSED, b""),
            ("more than 4 KiB before hello", long_hello, CLOSED, b""),
            ("4 KiB announced, never sent", varint(4097) + b"\x08", CLOSED, b""),
            ("an HTTP request", b"GET / HTTP/1.1\r\nHost: " + b"x" * 80 + b"\r\n\r\n", CLOSED, b""),
            ("a TLS hello", bytes.fromhex("16030100f8010000f40303") + bytes(240), CLOSED, b""),
            ("a broken hello", frame(field(1, 0, b"\5") + blob(32, b"\x08")), CLOSED, b"")]
    run_rows(rows)
    with Daemon() as daemon:
        guard = Guard(daemon)
        for wishes, error in (({"version": 2}, "VERSION"), ({"version": 1, "window": 3}, "VALUE"),
                              ({"version": 1, "window": 0}, "VALUE")):
            replies = converse(daemon, hello(**wishes), b"")
            equal([ERRORS[r.error.code][0] for r in replies], [error], f"hello {wishes}")
            guard.after(f"hello {wishes}")
        for token in (b"", b"x" * 31, b"x" * 33, b"x" * 32):
            with daemon.client(token=token) as client:
                equal(client.welcome.outcome, 3, "a token that nobody gave")
                check(client.token != token, "a new token")
        with daemon.client(client="\0\x1b[31m\n\"é" + "x" * 500, window=2**31) as client:
            client.call("dict_set", name="d", key=1, value=1)
            check(client.welcome.window <= 256, "the window is bounded")
            equal(len(client.call("session_ls")), 1, "session_ls with such a name")
        guard.after("hello")
        check("\x1b" not in daemon.stderr() and "\0" not in daemon.stderr(), "control bytes in the log")


def test_login_timeout():
    with Daemon({"limits": {"login_timeout": "1s"}}) as daemon:
        guard = Guard(daemon)
        socks = [connect(daemon.path) for _ in range(20)]
        for sock in socks[10:]:
            sock.sendall(HELLO[:5])
        for sock in socks:
            equal(read_all(sock), [], "a connection that says nothing is closed")
            sock.close()
        guard.after("silence")


# ---- the end of a connection --------------------------------------------------------------------------
def test_reset_in_the_middle():
    """RST while a request waits, while replies are on their way, in the middle of a frame."""
    with Daemon() as daemon:
        guard = Guard(daemon)
        for data in (frame(make_request("object_changed", 2, name="d", wait_ms=FOR_EVER)), varint(MAX) + b"\x08",
                     frame(make_request("object_ls", 2)) * 2000):
            for _ in range(5):
                client = daemon.tcp_client(linger_ms=0)
                client.write(data)
                client.close(reset=True)
        guard.after("RST")


if __name__ == "__main__":
    main(globals())
