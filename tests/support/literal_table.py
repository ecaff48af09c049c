#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints literal_table.h: floats, JSON texts and literals, with what CPython makes of them."""
import json
import math
import random

random.seed(20261121)


def quoted(text):
    """A C string; what is no plain ASCII in octal, which cannot run on into the next character."""
    def escape(byte):
        if byte in b'"\\':
            return "\\" + chr(byte)
        return chr(byte) if 32 <= byte < 127 and byte != ord("?") else "\\%03o" % byte

    return '"' + "".join(escape(byte) for byte in text.encode()) + '"'


def floats():
    yield from (0.0, -0.0, 1.0, -1.5, 0.1, 0.25, 100.0, 123456.789, 1e15, 1e16, 1e17, 1e22, 1e23)
    yield from (9999999999999998.0, 123456789012345680.0, 1e-4, 9.999e-5, 1e-5, 1.5e-7, 1e100, 1e-100)
    yield from (5e-324, 1e-323, 2.2250738585072009e-308, 2.2250738585072014e-308, 1.7976931348623157e308)
    yield from (2.0**53, 2.0**53 + 2, 2.0**63, 4.35, 0.3, 0.1 + 0.2, 1 / 3, 2 / 3, math.pi, 9.5e-323)
    # Below a power of two doubles lie closer: here the nearest short decimal can be the wrong one.
    yield from (2.0**e for e in range(-1074, 1024, 41))
    yield from (2.0**-44, 2.0**-24, 2.0**89, 2.0**122, 2.0**-958)
    yield from (math.ldexp(random.randint(2**52, 2**53), random.randint(-1074, 970)) for _ in range(40))


def value(depth):
    kind = random.randint(0, 9 if depth else 6)
    if kind == 0:
        return random.choice([None, True, False])
    if kind == 1:
        return random.choice([0, -1, 2**63, -(2**63), 2**64, 10**30, random.randint(-(2**70), 2**70)])
    if kind == 2:
        return random.choice([0.5, -0.0, 1e16, 1e-5, 1e300, random.random(), float("inf"), float("-inf")])
    if kind <= 6:
        pool = ["a", "b", " ", "\n", "\t", ":", "-", "#", '"', "'", "\\", "/", "{", "]", ",", "null", "1"]
        pool += ["\x00", "\x1f", "\x7f", "\x85", "\u00a0", "\u00e9", "\u2028", "\u202e", "\ufeff", "\uffff", "\U0001f600", "\u4e2d"]
        return "".join(random.choice(pool) for _ in range(random.randint(0, 6)))
    if kind == 7:
        return [value(depth - 1) for _ in range(random.randint(0, 4))]
    return {random.choice([value(0), "k%d" % i]): value(depth - 1) for i in range(random.randint(0, 3))}


def texts():
    """JSON texts in the styles of json.dumps."""
    for i in range(110):
        style = [{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (",", ":")}][i % 4]
        yield json.dumps([value(3), value(2)] if i % 3 else value(3), **style)


LITERALS = [
    ("{1: '1', '2': 2, 0.25: null}", {1: "1", "2": 2, 0.25: None}),
    ("[null, true, false]", [None, True, False]),
    ("[!tuple [], !tuple [1], !tuple [1, 2]]", [(), (1,), (1, 2)]),
    ("[!!set {}, !!set {1}, !frozenset {}, !frozenset {1}]", [set(), {1}, frozenset(), frozenset({1})]),
    ("[[], {}, '', !!binary '']", [[], {}, "", b""]),
    ("[.inf, -.inf, .nan, -0.0, 1e+16, 1e-05]", [math.inf, -math.inf, math.nan, -0.0, 1e16, 1e-5]),
    ('["\'", "\\"", "\'\\""]', ["'", '"', "'\""]),
    ('["\\n\\r\\t\\\\", "\\x00\\x1f\\x7f\\x80\\xa0\\xad"]', ["\n\r\t\\", "\x00\x1f\x7f\x80\xa0\xad"]),
    ('["\\u0600\\u1680\\u2003\\u200b\\u2028\\u3000"]', ["\u0600\u1680\u2003\u200b\u2028\u3000"]),
    ('["\\ue000\\ufeff\\ufffe\\uffff", "\\U0001fffe\\U000e0001\\U000f0000\\U0010ffff"]',
     ["\ue000\ufeff\ufffe\uffff", "\U0001fffe\U000e0001\U000f0000\U0010ffff"]),
    ('["\\u00e9\\u4e2d\\U0001f600"]', ["\u00e9\u4e2d\U0001f600"]),
    ("[!!binary AAEJCg0fIH5/gP8=, !!binary Jw==, !!binary Ig==, !!binary JyI=, !!binary XA==]",
     [b"\x00\x01\x09\x0a\x0d\x1f \x7e\x7f\x80\xff", b"'", b'"', b"'\"", b"\\"]),
    ("{!tuple [1, x]: {}, !frozenset {1}: [], !!binary aA==: !tuple [!!set {x}]}",
     {(1, "x"): {}, frozenset({1}): [], b"h": ({"x"},)}),
    ("[9223372036854775807, 9223372036854775808, -9223372036854775808, -9223372036854775809]",
     [2**63 - 1, 2**63, -(2**63), -(2**63) - 1]),
]


def main():
    print("/* SPDX-License-Identifier: BSD-2-Clause */")
    print("/* Made by tests/support/literal_table.py: what CPython makes of floats, JSON and literals. */")
    print("#ifndef TESTS_SUPPORT_LITERAL_TABLE_H\n#define TESTS_SUPPORT_LITERAL_TABLE_H\n")
    print("/* clang-format off */")
    print("static const struct {\n    double value;\n    const char *repr;\n} literal_floats[] = {")
    for number in floats():
        print(f"    {{{number.hex()}, {quoted(repr(number))}}},")
    print("};\n\nstatic const struct {\n    const char *text;\n    const char *repr;\n} literal_reprs[] = {")
    for text, what in LITERALS:
        print(f"    {{{quoted(text)},\n     {quoted(repr(what))}}},")
    print("};\n\n/* text as json.dumps writes it, its value's repr */")
    print("static const struct {\n    const char *text;\n    const char *repr;\n} literal_jsons[] = {")
    for text in texts():
        print(f"    {{{quoted(text)},\n     {quoted(repr(json.loads(text)))}}},")
    print("};\n/* clang-format on */\n\n#endif")


main()
