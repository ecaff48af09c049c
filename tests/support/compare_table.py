#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints compare_table.h: what CPython says of ==, < and > between many values, with their encodings."""
import random
import struct


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(tag, content):
    return bytes([tag]) + varint(len(content)) + content


def encode(v):
    if v is None:
        return field(0x0A, b"")
    if isinstance(v, bool):
        return bytes([0x10, v])
    if isinstance(v, int):
        if -(2**63) <= v < 2**63:
            return b"\x18" + varint(v << 1 if v >= 0 else (-v << 1) - 1)
        size = 1
        while not -(1 << 8 * size - 1) <= v < 1 << 8 * size - 1:
            size += 1
        return field(0x22, v.to_bytes(size, "big", signed=True))
    if isinstance(v, float):
        return b"\x29" + struct.pack("<d", v)
    if isinstance(v, str):
        return field(0x32, v.encode())
    if isinstance(v, bytes):
        return field(0x3A, v)
    if isinstance(v, dict):
        return field(0x52, b"".join(
            field(0x0A, field(0x0A, encode(k)) + field(0x12, encode(w))) for k, w in v.items()))
    tag = {list: 0x42, tuple: 0x4A, set: 0x5A, frozenset: 0x62}[type(v)]
    return field(tag, b"".join(field(0x0A, encode(i)) for i in v))


EDGES = """None|False|True|0|1|-1|2|1.0|0.5|-0.5|-0.0|2**53|2**53+1|2.0**53|2**63-1|2**63|2.0**63|-2**63
-2.0**63|-2**63-1|2**64|2.0**64|2**64+1|10**30|1e30|10**400|-10**400|1e308|int(1e308)|int(1e308)+1|5e-324
9223372036854774784.0|9223372036854774785|float('inf')|float('-inf')|float('nan')|''|'a'|'b'|'ab'|'\\0'
'\\uffff'|'\\U0001f600'|b''|b'a'|b'\\xff'|[]|[1]|[1.0]|[True, 2]|[1, 'a']|[1, None]|[None]|[None, 1]
[float('nan')]|[1, float('nan')]|[[1], 2]|[[1, 2], 1]|[{}]|[{}, 1]|[{1: 2}, 1]|()|(1,)|(1, 2)|((), 1)|{}|{1: 2}
{True: 2.0}|{1: 2, 'a': 3}|{'a': 3, 1: 2}|{1: {2: 3, 4: 5}}|{1: {4: 5, 2: 3}}|{1: float('nan')}|set()|frozenset()
{1}|frozenset({1.0})|{1, 2}|{2, 3}|{3, 2, 1}|{float('nan')}|{1, float('nan')}|{(1, 2), frozenset({1, 2})}
{frozenset({2.0, True}), (1.0, 2)}|[{1}, 2]|[{2}, 1]|[{1, 2}, 3]|({1: 2}, 3)|({1: 2}, 4)|[b'a']|['a']"""


def random_text(rng, depth, key=False, kinds=None):
    if not kinds:
        kinds = ["int", "int", "float", "str"] + (["tuple", "frozenset"] if depth else [])
        kinds += [] if key or not depth else ["list", "dict", "set"]
    kind = rng.choice(kinds)
    items = [random_text(rng, depth - 1, key or kind in ("set", "frozenset"))
             for _ in range(rng.randrange(4))] if depth else []
    if kind == "int":
        return rng.choice(["0", "1", "2", "2**63", "-2**70"])
    if kind == "float":
        return rng.choice(["0.0", "1.0", "2.5", "2.0**63"])
    if kind == "str":
        return rng.choice(["'a'", "'b'", "''"])
    if kind == "dict":
        return "{%s}" % ", ".join(
            random_text(rng, 0, True) + ": " + random_text(rng, depth - 1) for _ in items)
    return {"list": "[%s]", "tuple": "tuple([%s])", "set": "set([%s])",
            "frozenset": "frozenset([%s])"}[kind] % ", ".join(items)


def order(a, b):
    try:
        return "<" if a < b else ">" if a > b else "=" if a == b else "u"
    except TypeError:
        return "x"


def main():
    rng = random.Random(1)
    texts = EDGES.replace("\n", "|").split("|")
    while len(texts) < 116:
        text = random_text(rng, 3, kinds=["list", "list", "set", "dict"])
        if text not in texts:
            texts.append(text)
    print("/* SPDX-License-Identifier: BSD-2-Clause */")
    print("/* Made by tests/support/compare_table.py: what CPython says of every pair of these values. */")
    print("#ifndef TESTS_SUPPORT_COMPARE_TABLE_H\n#define TESTS_SUPPORT_COMPARE_TABLE_H\n")
    print("/* order: < > =, u: all false, x: TypeError; equal: 1 or 0. One character for each row. */")
    print("struct compare_row {\n    const char *text;\n    const char *hex;\n"
          "    const char *order;\n    const char *equal;\n};\n")
    print("/* clang-format off */\nstatic const struct compare_row compare_table[] = {")
    for text in texts:
        # Evaluated anew for each side: a NaN must not be found equal by being the same object.
        orders = "".join(order(eval(text), eval(t)) for t in texts)
        equals = "".join(str(int(eval(text) == eval(t))) for t in texts)
        shown = text.replace("\\", "\\\\").replace('"', '\\"')
        print('    {"%s",\n     "%s",\n     "%s",\n     "%s"},'
              % (shown, encode(eval(text)).hex(), orders, equals))
    print("};\n/* clang-format on */\n\n#endif")


main()
