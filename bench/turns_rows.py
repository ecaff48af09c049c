# SPDX-License-Identifier: BSD-2-Clause
# The rows of the table: the cases of every operation of wire/proto/ops.def.
from turns_cases import (BIG, MILLION, Case, a_dict, a_list, a_queue, a_set, a_value, an_array, container, data,
                         data_of, frozen, int_list, int_pairs, integer, ints, make, must, nested, new, of_array,
                         of_dict, of_list, of_set, one, pairs, plain, prefixed, ref, references, text, values)
from turns_wire import varint

NOTHING = [Case("", plain(), 1)]


def named(type, **arguments):
    """An operation whose time depends on nothing that can be made large."""
    return [Case("", one(type, **arguments), 1)]


def stored(type, put, **arguments):
    """A large value that is there already."""
    def prepare(c, n):
        name = new(c, type, n)
        must(put(c, name, data(b"x" * n)))
        return {"name": name, **arguments}
    return [Case("a value of N bytes", prepare, BIG)]


# ---- objects ---------------------------------------------------------------------------------
def many_objects(c, n):
    """N named objects; the pattern fits none."""
    frames = []
    for i in range(n):
        frames.append(("object_create", {"name": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%07d" % i, "type": "event"}))
        if len(frames) == 200:
            send_all(c, frames)
    send_all(c, frames)


def send_all(c, frames):
    for op, arguments in frames:
        c.post(op, **arguments)
    for _ in frames:
        must(c.hear())
    frames.clear()


def ls_pattern(c, n):
    many_objects(c, n)
    return {"glob": "*" + "[" * 250, "limit": MILLION}


def ls_stars(c, n):
    many_objects(c, n)
    return {"glob": "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "limit": MILLION}


def ls_long(c, n):
    many_objects(c, n)
    return {"long": 1, "limit": MILLION}


def filled(make_one):
    return lambda c, n: {"name": make_one(c, n)}


def waiters(type, op, n_each=250, **arguments):
    """N waiters, spread over sessions."""
    def prepare(c, n):
        name = new(c, type, n)
        if type == "lock":
            must(c.ask("lock_acquire", name=name) and "done")
        crowd(c, n, op, name, n_each, **arguments)
        return {"name": name}
    return prepare


def crowd(c, n, op, name, n_each=250, **arguments):
    """Sessions that wait; they live as long as the client does."""
    for first in range(0, n, n_each):
        friend = c.friend()
        for _ in range(min(n_each, n - first)):
            friend.post(op, {"wait_ms": 2**63}, name=name, **arguments)
        friend.settle()


def sleepers(c, n, name=None):
    """N who wait for a notify, holders of a few sessions; this one owns the lock."""
    name = name or new(c, "condition", 0)
    for first in range(0, n, 100):
        friend = c.friend()
        for holder in range(first, min(first + 100, n)):
            friend.post("condition_acquire", {"holder": holder}, name=name)
            friend.post("condition_wait", {"holder": holder, "wait_ms": 2**63}, name=name)
        friend.settle()
    c.ask("condition_acquire", name=name)
    return {"name": name}


def lock_with_sleepers(c, n):
    """N who wait for a notify, in a hundred conditions of one lock."""
    lock = new(c, "lock", 0)
    for i in range(100):
        name = new(c, "condition", 0, lock=lock)
        sleepers(c, n // 100, name)
        must(c.ask("condition_release", name=name))
    return {"name": lock, "force": 1}


def lock_with_conditions(c, n):
    lock = new(c, "lock", 0)
    in_turns(c, n, lambda i: ("object_create", {"name": "c%d" % i, "type": "condition", "lock": lock}))
    return {"name": lock, "force": 1}


def in_turns(c, n, frame):
    """N small requests, many on their way at once."""
    for first in range(0, n, 200):
        send_all(c, [frame(i) for i in range(first, min(first + 200, n))])


def lent(c, n):
    """A semaphore whose N permits are lent one by one."""
    name = new(c, "semaphore", 0, init=integer(n))
    in_turns(c, n, lambda i: ("semaphore_acquire", {"name": name}))
    return {"name": name}


def waiting_permits(want, permits):
    """N who wait for that many of a bounded semaphore, and what it is resized to."""
    def prepare(c, n):
        name = new(c, "semaphore", 0, init=integer(9), bounded=1)
        must(c.ask("semaphore_acquire", name=name, permits=9))
        crowd(c, n, "semaphore_acquire", name, permits=want)
        return {"name": name, "permits": permits}
    return prepare


# ---- lists -------------------------------------------------------------------------------------
def frozen_list(c, n):
    """20 frozensets of N ints that have the same members in another order."""
    name = new(c, "list", 0)
    forward, backward = frozen(n), container("frozenset", ints(n)[::-1])
    for i in range(20):
        must(c.ask("list_append", name=name, value=forward if i % 2 else backward))
    return {"name": name, "value": backward}


def sort_frozen(c, n):
    return {"name": frozen_list(c, n)["name"]}


def sort_strings(c, n):
    return {"name": a_list(c, prefixed(n))}


def sort_ints(c, n):
    return {"name": a_list(c, [integer(i * 7919 % n) for i in range(n)])}


def sort_tuples(c, n):
    return {"name": a_list(c, [container("tuple", [integer(1), integer(i * 7919 % n)]) for i in range(n)])}


def sort_long(c, n):
    """N strings of 64 KiB that differ at the end."""
    name = new(c, "list", 0)
    for i in range(n):
        must(c.ask("list_append", name=name, value=text("x" * 65536 + "%07d" % (i * 7919 % n))))
    return {"name": name}


def long_list(c, n):
    name = new(c, "list", 0)
    for i in range(n):
        must(c.ask("list_append", name=name, value=container("list", [data(b"x" * 65536), integer(i)])))
    return {"name": name, "value": container("list", [data(b"x" * 65536), integer(-1)])}


def list_of_lists(c, n):
    name = new(c, "list", 0)
    one = int_list(n)
    for i in range(20):
        must(c.ask("list_append", name=name, value=one))
    return {"name": name, "value": container("list", ints(n)[:-1] + [integer(-1)])}


def list_of_references(c, n):
    return a_list(c, references(c, n))


def references_in_place(c, n):
    """N of 2 N objects, and the others."""
    all_of_them = references(c, 2 * n)
    name, got = a_value(c, container("list", all_of_them[:n]))
    must(got)
    return {"name": name, "value": container("list", all_of_them[n:])}


# ---- queues ------------------------------------------------------------------------------------
def priority_put(c, n):
    """100 equal tuples of N members."""
    name = new(c, "queue", 0, kind="priority")
    value = container("tuple", [frozen(n), integer(1)])
    for _ in range(100):
        if c.ask("queue_put", name=name, value=value) != "done":
            break
    return {"name": name, "value": container("tuple", [container("frozenset", ints(n)[::-1]), integer(0)])}


def priority_list_put(c, n):
    name = new(c, "queue", 0, kind="priority")
    value = container("tuple", [int_list(n), integer(1)])
    for _ in range(100):
        if c.ask("queue_put", name=name, value=value) != "done":
            break
    return {"name": name, "value": container("tuple", [int_list(n), integer(0)])}


def priority_many(c, n):
    return {"name": new(c, "queue", 0, kind="priority"), "items": container("list", prefixed(min(n, 300000)))}


def priority_ints(c, n):
    return {"name": new(c, "queue", 0, kind="priority"),
            "items": container("list", [integer(i * 7919 % n) for i in range(n)])}


def queue_of_references(c, n):
    name = a_queue(c, references(c, n))
    must(c.ask("queue_get", name=name, reserve=1) and "done")
    return {"name": name}


def reserved(c, n):
    name = new(c, "queue", 0, kind="priority")
    value = container("tuple", [frozen(n), integer(1)])
    for _ in range(100):
        if c.ask("queue_put", name=name, value=value) != "done":
            break
    grant = c.ask("queue_get", name=name, reserve=1)
    return {"name": name, "token": getattr(grant, "token", 1)}


def big_items(type, put, **arguments):
    def prepare(c, n):
        name = new(c, type, n)
        must(c.ask(put, name=name, value=data(b"x" * n)))
        return {"name": name, **{key: value(c) if callable(value) else value for key, value in arguments.items()}}
    return prepare


def move_to(c):
    return new(c, "queue", 0, kind="priority")


# ---- sets and dicts ----------------------------------------------------------------------------
def other(n):
    """Half of it in a set of 0 to N - 1."""
    return container("list", ints(n, n // 2))


def algebra(op_items=other):
    return [Case("N members and N items", of_set(items=op_items)),
            Case("N members and 1 item", of_set(items=lambda n: int_list(1)))]


def long_keys(c, n):
    """N-byte keys: one that is there, one of its length that is not."""
    name = new(c, "dict", 0)
    must(c.ask("dict_set", name=name, key=data(b"x" * n), value=integer(1)))
    return {"name": name, "key": data(b"x" * (n - 1) + b"y")}


def tuple_key(n):
    return container("tuple", [container("frozenset", ints(n // 2)), container("tuple", ints(n // 2))])


def keys(type, where, **more):
    """A key that is not there: its hash, its comparison, and its place in an error message."""
    return [Case("a key of N bytes", one(type, **{where: data_of}, **more), BIG),
            Case("a key of N ints in a tuple and a frozenset", one(type, **{where: tuple_key}, **more), 2 * MILLION),
            Case("a key of N empty strings", one(type, **{where: lambda n: container("tuple", [text("")] * n)}, **more),
                 4 * MILLION)]


def equal_dicts(type, op, **given):
    def prepare(c, n):
        name = new(c, type, 0)
        must(c.ask(op, name=name, value=int_pairs(n), **given))
        back = pairs([(integer(i), integer(i)) for i in range(n)][::-1])
        return {"name": name, "expect": back, "new": integer(1), **given}
    return [Case("EXPECT is a dict of N ints in another order", prepare)]


def del_expect(c, n):
    arguments = equal_dicts("dict", "dict_set", key=integer(1))[0].prepare(c, n)
    arguments.pop("new")
    return arguments


def refs(n):
    return container("list", [ref(i + 1) for i in range(n)])


def many_attributes(c, n):
    name = new(c, "namespace", 0)
    frames = []
    for i in range(n):
        frames.append(("namespace_set", {"name": name, "attr": "a%07d" % (i * 7919 % n), "value": integer(i)}))
        if len(frames) == 200:
            send_all(c, frames)
    send_all(c, frames)
    return {"name": name}


COPY_LIST = [Case("N ints", of_list(), 3 * MILLION)]
COPY_SET = [Case("N members", of_set(), 3 * MILLION)]
COPY_DICT = [Case("N entries", of_dict(), 2 * MILLION)]
FIND = [Case("20 frozensets of N ints, equal in another order", frozen_list),
        Case("20 lists of N ints that differ at the end", list_of_lists, 2 * MILLION),
        Case("2,000 lists with 64 KiB in common", lambda c, n: long_list(c, n), 2000),
        Case("N ints, none of them it", of_list(value=integer(-1)), 3 * MILLION),
        Case("1 item, and a value of N ints that is not there", of_list(value=lambda n: int_list(4 * n)), MILLION)]

INIT = [Case("a %s of N ints" % type, lambda c, n, type=type, build=build, more=more:
             {"name": "i%d" % c.last_id, "type": type, "init": build(n), **more}, n)
        for type, build, more, n in (
            ("list", int_list, {}, MILLION), ("set", int_list, {}, MILLION), ("dict", int_pairs, {}, MILLION),
            ("value", int_pairs, {}, MILLION), ("array", int_list, {"typecode": "q"}, MILLION), ("queue", int_list, {}, MILLION),
            ("queue", int_list, {"kind": "priority"}, MILLION))]

ROWS = {
    "server_ping": NOTHING, "server_info": NOTHING, "server_stat": NOTHING, "server_reload": NOTHING,
    "server_save": [Case("", plain(), 1)],
    "session_heartbeat": NOTHING, "session_cancel": [Case("", plain(id=1), 1)],
    "session_ls": [Case("N sessions", lambda c, n: crowd(c, n, "event_wait", new(c, "event", 0), 1) or {}, 2000)],

    "object_create": INIT,
    "object_delete": [Case("a list of N items", filled(lambda c, n: a_list(c, ints(n))), 3 * MILLION),
                      Case("a dict of N entries", filled(a_dict)),
                  Case("a list of N references", filled(list_of_references), 100000, later=True),
                      Case("an event with N waiters", lambda c, n: {**waiters("event", "event_wait")(c, n), "force": 1}, 100000),
                      Case("a lock with N waiters", lambda c, n: {**waiters("lock", "lock_acquire")(c, n), "force": 1}, 100000),
                      Case("a semaphore with N grants", lambda c, n: {**lent(c, n), "force": 1}, 100000),
                      Case("a lock with N sleepers in conditions", lock_with_sleepers, 100000),
                      Case("a lock with N conditions", lock_with_conditions, 100000)],
    "object_ls": [Case("N objects, '*[[[['", ls_pattern, 20000), Case("N objects, '*a*a*a*b'", ls_stars, 20000),
                  Case("N objects, long rows", ls_long, 20000)],
    "object_info": [Case("a list of N items", filled(lambda c, n: a_list(c, ints(n))), MILLION)],
    "object_exists": named("list"),
    "object_scan": [Case("a list of N items", filled(lambda c, n: a_list(c, ints(n))), MILLION),
                    Case("a dict of N entries", filled(a_dict)),
                    Case("a priority queue of N items",
                         filled(lambda c, n: a_queue(c, ints(n), kind="priority")), MILLION // 2)],
    "object_changed": named("list"), "object_hold": named("list"),
    "object_drop": [Case("", lambda c, n: hold(c), 1)],
    "object_waits": [Case("N waiters of one event", waiters("event", "event_wait"), 100000)],

    "dict_get": keys("dict", "key"), "dict_has": keys("dict", "key"), "dict_del": keys("dict", "key")
    + [Case("EXPECT is a dict of N ints in another order", del_expect)],
    "dict_pop": keys("dict", "key"),
    "dict_set": values("dict", key=integer(1)) + [Case("a key with N bytes in common with another", lambda c, n: {
        **long_keys(c, n), "value": integer(1)}, BIG)] + keys("dict", "key", value=integer(1)),
    "dict_add": values("dict", key=integer(1)), "dict_setdefault": values("dict", key=integer(1)),
    "dict_len": named("dict"), "dict_popitem": [Case("", lambda c, n: {"name": a_dict(c, 10)}, 1)],
    "dict_update": [Case("N entries", one("dict", items=int_pairs), 3 * MILLION),
                    Case("N entries into N", of_dict(items=int_pairs)),
                    Case("N pairs in a list", one("dict", items=lambda n: container(
                        "list", [container("tuple", [integer(i), integer(i)]) for i in range(n)])))],
    "dict_clear": [Case("N entries", of_dict())],
    "dict_copy": COPY_DICT, "dict_keys": COPY_DICT, "dict_values": COPY_DICT, "dict_items": COPY_DICT,
    "dict_reversed": COPY_DICT,
    "dict_merge": [Case("N entries with N", of_dict(items=int_pairs)),
                   Case("N entries with 1", of_dict(items=int_pairs(1)))],
    "dict_fromkeys": [Case("N keys", one("dict", keys=int_list))],
    "dict_incr": named("dict", key=integer(1)),
    "dict_cas": equal_dicts("dict", "dict_set", key=integer(1)) + [],
    "dict_get_many": [Case("N keys of N", of_dict(keys=int_list))],
    "dict_pop_many": [Case("N keys of N", of_dict(keys=int_list))],
    "dict_scan": [Case("N entries", of_dict(limit=MILLION))],

    "list_get": [Case("", lambda c, n: {"name": a_list(c, ints(3)), "index": integer(0)}, 1)], "list_len": named("list"),
    "list_set": [Case("", lambda c, n: {"name": a_list(c, ints(3)), "index": integer(0), "value": int_list(n)},
                      4 * MILLION)],
    "list_del": [Case("the middle of N items", of_list(index=lambda n: integer(n // 2)), 3 * MILLION)],
    "list_has": FIND, "list_index": FIND, "list_count": FIND, "list_remove": FIND,
    "list_append": values("list") + [Case("N references to nothing", one("list", value=refs)),
                                     Case("a list of N references", lambda c, n: {
                                         "name": new(c, "list", 0), "value": container("list", references(c, n))}, 100000)],
    "list_extend": [Case("N ints", one("list", items=int_list), 3 * MILLION),
                    Case("N references", lambda c, n: {
                        "name": new(c, "list", 0), "items": container("list", references(c, n))}, 100000),
                    Case("a text of N characters", one("list", items=lambda n: text("x" * n)), MILLION),
                    Case("N lists", one("list", items=lambda n: container("list", [container("list", [])] * n)))],
    "list_insert": [Case("before the middle of N items",
                         of_list(index=lambda n: integer(n // 2), value=integer(1)), 3 * MILLION)],
    "list_pop": [Case("the middle of N items", of_list(index=lambda n: integer(n // 2)), 3 * MILLION)],
    "list_reverse": [Case("N items", of_list())],
    "list_sort": [Case("N strings with a common prefix", sort_strings), Case("N ints", sort_ints),
                  Case("N tuples", sort_tuples), Case("20 frozensets of N ints", sort_frozen),
                  Case("N strings with 64 KiB in common", sort_long, 2000)],
    "list_clear": [Case("N items", of_list(), 3 * MILLION),
                   Case("N references", filled(list_of_references), 100000, later=True)],
    "list_copy": COPY_LIST, "list_reversed": COPY_LIST,
    "list_slice": [Case("N ints", of_list(), 3 * MILLION),
                   Case("each second of N", of_list(step=integer(-2)), 3 * MILLION)],
    "list_set_slice": [Case("N items into N", of_list(items=int_list)),
                       Case("N items each second of 2 N", lambda c, n: {
                           "name": a_list(c, ints(2 * n)), "items": int_list(n), "step": integer(2)}),
                       Case("1 item in place of N", of_list(items=int_list(1)))],
    "list_del_slice": [Case("each second of N", of_list(step=integer(2))),
                       Case("all but one of N", of_list(start=integer(1))),
                       Case("all but one of N references", lambda c, n: {
                           "name": list_of_references(c, n), "start": integer(1)}, 100000)],
    "list_range": [Case("N ints", of_list(limit=10 * MILLION), 3 * MILLION)],
    "list_concat": [Case("N ints and N", of_list(items=int_list))],
    "list_repeat": [Case("1 int N times", lambda c, n: {"name": a_list(c, ints(1)), "times": integer(n)}, 4 * MILLION),
                    Case("N ints twice", of_list(times=integer(2)))],
    "list_multiply": [Case("1 int N times", lambda c, n: {"name": a_list(c, ints(1)), "times": integer(n)}),
                      Case("1 text of 1,000 bytes N times", lambda c, n: {
                          "name": a_list(c, [text("x" * 1000)]), "times": integer(n)}),
                      Case("N ints twice", of_list(times=integer(2)), MILLION // 2)],

    "set_add": keys("set", "value"), "set_discard": keys("set", "value"), "set_remove": keys("set", "value"),
    "set_has": keys("set", "value"),
    "set_pop": [Case("", lambda c, n: {"name": a_set(c, 10)}, 1)], "set_len": named("set"),
    "set_clear": [Case("N members", of_set())], "set_copy": COPY_SET,
    "set_update": [Case("N ints", one("set", items=int_list), 3 * MILLION),
                   Case("N members and N items", of_set(items=other)),
                   Case("a set of N ints", one("set", items=lambda n: container("set", ints(n))))],
    "set_union": algebra(), "set_difference": algebra(), "set_difference_update": algebra(),
    "set_intersection": algebra(), "set_intersection_update": algebra(), "set_symmetric_difference": algebra(),
    "set_symmetric_difference_update": algebra(), "set_rdifference": algebra(), "set_isdisjoint": algebra(),
    "set_issubset": algebra(), "set_issuperset": algebra(), "set_equals": algebra(),
    "set_scan": [Case("N members", of_set(limit=MILLION))],

    "namespace_get": named("namespace", attr="a", fallback=integer(1)),
    "namespace_set": values("namespace", attr="a"), "namespace_del": [Case("", lambda c, n: attribute(c), 1)],
    "namespace_has": named("namespace", attr="a"), "namespace_len": named("namespace"),
    "namespace_items": [Case("N attributes", many_attributes, 500000)],
    "namespace_incr": named("namespace", attr="a"),

    "value_get": stored("value", lambda c, name, value: c.ask("value_set", name=name, value=value)),
    "value_set": values("value") + [Case("N references in place of others", references_in_place, 100000)], "value_swap": values("value"),
    "value_add": [Case("a number of N bytes", lambda c, n: bigint(c, n), BIG)],
    "value_cas": equal_dicts("value", "value_set"),

    "array_get": named("array", typecode="q"), "array_len": named("array"),
    "array_set": [Case("", lambda c, n: {"name": an_array(c, 3), "index": integer(0), "value": integer(1)}, 1)],
    "array_add": [Case("", lambda c, n: {"name": an_array(c, 3), "index": integer(0)}, 1)],
    "array_slice": [Case("N numbers", of_array(), 4 * MILLION)],
    "array_set_slice": [Case("N numbers", of_array(items=int_list), 3 * MILLION)],
    "array_range": [Case("N numbers", of_array(limit=10 * MILLION), 4 * MILLION)],
    "array_copy": [Case("N numbers", of_array(), 4 * MILLION)],
}
ROWS["array_get"] = [Case("", lambda c, n: {"name": an_array(c, 3), "index": integer(0)}, 1)]
ROWS["array_len"] = [Case("", lambda c, n: {"name": an_array(c, 3)}, 1)]


def hold(c):
    name = new(c, "list", 0)
    must(c.ask("object_hold", name=name))
    return {"name": name}


def attribute(c):
    name = new(c, "namespace", 0)
    must(c.ask("namespace_set", name=name, attr="a", value=integer(1)))
    return {"name": name, "attr": "a"}


def bigint(c, n):
    name = new(c, "value", 0)
    number = b"\x22" + varint(n) + b"\x01" * n
    got = c.ask("value_set", name=name, value=number)
    return {"name": name, "by": number if got == "done" else integer(1)}


# ---- what programs wait with -------------------------------------------------------------------
def granted(type):
    def prepare(c, n):
        name = new(c, type, 0, **({"init": integer(5)} if type == "semaphore" else {}))
        grant = c.ask(type + "_acquire", name=name)
        return {"name": name, "token": grant.token}
    return prepare


def sync(type):
    held = [Case("", granted(type), 1)]
    return {type + "_acquire": named(type), type + "_release": held, type + "_held": held, type + "_renew": held}


def owned(c, n):
    arguments = granted("condition")(c, n)
    return {"name": arguments["name"]}


def barrier(n=2):
    return lambda c, _: {"name": new(c, "barrier", 0, init=integer(n))}


def queue_with(n_items, **more):
    return lambda c, n: {"name": a_queue(c, ints(n_items)), **more}


def got(c, n):
    name = a_queue(c, ints(3))
    must(c.ask("queue_get", name=name) and "done")
    return {"name": name}


def kept(c, n):
    name = a_queue(c, ints(3))
    return {"name": name, "token": c.ask("queue_get", name=name, reserve=1).token}


def ends(c, n):
    name = new(c, "pipe", 0)
    must(c.ask("pipe_attach", name=name, end=1) and "done")
    return {"name": name}


def message(c, n):
    name = new(c, "pipe", 0)
    must(c.ask("pipe_send", name=name, value=data(b"x" * n)))
    return {"name": name}


for lock in ("lock", "rlock", "semaphore", "condition"):
    ROWS.update(sync(lock))
    if lock != "semaphore":
        ROWS[lock + "_locked"] = named(lock)
ROWS["semaphore_acquire"] = [Case("", lambda c, n: {"name": new(c, "semaphore", 0, init=integer(5))}, 1)]
ROWS.update({
    "event_set": [Case("N waiters", waiters("event", "event_wait"), 100000)],
    "event_clear": named("event"), "event_is_set": named("event"), "event_wait": named("event"),
    "semaphore_value": named("semaphore"),
    "semaphore_release": [Case("", granted("semaphore"), 1),
                          Case("N grants of this session", lambda c, n: {**lent(c, n), "permits": n}, 100000),
                          Case("N grants of anybody", lambda c, n: {**lent(c, n), "permits": n, "any": 1}, 100000,
                               head={"holder": 7})],
    "semaphore_resize": [Case("N waiters who want too much then", waiting_permits(9, 5), 100000),
                         Case("N waiters who stay", waiting_permits(1, 5), 100000)],
    "condition_wait": [Case("", owned, 1, head={"wait_ms": 1})],
    "condition_notify": [Case("N sleepers, all of them", lambda c, n: {**sleepers(c, n), "count": n}, 100000)],
    "condition_notify_all": [Case("N sleepers", sleepers, 100000)],
    "barrier_wait": [Case("", barrier(1), 1)], "barrier_parties": [Case("", barrier(), 1)],
    "barrier_waiting": [Case("", barrier(), 1)], "barrier_broken": [Case("", barrier(), 1)],
    "barrier_generation": [Case("", barrier(), 1)], "barrier_reset": [Case("", barrier(), 1)],
    "barrier_abort": [Case("", barrier(), 1)],
    "queue_put": values("queue") + [Case("100 tuples with frozensets of N ints", priority_put),
                                    Case("100 tuples with lists of N ints", priority_list_put, 2 * MILLION)],
    "queue_put_many": [Case("N ints", one("queue", items=int_list)),
                       Case("N ints by priority", priority_ints),
                       Case("N strings with a common prefix by priority", priority_many, 300000)],
    "queue_get": [Case("an item of N bytes", big_items("queue", "queue_put"), BIG)],
    "queue_len": named("queue"), "queue_empty": named("queue"), "queue_full": named("queue"),
    "queue_task_done": [Case("", got, 1)], "queue_join": named("queue"),
    "queue_ack": [Case("", kept, 1)], "queue_renew": [Case("", kept, 1)],
    "queue_nack": [Case("100 tuples with frozensets of N ints", reserved)],
    "queue_move": [Case("an item of N bytes", big_items("queue", "queue_put", to=move_to), BIG)],
    "queue_clear": [Case("N items", lambda c, n: {"name": a_queue(c, ints(n))}),
                    Case("N references, one of them lent", queue_of_references, 100000, later=True)],
    "queue_shutdown": [Case("N items", lambda c, n: {"name": a_queue(c, ints(n)), "immediate": 1})],
    "pipe_attach": [Case("", lambda c, n: {"name": new(c, "pipe", 0), "end": 1}, 1)],
    "pipe_send": values("pipe"), "pipe_recv": [Case("a message of N bytes", message, BIG)],
    "pipe_poll": [Case("", message, 100)], "pipe_close": [Case("", ends, 1)], "pipe_len": [Case("", message, 100)],
})

# Not measured, and why.
WITHOUT = {
    "server_shutdown": "ends the daemon",
    "server_fetch": "a part of a file: at most one frame, read by another thread",
    "session_hello": "a login, measured by mgr-bench",
    "session_bye": "what is left is taken away in slices of SESSION_END_MAX",
    "session_kill": "as session_bye",
}
