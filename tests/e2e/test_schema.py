# SPDX-License-Identifier: BSD-2-Clause
# A program built from the public schema alone: typed results, deep values, the documented frames.
import os
import re

from google.protobuf import text_format

from lib.daemon import Daemon
from lib.run import check, equal, main, measured
from lib.wire import ROOT, MgrError, Opaque, Ref, Request, Response, split_frame, varint

DEPTH = 30


def test_operations():
    done = 0
    with Daemon() as daemon, daemon.client() as client:
        def op(operation, wanted, **arguments):
            nonlocal done
            got = client.call(operation, **arguments)
            equal((type(got), got), (type(wanted), wanted), f"{operation} {arguments}")
            done += 1

        for kind in ("dict", "list", "set", "namespace", "value"):
            got = client.call("object_create", name=kind, type=kind)
            check(isinstance(got, Ref), f"create gives {got!r}")
        client.call("object_create", name="array", type="array", typecode="d", init=[1, 2])
        mixed = {1: "one", "two": [2, 2.5, None, True, b"\0", (1,), {3}, frozenset({4})], 2**70: -2**64}
        op("dict_set", None, name="dict", key="k", value=mixed)
        op("dict_get", mixed, name="dict", key="k")
        op("dict_get", None, name="dict", key="no", fallback=None)
        op("dict_has", True, name="dict", key="k")
        op("dict_len", 1, name="dict")
        op("dict_add", False, name="dict", key="k", value=1)
        op("dict_incr", 5, name="dict", key="n", by=5)
        op("dict_incr", 6, name="dict", key="n")
        op("dict_cas", True, name="dict", key="n", new=7, expect=6)
        op("dict_cas", True, name="dict", key="new", new=7, absent=True)
        op("dict_keys", ["k", "n", "new"], name="dict")
        op("dict_popitem", ("new", 7), name="dict")
        op("dict_get_many", {"n": 7}, name="dict", keys=["n", "no"])
        op("dict_merge", {"a": 1, "k": mixed, "n": 7}, name="dict", items={"a": 1}, under=True)
        op("dict_scan", ({"k": mixed, "n": 7}, b""), name="dict")
        op("dict_pop_many", {"found": {"n": 7}, "missing": ["no"]}, name="dict", keys=["no", "n"])
        op("list_extend", None, name="list", items=[3, 1, 2])
        op("list_sort", None, name="list")
        op("list_copy", [1, 2, 3], name="list")
        op("list_slice", [3, 1], name="list", step=-2)
        op("list_pop", 3, name="list")
        op("list_index", 1, name="list", value=2.0)
        op("list_range", ([2], b""), name="list", start=1)
        op("set_update", None, name="set", items="abca")
        op("set_union", {"a", "b", "c", 1}, name="set", items=[1])
        op("set_issubset", True, name="set", items="abcd", proper=True)
        op("set_len", 3, name="set")
        op("namespace_set", None, name="namespace", attr="x", value=1)
        op("namespace_items", {"x": 1}, name="namespace")
        op("value_set", None, name="value", value=[None])
        op("value_swap", [None], name="value", value=1)
        op("value_add", 1.5, name="value", by=0.5)
        op("value_cas", False, name="value", expect=0, new=1)
        op("array_add", 3.0, name="array", index=-1)
        op("array_slice", [3.0, 1.0], name="array", step=-1)
        op("object_exists", True, name="value")
        op("object_ls", (["array", "dict"], b"dict"), limit=2)
        op("object_delete", None, name="value")
        op("session_heartbeat", None)
        check(set(client.call("server_ping")) >= {"version", "durability"}, "ping")
        equal(client.error("dict_get", name="dict", key="zz").exception, "KeyError")
    measured(f"{done} operations through the public schema")
    check(done >= 30, "too few operations")


def nested(wrap, depth):
    inner = 0
    for _ in range(depth):
        inner = wrap(inner)
    return inner


def test_depth():
    wraps = {"list": lambda v: [v], "tuple": lambda v: (v,), "dict": lambda v: {0: v},
             "dict key": lambda v: (v,)}
    with Daemon() as daemon, daemon.client() as client:
        client.call("object_create", name="d", type="dict")
        client.call("object_create", name="l", type="list")
        for what, wrap in wraps.items():
            deep = nested(wrap, DEPTH)
            key = deep if what == "dict key" else 0
            client.call("dict_set", name="d", key=key, value=deep)
            client.call("list_append", name="l", value=deep)
            equal(client.call("dict_items", name="d"), [(key, deep)], f"{what} through items")
            equal(client.call("dict_scan", name="d"), ({key: deep}, b""), f"{what} through scan")
            equal(client.call("object_scan", name="d"), ({key: deep}, b""), f"{what} object scan")
            equal(client.call("list_range", name="l", start=0), ([deep], b""), f"{what} range")
            equal(client.call("dict_popitem", name="d"), (key, deep), f"{what} popitem")
            equal(client.call("list_pop", name="l"), deep, what)
            too_deep = nested(wrap, DEPTH + 1)
            equal(client.error("list_append", name="l", value=too_deep).name, "VALUE", what)
        client.call("object_create", name="v", type="value", init=Opaque("x", b"\1", nested(wraps["list"], 29)))
        equal(client.call("value_get", name="v").data, b"\1", "an opaque value with parts")


def examples():
    """(message type, bytes, text) of each frame in the protocol's documentation."""
    with open(os.path.join(ROOT, "docs", "protocol.md"), encoding="utf-8") as page:
        fences = re.findall(r"^```frame (Request|Response)\n(.*?)^```", page.read(), re.S | re.M)
    for kind, body in fences:
        hexed = re.search(r"^hex: (.*)$", body, re.M).group(1)
        text = re.search(r"^text: (.*)$", body, re.M).group(1)
        yield Request if kind == "Request" else Response, bytes.fromhex(hexed), text


def test_documented_frames():
    count = 0
    for kind, data, text in examples():
        body, end = split_frame(data)
        equal(end, len(data), f"the length of {text}")
        check(data.startswith(varint(len(body))), f"the head of {text}")
        wanted = text_format.Parse(text, kind())
        equal(kind.FromString(body), wanted, text)
        equal(wanted.SerializeToString(), body, f"the bytes of {text}")
        count += 1
    check(count >= 12, f"only {count} examples")
    measured(f"{count} documented frames")


def test_documented_rows():
    """What the schema says of the rows of `object ls` is what they have, in that order: bytes were promised."""
    with open(os.path.join(ROOT, "proto", "object.proto"), encoding="utf-8") as schema:
        promised = re.search(r"rows of ([a-z_, ]+)$", schema.read(), re.M).group(1).split(", ")
    with Daemon() as daemon, daemon.client() as client:
        client.call("object_create", name="d", type="dict")
        rows, _ = client.call("object_ls", long=True)
        equal(list(rows[0]), promised, "columns")
        info = client.call("object_info", name="d")
        check(set(promised) <= set(info), f"info has them too: {info}")


def test_key_errors():
    """KeyError(detail) is what Python raises: where the message stands in quotes, there is a detail without."""
    with Daemon() as daemon, daemon.client() as client:
        client.call("object_create", name="d", type="dict")
        client.call("object_create", name="s", type="set")
        for operation, name, arguments in (("dict_popitem", "d", {}), ("set_pop", "s", {}), ("dict_get", "d", {"key": "k"})):
            try:
                client.call(operation, name=name, **arguments)
            except MgrError as error:
                equal(str(KeyError(error.detail.str)), error.text, f"{operation} of nothing")
            else:
                raise AssertionError(f"{operation} of nothing")


if __name__ == "__main__":
    main(globals())
