# SPDX-License-Identifier: BSD-2-Clause
# Random Python values, and one comparable form for what Python and the daemon hold.
import math
import pickle
import struct

NAN = float("nan")
KEYS = [0, 1, 2, 3, -1, True, False, 0.0, 1.0, -0.0, 2.5, NAN, math.inf, "", "a", "b", "A'\"\n\0é€😀",
        b"", b"a\xff", None, 2**63, -2**63, 2**63 - 1, -2**63 - 1, 2**70, float(2**70), 2**53 + 1,
        float(2**53), (), (1,), (1.0,), (True, "a"), (NAN,), (frozenset({1}), None), frozenset(),
        frozenset({1}), frozenset({1.0}), 1e300, 5e-324]
INDICES = [0, 1, 2, 3, 5, -1, -2, -3, -7, 20, 63, 64, 65, -64, 2**31, -2**31, 2**63 - 1, -2**63,
           2**63, -2**64, 2**100, True, False]
WORDS = ["", "a", "ab", "abc", "éa", "aab"]


def fresh(value):
    """A copy in which no NaN is the same object as elsewhere."""
    return pickle.loads(pickle.dumps(value))


def separate(values):
    """Copies one by one, so that repeated items share nothing either."""
    return [fresh(value) for value in values]


class Values:
    """Random values from one generator."""

    def __init__(self, rng):
        self.rng = rng

    def key(self):
        return fresh(self.rng.choice(KEYS))

    def any(self, depth=2):
        """Any value; from depth 0 on only scalars."""
        kind = self.rng.randrange(16) if depth > 0 else 0
        if kind < 10:
            return self.key()
        many = [self.any(depth - 1) for _ in range(self.rng.randrange(4))]
        if kind == 10:
            return tuple(many)
        if kind == 11:
            return {self.key(): item for item in many}
        if kind == 12:
            return {self.key() for _ in many}
        if kind == 13:
            return self.rng.choice([self.rng.random(), self.rng.getrandbits(90), -7, 12345])
        return many

    def maybe_bad_key(self):
        """A key, now and then one that has no hash."""
        if self.rng.random() < 0.92:
            return self.key()
        return self.rng.choice([[], [1], {}, {1: 2}, {1}, set(), ([],), (1, {}), (({1},),)])

    def index(self):
        if self.rng.random() < 0.6:
            return self.rng.randrange(-8, 9)
        if self.rng.random() < 0.85:
            return self.rng.choice(INDICES)
        return self.rng.choice([None, 1.0, "1", b"", [], (), {}, set(), frozenset(), NAN])

    def border(self):
        """A border or step of a slice; None is often."""
        return None if self.rng.random() < 0.3 else self.index()

    def slice(self):
        step = self.border() if self.rng.random() < 0.5 else self.rng.choice([None, 1, -1, 2, -2, 0])
        return self.border(), self.border(), step

    def iterable(self, item, sets=True):
        """Something to iterate over; sets=False: nothing without an order."""
        many = [item() for _ in range(self.rng.randrange(6))]
        kind = self.rng.randrange(10)
        if kind < 4:
            return many
        if kind == 4:
            return tuple(many)
        if kind == 5:
            return self.rng.choice(WORDS)
        if kind == 6:
            return self.rng.choice(WORDS).encode()
        if kind == 7:
            return {self.key(): None for _ in many}
        if kind == 8:
            few = many if sets else many[:1]
            return self.rng.choice([set, frozenset])(x for x in few if hashable(x))
        return self.rng.choice([5, None, 1.5, True, 2**70])


def hashable(value):
    try:
        hash(value)
        return True
    except TypeError:
        return False


# ---- comparing -----------------------------------------------------------------------------------
def _real(number):
    return "float:nan" if number != number else "float:" + struct.pack(">d", number).hex()


def _unordered(kind, forms):
    return kind + "{" + ",".join(sorted(forms)) + "}"


def form(value):
    """The one form of a Python value: types, order and the sign of zero count, that of sets not."""
    kind = type(value).__name__
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, (list, tuple)):
        return kind + "[" + ",".join(map(form, value)) + "]"
    if isinstance(value, dict):
        return kind + "[" + ",".join(f"{form(k)}:{form(v)}" for k, v in value.items()) + "]"
    if isinstance(value, (set, frozenset)):
        return _unordered(kind, map(form, value))
    return f"{kind}:{value!r}"


def _form_items(message, kind):
    return [form_message(item) for item in getattr(message, kind).items]


def form_message(message):
    """The same form of a Value, without the detour over a dict that would hide what comes twice."""
    kind = message.WhichOneof("kind")
    if kind in ("list", "tuple"):
        return kind + "[" + ",".join(_form_items(message, kind)) + "]"
    if kind in ("set", "frozenset"):
        return _unordered(kind, _form_items(message, kind))
    if kind == "dict":
        return "dict[" + ",".join(f"{form_message(p.key)}:{form_message(p.value)}"
                                  for p in message.dict.pairs) + "]"
    if kind == "float":
        return _real(message.float)
    if kind == "none":
        return "NoneType:None"
    if kind == "bigint":
        return f"int:{int.from_bytes(message.bigint, 'big', signed=True)}"
    return f"{kind}:{getattr(message, kind)!r}"


def contains(value, test):
    """Whether the test is true of the value or of something inside."""
    if test(value):
        return True
    if isinstance(value, dict):
        return any(contains(x, test) for pair in value.items() for x in pair)
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(contains(x, test) for x in value)
    return False


def no_total_order(value):
    """A sort of such values depends on which pairs it looks at."""
    return contains(value, lambda x: x != x or isinstance(x, (set, frozenset)))


def text_varies(value):
    """Python prints sets of several members in an order of its own."""
    return contains(value, lambda x: isinstance(x, (set, frozenset)) and len(x) > 1)
