# SPDX-License-Identifier: BSD-2-Clause
# CPython's own containers as models: each method makes one random call and does it in Python.
#
# A call is (operation, its arguments, function that gives what Python gives or raises). The function
# runs on self.data; when it raises, the daemon must have changed nothing, so the model is reset.
import array

from lib.values import fresh, separate

SIZE_MAX = 70


class Model:
    """What the four have in common."""

    type = None

    def __init__(self, name, values):
        self.name, self.values, self.rng = name, values, values.rng
        self.calls = [m[3:] for m in dir(self) if m.startswith("do_")]
        self.data = self.empty()

    def random_call(self):
        """(operation, arguments, function)"""
        if len(self.data) > SIZE_MAX and hasattr(self, "do_clear"):
            method = "clear"
        else:
            method = self.rng.choice(self.calls)
        arguments, function = getattr(self, "do_" + method)()
        return f"{self.type}_{method}", arguments, function

    def saved(self):
        return self.data.copy()


def given(**arguments):
    """Drops what is not given: None, for now and then."""
    return {k: v for k, v in arguments.items() if v is not None}


class ListModel(Model):
    type = "list"
    empty = list

    def do_get(self):
        i = self.values.index()
        return {"index": i}, lambda: self.data[i]

    def do_set(self):
        i, v = self.values.index(), self.values.any()
        return {"index": i, "value": v}, lambda: self.data.__setitem__(i, fresh(v))

    def do_del(self):
        i = self.values.index()
        return {"index": i}, lambda: self.data.__delitem__(i)

    def do_has(self):
        v = self.values.any(1)
        return {"value": v}, lambda: fresh(v) in self.data

    def do_len(self):
        return {}, lambda: len(self.data)

    def do_append(self):
        v = self.values.any()
        return {"value": v}, lambda: self.data.append(fresh(v))

    def do_extend(self):
        items = self.values.iterable(self.values.any, sets=False)
        return {"items": items}, lambda: self.data.extend(fresh(items))

    def do_insert(self):
        i, v = self.values.index(), self.values.any()
        return {"index": i, "value": v}, lambda: self.data.insert(i, fresh(v))

    def do_pop(self):
        if self.rng.random() < 0.4:
            return {}, lambda: self.data.pop()
        i = self.values.index()
        return {"index": i}, lambda: self.data.pop(i)

    def do_remove(self):
        v = self.values.key()
        return {"value": v}, lambda: self.data.remove(fresh(v))

    def do_index(self):
        v = self.values.key()
        borders = [self.values.index() for _ in range(self.rng.randrange(3))]
        arguments = dict(zip(("start", "stop"), borders), value=v)
        return arguments, lambda: self.data.index(fresh(v), *borders)

    def do_count(self):
        v = self.values.key()
        return {"value": v}, lambda: self.data.count(fresh(v))

    def do_reverse(self):
        return {}, lambda: self.data.reverse()

    def do_sort(self):
        if self.rng.random() < 0.5:  # else most lists would be too mixed to be sorted
            keep = self.rng.choice([(int, float), (str,), (bytes,), (tuple, list)])
            self.data[:] = [v for v in self.data if isinstance(v, keep)]
            self.reload = True
        reverse = self.rng.random() < 0.4
        return {"reverse": reverse}, lambda: self.data.sort(reverse=reverse)

    def do_clear(self):
        return {}, lambda: self.data.clear()

    def do_copy(self):
        return {}, lambda: self.data.copy()

    def do_reversed(self):
        return {}, lambda: list(reversed(self.data))

    def do_slice(self):
        a, b, c = self.values.slice()
        return given(start=a, stop=b, step=c), lambda: self.data[a:b:c]

    def do_set_slice(self):
        a, b, c = self.values.slice()
        items = self.values.iterable(self.values.any, sets=False)
        if self.rng.random() < 0.5:  # the right size for an extended slice
            try:
                items = [self.values.any() for _ in self.data[a:b:c]]
            except (TypeError, ValueError):
                pass
        arguments = given(start=a, stop=b, step=c)
        return dict(arguments, items=items), lambda: self.data.__setitem__(slice(a, b, c), fresh(items))

    def do_del_slice(self):
        a, b, c = self.values.slice()
        return given(start=a, stop=b, step=c), lambda: self.data.__delitem__(slice(a, b, c))

    def do_concat(self):
        x = self.values.iterable(self.values.any, sets=False)
        return {"items": x}, lambda: self.data + fresh(x)

    def times(self):
        return self.rng.choice([-2**63, -1, 0, 1, 2, 3, True, 2**64, -2**70, 1.0, "a", None, []])

    def do_repeat(self):
        n = self.times()
        return {"times": n}, lambda: self.data * n

    def do_multiply(self):
        n = self.times()

        def multiply():
            self.data *= n
            self.data[:] = separate(self.data)
        return {"times": n}, multiply


class DictModel(Model):
    type = "dict"
    empty = dict

    def key(self):
        return self.values.maybe_bad_key()

    def do_get(self):
        k = self.key()
        if self.rng.random() < 0.5:
            return {"key": k}, lambda: self.data[fresh(k)]
        v = self.values.any()
        return {"key": k, "fallback": v}, lambda: self.data.get(fresh(k), v)

    def do_set(self):
        k, v = self.key(), self.values.any()
        return {"key": k, "value": v}, lambda: self.data.__setitem__(fresh(k), fresh(v))

    def do_del(self):
        k = self.key()
        return {"key": k}, lambda: self.data.__delitem__(fresh(k))

    def do_has(self):
        k = self.key()
        return {"key": k}, lambda: fresh(k) in self.data

    def do_len(self):
        return {}, lambda: len(self.data)

    def do_pop(self):
        k = self.key() if self.data else self.values.key()  # {}.pop([]) does not look at the key
        if self.rng.random() < 0.5:
            return {"key": k}, lambda: self.data.pop(fresh(k))
        v = self.values.any()
        return {"key": k, "fallback": v}, lambda: self.data.pop(fresh(k), v)

    def do_popitem(self):
        return {}, lambda: self.data.popitem()

    def do_setdefault(self):
        k = self.key()
        if self.rng.random() < 0.3:
            return {"key": k}, lambda: self.data.setdefault(fresh(k))
        v = self.values.any()
        return {"key": k, "value": v}, lambda: self.data.setdefault(fresh(k), fresh(v))

    def pairs(self):
        """Pairs to update with, some of them none."""
        kind = self.rng.randrange(8)
        if kind < 3:
            return {self.values.key(): self.values.any() for _ in range(self.rng.randrange(5))}
        if kind == 3:
            return self.values.iterable(self.values.any, sets=False)
        pairs = [(self.key(), self.values.any()) for _ in range(self.rng.randrange(5))]
        if kind == 4:
            pairs.append(self.rng.choice([5, "ab", "abc", (1, 2, 3), [1, 2], [], None, b"ab", {1: 2, 3: 4}]))
        return [list(p) if isinstance(p, tuple) and self.rng.random() < 0.2 else p for p in pairs]

    def do_update(self):
        items = self.pairs()
        return {"items": items}, lambda: self.data.update(fresh(items))

    def do_clear(self):
        return {}, lambda: self.data.clear()

    def do_copy(self):
        return {}, lambda: self.data.copy()

    def do_keys(self):
        return {}, lambda: list(self.data)

    def do_values(self):
        return {}, lambda: list(self.data.values())

    def do_items(self):
        return {}, lambda: list(self.data.items())

    def do_reversed(self):
        return {}, lambda: list(reversed(self.data))

    def do_merge(self):
        x = {self.values.key(): self.values.any() for _ in range(self.rng.randrange(5))}
        if self.rng.random() < 0.5:
            return {"items": x, "under": True}, lambda: fresh(x) | self.data
        return {"items": x}, lambda: self.data | fresh(x)

    def do_fromkeys(self):
        keys = self.values.iterable(self.key, sets=False)
        v = self.values.any()
        return {"keys": keys, "value": v}, lambda: dict.fromkeys(fresh(keys), v)

    # what Python says in two steps
    def do_add(self):
        k, v = self.key(), self.values.any()

        def add():
            absent = fresh(k) not in self.data
            if absent:
                self.data[fresh(k)] = fresh(v)
            return absent
        return {"key": k, "value": v}, add

    def do_incr(self):
        k = self.key()
        by = self.rng.choice([1, 2, -1, 0.5, True, 2**62, -2**63, 2**70, "a", None])

        def incr():
            old = self.data.get(fresh(k), 0)
            if not isinstance(old, (int, float)) or not isinstance(by, (int, float)):
                raise TypeError("unsupported operand type(s) for +: "
                                f"'{type(old).__name__}' and '{type(by).__name__}'")
            total = old + by
            if any(type(x) is int and not -2**63 <= x < 2**63 for x in (old, by, total)):
                raise OverflowError(None)
            self.data[fresh(k)] = total
            return total
        return {"key": k, "by": by}, incr

    def do_cas(self):
        k, new, old = self.key(), self.values.any(), self.values.key()

        def cas():
            hit = fresh(k) in self.data and self.data[k] == fresh(old)
            if hit:
                self.data[fresh(k)] = fresh(new)
            return hit
        return {"key": k, "new": new, "expect": old}, cas

    def do_get_many(self):
        keys = self.values.iterable(self.key, sets=False)
        return {"keys": keys}, lambda: {k: self.data[k] for k in dict.fromkeys(fresh(keys)) if k in self.data}

    def do_pop_many(self):
        keys = self.values.iterable(self.key, sets=False)

        def pop_many():
            asked = list(dict.fromkeys(fresh(keys)))
            missing = [k for k in asked if k not in self.data]
            return {"found": {k: self.data.pop(k) for k in asked if k in self.data}, "missing": missing}
        return {"keys": keys}, pop_many


class SetModel(Model):
    type = "set"
    empty = set

    def member(self):
        return self.values.maybe_bad_key()

    def items(self):
        return self.values.iterable(self.member)

    def do_add(self):
        v = self.member()
        return {"value": v}, lambda: self.data.add(fresh(v))

    def do_discard(self):
        v = self.member()
        return {"value": v}, lambda: self.data.discard(fresh(v))

    def do_remove(self):
        v = self.member()
        return {"value": v}, lambda: self.data.remove(fresh(v))

    def do_pop(self):
        return {}, lambda: self.data.pop()

    def do_has(self):
        v = self.member()
        return {"value": v}, lambda: fresh(v) in self.data

    def do_len(self):
        return {}, lambda: len(self.data)

    def do_clear(self):
        return {}, lambda: self.data.clear()

    def do_copy(self):
        return {}, lambda: self.data.copy()

    def combine(self, function):
        """A call that gives function(members, set of the items)."""
        x = self.items()
        return {"items": x}, lambda: function(self.data, set(fresh(x)))

    def change(self, function):
        """A call that makes function(members, set of the items) the members."""
        x = self.items()

        def call():
            self.data = function(self.data, set(fresh(x)))
        return {"items": x}, call

    def do_update(self):
        return self.change(lambda a, b: a | b)

    def do_union(self):
        return self.combine(lambda a, b: a | b)

    def do_difference(self):
        return self.combine(lambda a, b: a - b)

    def do_difference_update(self):
        return self.change(lambda a, b: a - b)

    def do_intersection(self):  # the members stay, not the equal items
        return self.combine(lambda a, b: {x for x in a if x in b})

    def do_intersection_update(self):
        return self.change(lambda a, b: {x for x in a if x in b})

    def do_symmetric_difference(self):
        return self.combine(lambda a, b: a ^ b)

    def do_symmetric_difference_update(self):
        return self.change(lambda a, b: a ^ b)

    def do_rdifference(self):
        return self.combine(lambda a, b: b - a)

    def do_isdisjoint(self):
        return self.combine(lambda a, b: a.isdisjoint(b))

    def do_issubset(self):
        arguments, function = self.combine(lambda a, b: a <= b)
        if self.rng.random() < 0.5:
            return arguments, function
        arguments, function = self.combine(lambda a, b: a < b)
        return dict(arguments, proper=True), function

    def do_issuperset(self):
        arguments, function = self.combine(lambda a, b: a >= b)
        if self.rng.random() < 0.5:
            return arguments, function
        arguments, function = self.combine(lambda a, b: a > b)
        return dict(arguments, proper=True), function

    def do_equals(self):
        return self.combine(lambda a, b: a == b)


class ArrayModel(Model):
    type = "array"

    def empty(self):
        self.typecode = self.rng.choice("bBhHiIlLqQfd")
        return array.array(self.typecode)

    def saved(self):
        return self.data[:]

    def number(self):
        return self.rng.choice([0, 1, -1, 2, 100, 127, 128, -129, 255, 256, 2**15, 2**16 - 1, -2**31, 2**31,
                                2**32 - 1, 2**32, 2**63 - 1, 2**63, -2**63, 2**64 - 1, 2**64, -2**70, 2**1100,
                                0.5, 1e300, -0.0, float("nan"), True, "a", None, [], b"a"])

    def numbers(self):
        many = [self.rng.choice([0, 1, 2, 7, True, 100]) for _ in range(self.rng.randrange(6))]
        if self.rng.random() < 0.2:
            many.append(self.number())
        return many if len(self.data) < SIZE_MAX else []

    def do_get(self):
        i = self.values.index()
        return {"index": i}, lambda: self.data[i]

    def do_set(self):
        i, v = self.values.index(), self.number()
        return {"index": i, "value": v}, lambda: self.data.__setitem__(i, v)

    def do_len(self):
        return {}, lambda: len(self.data)

    def do_add(self):
        i, by = self.values.index(), self.rng.choice([1, 2, -1, True])

        def add():
            number = array.array(self.typecode, [0])
            old = self.index_for_change(i)
            number[0] = old + by
            self.data[i] = number[0]
            return number[0]
        return {"index": i, "by": by}, add

    def index_for_change(self, i):
        """The old number, with the words that an assignment has for a bad index."""
        try:
            return self.data[i]
        except IndexError as error:
            raise IndexError(str(error).replace("array index", "array assignment index")) from None

    def do_slice(self):
        a, b, c = self.values.slice()
        return given(start=a, stop=b, step=c), lambda: self.data[a:b:c].tolist()

    def do_set_slice(self):
        a, b, c = self.values.slice()
        items = self.numbers()

        def assign():
            slice(a, b, c).indices(len(self.data))  # looked at before the numbers
            self.data[a:b:c] = array.array(self.typecode, items)
        return dict(given(start=a, stop=b, step=c), items=items), assign

    def do_copy(self):
        return {}, lambda: self.data.tolist()


MODELS = (ListModel, DictModel, SetModel, ArrayModel)
