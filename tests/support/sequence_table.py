#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What CPython's list, array and slice do and say, case by case.

Prints list_rows.def (argument: list), array_rows.def (array) or slice_rows.def (slice) for the tests."""
import array
import base64
import json
import random
import sys

HUGE = 2**70


def lit(v):
    """The value as mgrctl reads it."""
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, float):
        return ".nan" if v != v else "-.inf" if v == -INF else ".inf" if v == INF else repr(v)
    if isinstance(v, str):
        return json.dumps(v, ensure_ascii=False)
    if isinstance(v, bytes):
        return "!!binary " + base64.b64encode(v).decode()
    if isinstance(v, list):
        return "[" + ", ".join(map(lit, v)) + "]"
    if isinstance(v, tuple):
        return "!tuple [" + ", ".join(map(lit, v)) + "]"
    if isinstance(v, set):
        return "!!set [" + ", ".join(map(lit, v)) + "]"
    if isinstance(v, dict):
        return "{" + ", ".join(f"{lit(k)}: {lit(x)}" for k, x in v.items()) + "}"
    return str(v)


INF = float("inf")
CODES = {TypeError: "TYPE", IndexError: "INDEX", ValueError: "VALUE", OverflowError: "OVERFLOW"}


def outcome(function):
    """The reply as world_show prints it."""
    try:
        result = function()
    except (TypeError, IndexError, ValueError, OverflowError) as error:
        code = CODES[type(error)]
        if str(error).endswith("in list"):
            code = "NOT_IN_LIST"
        return f"error {code}: {error}"
    return "done" if result is None else repr(result)


def text(s):
    return json.dumps(s, ensure_ascii=True).replace("??", "?\\?")


class None_:
    """A function that returned the value None, not nothing."""

    def __repr__(self):
        return "None"


def given(v):
    return None_() if v is None else v


def cut(args):
    return slice(args.get("start"), args.get("stop"), args.get("step"))


def assign(l, index, value):
    l[index] = value


def delete(l, index):
    del l[index]


def multiply(l, times):
    l *= times


LIST = {
    "get": lambda l, a: given(l[a["index"]]),
    "set": lambda l, a: assign(l, a["index"], a["value"]),
    "del": lambda l, a: delete(l, a["index"]),
    "has": lambda l, a: a["value"] in l,
    "len": lambda l, a: len(l),
    "append": lambda l, a: l.append(a["value"]),
    "extend": lambda l, a: l.extend(a["items"]),
    "insert": lambda l, a: l.insert(a["index"], a["value"]),
    "pop": lambda l, a: given(l.pop(*a.values())),
    "remove": lambda l, a: l.remove(a["value"]),
    "index": lambda l, a: l.index(*a.values()),
    "count": lambda l, a: l.count(a["value"]),
    "reverse": lambda l, a: l.reverse(),
    "sort": lambda l, a: l.sort(reverse=bool(a.get("reverse"))),
    "clear": lambda l, a: l.clear(),
    "copy": lambda l, a: l.copy(),
    "slice": lambda l, a: l[cut(a)],
    "set_slice": lambda l, a: assign(l, cut(a), a["items"]),
    "del_slice": lambda l, a: delete(l, cut(a)),
    "concat": lambda l, a: l + a["items"],
    "repeat": lambda l, a: l * a["times"],
    "multiply": lambda l, a: multiply(l, a["times"]),
    "reversed": lambda l, a: list(reversed(l)),
}


def row(init, method, args, reply, after):
    words = "|".join(f"{k}={lit(v) if k != 'reverse' else v}" for k, v in args.items())
    cells = ", ".join(text(s) for s in (lit(init), method, words, reply, after))
    print(f"    {{{cells}}},")


def list_case(init, method, **args):
    l = [*init]
    reply = outcome(lambda: LIST[method](l, args))
    if method == "sort" and reply.startswith("error"):
        l = [*init]  # better than Python: a failed sort changes nothing
    row(init, method, args, reply, repr(l))


def list_cases():
    three = [10, "b", None]
    for i in (0, 1, 2, 3, -1, -3, -4, True, False, HUGE, -HUGE, "x", 1.0, None, (1,), [], 2**63 - 1, -(2**63)):
        for init in (three, []):
            list_case(init, "get", index=i)
            list_case(init, "set", index=i, value="new")
            list_case(init, "del", index=i)
            list_case(init, "pop", index=i)
            list_case(init, "insert", index=i, value="new")
    for init in (three, [], [7]):
        for method in ("len", "pop", "reverse", "clear", "copy", "reversed", "sort"):
            if init != three or method != "sort":
                list_case(init, method)
    for v in (1, 1.0, True, "a", b"a", None, [1], (1,), {1: 2}, {1, 2}, 2**64, 2.0**64, 0, 9, "it's"):
        mixed = [0, 1, "a", b"a", 1.0, None, [1], (1,), {1: 2}, {2, 1}, 2**64, True]
        for method in ("has", "count", "remove", "index"):
            list_case(mixed, method, value=v)
        list_case([], "append", value=v)
        list_case([9, 9], "append", value=v)
    five = [0, 1, 2, 1, 0]
    for start in (0, 2, -2, -9, 9, HUGE, -HUGE, True, "x", None, 1.0):
        list_case(five, "index", value=1, start=start)
        list_case(five, "index", value=0, start=start, stop=-1)
        list_case(five, "index", value=1, start=0, stop=start)
    for items in ([], [7], (7, 8), "", "h\u00e9", b"", b"\x00\xff", {5: 6, 7: 8}, {}, {3}, 5, None, 1.5, True, [[1], "x"]):
        list_case([0, 1, 2], "extend", items=items)
        list_case([], "extend", items=items)
        list_case([0, 1, 2], "concat", items=items)
        list_case([], "concat", items=items)
        for args in ({}, {"start": 1}, {"stop": 1}, {"start": 1, "stop": 1}, {"start": 9}, {"start": 2, "stop": 1},
                     {"start": -2, "stop": -1}, {"step": 2}, {"step": -1}, {"start": 1, "step": HUGE}, {"step": 0},
                     {"start": "x"}, {"stop": 1.5}, {"step": "x"}, {"start": None, "stop": None, "step": None}):
            list_case([0, 1, 2], "set_slice", items=items, **args)
    for times in (0, 1, 2, 3, -1, True, False, HUGE, -HUGE, "x", 2.0, None):
        for init in ([], [1], [1, "b"]):
            list_case(init, "repeat", times=times)
            list_case(init, "multiply", times=times)
    for l in ([3, 1, 2], [1, 2, 3], ["b", "a", "\u00e9", ""], [1.5, 1, True, 0, -1, 2**70, -(2**70), 1e300],
              [[2], [1, 5], [1]], [(1, "b"), (1, "a")], [b"b", b"a"], [True, 1, 1.0, False, 0], [1, "a"], ["a", 1],
              [None, None], [{}, {}], [{1, 2}, {1}], [1, 2, None], [[1], ["a"]], [(1,), [1]], [5], [None], list(range(40, 0, -1)),
              [x % 7 for x in range(50)]):
        for reverse in (0, 1):
            if l not in ([{1, 2}, {1}],):
                list_case(l, "sort", reverse=reverse)


def random_cases(seed, count):
    rng = random.Random(seed)
    border = lambda n: rng.choice([None, *range(-n - 2, n + 3)])
    for _ in range(count):
        init = [rng.randrange(10) for _ in range(rng.randrange(9))]
        n = len(init)
        args = {}
        for key in ("start", "stop", "step"):
            value = border(n)
            if rng.random() < 0.7:
                args[key] = value
        method = rng.choice(["set_slice", "set_slice", "del_slice", "slice"])
        if method == "set_slice":
            wanted = len(init[cut(args)]) if args.get("step") != 0 else 1
            size = wanted if rng.random() < 0.7 else rng.randrange(5)
            args = {"items": [100 + i for i in range(size)], **args}
        list_case(init, method, **args)


def array_case(code, init, method, **args):
    a = array.array(code, init)

    def run():
        if method == "get":
            return a[args["index"]]
        if method == "set":
            return assign(a, args["index"], args["value"])
        if method == "add":
            total = a[args["index"]] + args.get("by", 1)
            assign(a, args["index"], total)
            return a[args["index"]]
        if method == "slice":
            return a[cut(args)].tolist()
        return assign(a, cut(args), array.array(code, args["items"]))

    reply = outcome(run)
    words = "|".join(f"{k}={lit(v)}" for k, v in args.items())
    cells = ", ".join(text(s) for s in (code, lit(init), method, words, reply, repr(a.tolist())))
    print(f"    {{{cells}}},")


def array_cases():
    values = [0, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536, 2**31 - 1, 2**31, -(2**31),
              -(2**31) - 1, 2**32 - 1, 2**32, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, -(2**64), HUGE,
              -HUGE, 2**1025, -(2**1025), 1.5, 1.0, 1e300, -1e300, 0.1, "x", b"x", None, True, [], (), {}]
    for code in "bBhHiIlLqQfd":
        for v in values:
            array_case(code, [1, 2, 3], "set", index=1, value=v)
        for start, by in ((1, 1), (1, -2), (100, 27), (100, 28), (1, HUGE), (1, "x"), (1, None), (1, True), (1, 0.5)):
            if by != 0.5 or code in "fd":
                if not isinstance(by, (str, type(None))):
                    array_case(code, [start, 0], "add", index=0, by=by)
        array_case(code, [5, 6], "add", index=-1)
        for items in ([7], [7, 8, 9], [], (4, 5), [1, "x"], [300], [1.5], {5: 6}) if code in "bId" else ([300, 1.5],):
            for args in ({}, {"start": 1, "stop": 2}, {"step": 2}, {"start": 5}):
                array_case(code, [1, 2, 3], "set_slice", items=items, **args)
    for i in (0, 2, 3, -1, -3, -4, True, "x", 1.0, None, HUGE, -HUGE):
        array_case("i", [1, 2, 3], "get", index=i)
        array_case("i", [1, 2, 3], "set", index=i, value=9)
        array_case("i", [], "get", index=i)
    for args in ({}, {"start": 1}, {"step": -1}, {"step": 2}, {"start": -2}, {"step": 0}, {"start": "x"}, {"stop": HUGE},
                 {"start": 2, "stop": 0}):
        array_case("h", [1, 2, 3, 4], "slice", **args)
    for code in "qQ":
        array_case(code, [2**63 - 1], "add", index=0, by=1)
    array_case("Q", [2**64 - 1], "add", index=0, by=-(2**64 - 1))
    array_case("Q", [2**64 - 1], "add", index=0, by=1)
    array_case("f", [1], "add", index=0, by=0.1)
    array_case("d", [1], "add", index=0, by=0.1)


SLICE_BORDERS = [None, -HUGE, -6, -4, -1, 0, 1, 3, 5, HUGE]
SLICE_STEPS = [None, -HUGE, -(2**63), -2, -1, 1, 2, 3, 2**63 - 1, HUGE]
SLICE_LENGTHS = [0, 1, 2, 5]


def slice_cases():
    for n in SLICE_LENGTHS:
        for step in SLICE_STEPS:
            for start in SLICE_BORDERS:
                cells = ["".join(map(str, range(n)[start:stop:step])) for stop in SLICE_BORDERS]
                print("    " + ", ".join(f'"{c}"' for c in cells) + ",")


def main():
    what = sys.argv[1]
    print("/* What CPython does; made by sequence_table.py", what, "*/")
    if what == "list":
        list_cases()
        random_cases(1, 250)
    elif what == "array":
        array_cases()
    else:
        slice_cases()


main()
