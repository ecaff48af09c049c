# SPDX-License-Identifier: BSD-2-Clause
# What each operation is measured with. A case is tried with N, N/2, N/4 ... until it is not refused.
import functools

from turns_wire import Response, container, data, integer, nested, pairs, ref, text

MILLION = 1_000_000
BIG = 16_000_000  # bytes of an argument, which with its frame stays below limits.frame
BATCH = 10000     # items of one request while things are prepared, so that no turn of that is long
REFUSED = ("LIMIT", "TOO_LARGE", "MEMORY")


class Case:
    """One measurement: prepare(client, n) makes the objects and gives the arguments."""

    def __init__(self, what, prepare, n=MILLION, head=None, waits=False, later=False):
        self.what, self.prepare, self.n, self.head, self.waits = what, prepare, n, head, waits
        self.later = later  # turns count that come after the answer: it goes on in slices


# ---- encodings ---------------------------------------------------------------------------------
@functools.lru_cache(maxsize=2)
def ints(n, first=0):
    return [integer(first + i) for i in range(n)]


@functools.lru_cache(maxsize=2)
def int_list(n):
    return container("list", ints(n))


@functools.lru_cache(maxsize=2)
def int_pairs(n):
    return pairs([(integer(i), integer(i)) for i in range(n)])


@functools.lru_cache(maxsize=2)
def frozen(n):
    return container("frozenset", ints(n))


def prefixed(n):
    """Strings that differ at their ends."""
    return [text("a common prefix of forty bytes, as paths%07d" % (i * 7919 % n)) for i in range(n)]


# ---- objects -----------------------------------------------------------------------------------
class Refused(Exception):
    """What a case needs is itself more than the limits allow: it is tried with less."""


def must(got):
    if str(got).startswith(REFUSED):
        raise Refused(got)
    assert not str(got).split(":")[0].isupper(), got
    return got


def make(c, type, name="o", **more):
    must(c.ask("object_create", name=name, type=type, if_absent=1, **more))


def fill(c, op, name, encodings, kind="list", **more):
    for at in range(0, len(encodings), BATCH):
        must(c.ask(op, name=name, items=container(kind, encodings[at:at + BATCH]), **more))


def new(c, type, n, **more):
    """An empty object whose name is used once."""
    name = "o%d" % c.last_id
    make(c, type, name, **more)
    return name


def a_list(c, encodings):
    name = new(c, "list", 0)
    fill(c, "list_extend", name, encodings)
    return name


def a_set(c, n, first=0):
    name = new(c, "set", 0)
    fill(c, "set_update", name, ints(n, first))
    return name


def a_dict(c, n):
    name = new(c, "dict", 0)
    for at in range(0, n, BATCH):
        must(c.ask("dict_update", name=name, items=pairs([(integer(i), integer(i)) for i in range(at, min(at + BATCH, n))])))
    return name


def a_queue(c, encodings, **more):
    name = new(c, "queue", 0, **more)
    fill(c, "queue_put_many", name, encodings)
    return name


def references(c, n):
    """References to N anonymous objects, in another order than that in which they were made."""
    made = c.__dict__.setdefault("made", [])
    while len(made) < n:
        for _ in range(200):
            c.post("object_create", type="list")
        made += [Response.FromString(c.read_body()).revision for _ in range(200)]
    return [ref(made[i * 7919 % n]) for i in range(n)]


def an_array(c, n):
    return new(c, "array", 0, typecode="q", init=int_list(n))


def a_value(c, encoding):
    name = new(c, "value", 0)
    return name, c.ask("value_set", name=name, value=encoding)


# ---- shapes of cases ---------------------------------------------------------------------------
def plain(**arguments):
    return lambda c, n: arguments


def one(type, build=None, **arguments):
    """An object of the type; build(n) is the argument named in arguments as a function."""
    def prepare(c, n):
        made = {key: value(n) if callable(value) else value for key, value in arguments.items()}
        return {"name": new(c, type, n, **(build or {})), **made}
    return prepare


def of_list(**arguments):
    def prepare(c, n):
        made = {key: value(n) if callable(value) else value for key, value in arguments.items()}
        return {"name": a_list(c, ints(n)), **made}
    return prepare


def of_set(**arguments):
    def prepare(c, n):
        made = {key: value(n) if callable(value) else value for key, value in arguments.items()}
        return {"name": a_set(c, n), **made}
    return prepare


def of_dict(**arguments):
    def prepare(c, n):
        made = {key: value(n) if callable(value) else value for key, value in arguments.items()}
        return {"name": a_dict(c, n), **made}
    return prepare


def of_array(**arguments):
    def prepare(c, n):
        made = {key: value(n) if callable(value) else value for key, value in arguments.items()}
        return {"name": an_array(c, n), **made}
    return prepare


def values(type, where="value", **more):
    """Large values of several shapes given as one argument."""
    shapes = [
        ("N bytes", data_of, BIG),
        ("a list of N ints", int_list, 4 * MILLION),
        ("a dict of N ints", int_pairs, MILLION),
        ("a frozenset of N ints", frozen, 3 * MILLION),
        ("N empty dicts, 28 deep", lambda n: nested(28, container("list", [pairs([])] * n)), 4 * MILLION),
    ]
    return [Case(what, one(type, **{where: build}, **more), n) for what, build, n in shapes]


def data_of(n):
    return data(b"x" * n)
