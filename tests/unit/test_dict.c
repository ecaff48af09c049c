/* SPDX-License-Identifier: BSD-2-Clause */
/* dict: each operation as in Python, in parts, in limits and without memory. */
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "wire.pb-c.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static const char *do_dict(const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "dict.%s", method);
    return call_show(&w, op, "d", args);
}

static void fresh(const char *init)
{
    if (strcmp(call_show(&w, "object.exists", "d", ""), "True") == 0)
        call(&w, 0, "object.delete", "name=d");
    ck_assert_int_eq(world_create(&w, "dict", "d", init)->result.kind, RESULT_VALUE);
}

struct row {
    const char *init, *method, *args, *reply, *after; /* after NULL: as init */
};

static const struct row rows[] = {
    {"{a: 1}", "get", "key=a", "1", NULL},
    {"{a: 1}", "get", "key=b", "error KEY: 'b'", NULL},
    {"{a: 1}", "get", "key=42", "error KEY: 42", NULL},
    {"{a: 1}", "get", "key=b|fallback=null", "None", NULL},
    {"{a: 1}", "get", "key=a|fallback=7", "1", NULL},
    {"{a: 1}", "get", "key=[1]", "error TYPE: unhashable type: 'list'", NULL},
    {"{a: 1}", "get", "key=!tuple [1, {}]", "error TYPE: unhashable type: 'dict'", NULL},
    {"{1: x}", "get", "key=1.0", "'x'", NULL},
    {"{1: x}", "get", "key=true", "'x'", NULL},
    {"{}", "set", "key=k|value=v", "done", "{'k': 'v'}"},
    {"{1: x, 2: y}", "set", "key=true|value=z", "done", "{1: 'z', 2: 'y'}"},
    {"{1.0: x}", "set", "key=1|value=z", "done", "{1.0: 'z'}"},
    {"{a: 1}", "set", "key={}|value=1", "error TYPE: unhashable type: 'dict'", NULL},
    {"{}", "set", "key=.nan|value=1", "done", "{nan: 1}"},
    {"{a: 1, b: 2}", "del", "key=a", "done", "{'b': 2}"},
    {"{a: 1}", "del", "key=b", "error KEY: 'b'", NULL},
    {"{a: 1}", "del", "key=a|expect=1.0", "done", "{}"},
    {"{a: 1}", "del", "key=a|expect=2", "error RUNTIME: value differs", NULL},
    {"{a: 1}", "has", "key=a", "True", NULL},
    {"{a: 1}", "has", "key=b", "False", NULL},
    {"{a: 1}", "has", "key=[]", "error TYPE: unhashable type: 'list'", NULL},
    {"{a: 1, b: 2}", "len", "", "2", NULL},
    {"{a: 1}", "add", "key=b|value=2", "True", "{'a': 1, 'b': 2}"},
    {"{a: 1}", "add", "key=a|value=2", "False", NULL},
    {"{a: 1, b: 2}", "pop", "key=a", "1", "{'b': 2}"},
    {"{a: 1}", "pop", "key=b", "error KEY: 'b'", NULL},
    {"{a: 1}", "pop", "key=b|fallback=x", "'x'", NULL},
    {"{a: 1, b: 2}", "popitem", "", "('b', 2)", "{'a': 1}"},
    {"{}", "popitem", "", "error KEY: 'popitem(): dictionary is empty'", NULL},
    {"{a: 1}", "setdefault", "key=a|value=2", "1", NULL},
    {"{a: 1}", "setdefault", "key=b|value=2", "2", "{'a': 1, 'b': 2}"},
    {"{a: 1}", "setdefault", "key=b", "None", "{'a': 1, 'b': None}"},
    {"{a: 1}", "update", "items={b: 2, a: 3}", "done", "{'a': 3, 'b': 2}"},
    {"{a: 1}", "update", "items=[[a, 3], !tuple [c, 4], xy]", "done", "{'a': 3, 'c': 4, 'x': 'y'}"},
    {"{a: 1}", "update", "items=[[a, 2], [b, 1], [b, 2], [a, 3]]", "done", "{'a': 3, 'b': 2}"},
    {"{a: 1}", "update", "items=[]", "done", NULL},
    {"{a: 1}", "update", "items=[[a, 2], 5]",
     "error TYPE: cannot convert dictionary update sequence element #1 to a sequence", NULL},
    {"{a: 1}", "update", "items=[[a, 2], [b, 2], [1, 2, 3]]",
     "error VALUE: dictionary update sequence element #2 has length 3; 2 is required", NULL},
    {"{a: 1}", "update", "items=abc",
     "error VALUE: dictionary update sequence element #0 has length 1; 2 is required", NULL},
    {"{a: 1}", "update", "items=[[a, 2], [[], 2]]", "error TYPE: unhashable type: 'list'", NULL},
    {"{a: 1}", "update", "items=5", "error TYPE: 'int' object is not iterable", NULL},
    {"{a: 1}", "clear", "", "done", "{}"},
    {"{a: 1, b: 2}", "copy", "", "{'a': 1, 'b': 2}", NULL},
    {"{b: 1, a: 2}", "keys", "", "['b', 'a']", NULL},
    {"{b: 1, a: 2}", "values", "", "[1, 2]", NULL},
    {"{b: 1, a: 2}", "items", "", "[('b', 1), ('a', 2)]", NULL},
    {"{b: 1, a: 2}", "reversed", "", "['a', 'b']", NULL},
    {"{}", "items", "", "[]", NULL},
    {"{1: a, 2: b}", "merge", "items={3: c, 1.0: x}", "{1: 'x', 2: 'b', 3: 'c'}", NULL},
    {"{1: a, 2: b}", "merge", "items={3: c, 1.0: x}|under=1", "{3: 'c', 1.0: 'a', 2: 'b'}", NULL},
    {"{1: a}", "merge", "items=[[2, b], [2, c]]", "{1: 'a', 2: 'c'}", NULL},
    {"{1: a}", "merge", "items=5", "error TYPE: 'int' object is not iterable", NULL},
    {"{}", "fromkeys", "keys=[1, a, 1.0]", "{1: None, 'a': None}", NULL},
    {"{}", "fromkeys", "keys=aba|value=0", "{'a': 0, 'b': 0}", NULL},
    {"{a: 1}", "incr", "key=a", "2", "{'a': 2}"},
    {"{a: 1}", "incr", "key=b|by=-5", "-5", "{'a': 1, 'b': -5}"},
    {"{a: 1}", "incr", "key=a|by=0.5", "1.5", "{'a': 1.5}"},
    {"{a: true}", "incr", "key=a|by=true", "2", "{'a': 2}"},
    {"{a: x}", "incr", "key=a", "error TYPE: unsupported operand type(s) for +: 'str' and 'int'",
     NULL},
    {"{a: 9223372036854775807}", "incr", "key=a", "error OVERFLOW: the sum does not fit in 64 bits",
     NULL},
    {"{a: 1}", "cas", "key=a|new=2|expect=1.0", "True", "{'a': 2}"},
    {"{a: 1}", "cas", "key=a|new=2|expect=3", "False", NULL},
    {"{a: 1}", "cas", "key=b|new=2|expect=3", "False", NULL},
    {"{a: 1}", "cas", "key=b|new=2|absent=1", "True", "{'a': 1, 'b': 2}"},
    {"{a: 1}", "cas", "key=a|new=2|absent=1", "False", NULL},
    {"{a: 1, b: 2, c: 3}", "get_many", "keys=[c, x, a, c]", "{'c': 3, 'a': 1}", NULL},
    {"{a: 1}", "get_many", "keys=[[]]", "error TYPE: unhashable type: 'list'", NULL},
    {"{a: 1, b: 2, c: 3}", "pop_many", "keys=[c, x, a, c, x, 7]",
     "{'found': {'c': 3, 'a': 1}, 'missing': ['x', 7]}", "{'b': 2}"},
    {"{1: a}", "pop_many", "keys=[1.0, true, 1]", "{'found': {1.0: 'a'}, 'missing': []}", "{}"},
    {"{a: 1}", "pop_many", "keys=abb", "{'found': {'a': 1}, 'missing': ['b']}", "{}"},
    {"{a: 1}", "pop_many", "keys=[x]", "{'found': {}, 'missing': ['x']}", NULL},
    {"{a: 1}", "pop_many", "keys=[]", "{'found': {}, 'missing': []}", NULL},
    {"{}", "pop_many", "keys=[.nan, .nan]", "{'found': {}, 'missing': [nan, nan]}", NULL},
    {"{a: 1}", "pop_many", "keys=[a, []]", "error TYPE: unhashable type: 'list'", NULL},
    {"{a: 1}", "pop_many", "keys=5", "error TYPE: 'int' object is not iterable", NULL},
};

START_TEST(as_python)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        fresh(row->init);
        const char *before = do_dict("copy", "");
        const char *digest = world_digest(&w);
        const char *reply = do_dict(row->method, row->args);
        ck_assert_msg(strcmp(reply, row->reply) == 0, "%s.%s %s: %s, not %s", row->init,
                      row->method, row->args, reply, row->reply);
        const char *after = do_dict("copy", "");
        const char *expected = row->after == NULL ? before : row->after;
        ck_assert_msg(strcmp(after, expected) == 0, "%s.%s %s: becomes %s, not %s", row->init,
                      row->method, row->args, after, expected);
        if (row->after == NULL) /* no effect at all: not even a revision */
            ck_assert_msg(strcmp(world_digest(&w), digest) == 0, "%s.%s %s: had an effect",
                          row->init, row->method, row->args);
    }
}
END_TEST

START_TEST(init_as_dict_of_it)
{
    fresh("[[a, 1], [b, 2], [a, 3]]");
    ck_assert_str_eq(do_dict("copy", ""), "{'a': 3, 'b': 2}");
    ck_assert_str_eq(world_show(&w, world_create(&w, "dict", "x", "[[a, 1], [b]]")),
                     "error VALUE: dictionary update sequence element #1 has length 1; 2 is "
                     "required");
    ck_assert_str_eq(call_show(&w, "object.exists", "x", ""), "False");
}
END_TEST

/* Setting the same value is a change, as in Python; clearing nothing is none. */
START_TEST(what_is_an_effect)
{
    fresh("{a: 1}");
    do_dict("set", "key=a|value=1");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    do_dict("update", "items={a: 1}");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    do_dict("clear", "");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    do_dict("clear", "");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    do_dict("update", "items={}");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
}
END_TEST

/* NaN equals nothing: each put is another entry, and none is ever found. */
START_TEST(nan_keys)
{
    fresh("{}");
    do_dict("set", "key=.nan|value=1");
    do_dict("set", "key=a|value=2");
    do_dict("set", "key=.nan|value=3");
    ck_assert_str_eq(do_dict("has", "key=.nan"), "False");
    ck_assert_str_eq(do_dict("copy", ""), "{nan: 1, 'a': 2, nan: 3}");
    ck_assert_str_eq(do_dict("popitem", ""), "(nan, 3)");
    ck_assert_str_eq(do_dict("get", "key=a"), "2");
}
END_TEST

/* ---- scan ---- */

static uint8_t cursor[64];

/* One page; gives the reply and keeps the cursor. */
static const char *page(uint64_t limit, size_t *len)
{
    Wire__DictScan in = WIRE__DICT_SCAN__INIT;
    in.has_name = true, in.name = world_text("d");
    in.has_limit = true, in.limit = limit;
    in.has_cursor = *len > 0, in.cursor = world_bytes(bytes_of(cursor, *len));
    const struct seen *seen = world_do(&w, 0, &in.base);
    if (seen->result.kind == RESULT_PAGE) {
        ck_assert_uint_le(seen->result.cursor.len, sizeof cursor);
        *len = seen->result.cursor.len;
        if (*len > 0)
            memcpy(cursor, seen->result.cursor.data, *len);
    }
    return world_show(&w, seen);
}

START_TEST(scan_in_parts)
{
    size_t len = 0;
    fresh("{a: 1, b: 2, c: 3, d: 4, e: 5}");
    ck_assert_str_eq(page(2, &len), "{'a': 1, 'b': 2}");
    ck_assert_uint_eq(len, 12);
    do_dict("del", "key=b"); /* the cursor's own entry and the next one go */
    do_dict("del", "key=c");
    do_dict("set", "key=a|value=9");
    do_dict("set", "key=f|value=6");
    ck_assert_str_eq(page(2, &len), "{'d': 4, 'e': 5}"); /* f came later: it is not waited for */
    ck_assert_uint_eq(len, 0);
    ck_assert_str_eq(page(0, &len), "error VALUE: limit must be at least 1");
    len = 3;
    ck_assert_str_eq(page(2, &len), "error INVALID: the cursor is not one of this object's");
    len = 12;
    memset(cursor, 0xff, sizeof cursor);
    ck_assert_str_eq(page(2, &len),
                     "error INVALID: the cursor is too old: start again without one");
}
END_TEST

/* A scan ends whatever comes meanwhile, and misses nothing that is there all the time. */
START_TEST(scan_ends_though_entries_come_and_go)
{
    size_t len = 0;
    unsigned next = 0, first = 0, seen_stay = 0, pages = 0;
    fresh("{}");
    for (; next < 60; next++)
        callf(&w, 0, "dict.set", "name=d|key=%u|value=%s", next, next % 3 == 0 ? "stays" : "goes");
    do {
        const char *text = page(10, &len);
        for (const char *at = text; (at = strstr(at, "stays")) != NULL; at++)
            seen_stay++;
        for (unsigned i = 0; i < 10; i++, next++) {
            callf(&w, 0, "dict.set", "name=d|key=%u|value=comes", next);
            while (first % 3 == 0)
                first++;
            callf(&w, 0, "dict.pop", "name=d|fallback=0|key=%u", first++);
        }
        ck_assert_uint_lt(++pages, 10);
    } while (len > 0);
    ck_assert_uint_eq(seen_stay, 20);
}
END_TEST

/* A cursor goes on to mean the same after clear: new entries are all behind it, and no part of the
 * scan. */
START_TEST(scan_goes_on_after_clear)
{
    size_t len = 0;
    fresh("{a: 1, b: 2, c: 3}");
    page(2, &len);
    do_dict("clear", "");
    do_dict("set", "key=z|value=1");
    ck_assert_str_eq(page(2, &len), "{}");
    ck_assert_uint_eq(len, 0);
}
END_TEST

/* ---- many ---- */

static void add_many(unsigned count, unsigned value_len)
{
    char args[1200], filler[1024];
    memset(filler, 'x', value_len);
    filler[value_len] = '\0';
    for (unsigned i = 0; i < count; i++) {
        snprintf(args, sizeof args, "key=key%06u|value=%s", i, filler);
        ck_assert_str_eq(do_dict("set", args), "done");
    }
}

START_TEST(many_and_discarded)
{
    fresh("{}");
    add_many(100, 1); /* all slots of the session have been used */
    do_dict("clear", "");
    while (engine_reclaim(w.engine, 100))
        ;
    size_t before = world_usage(&w).bytes;
    add_many(3000, 40);
    ck_assert_str_eq(do_dict("len", ""), "3000");
    ck_assert_str_eq(do_dict("has", "key=key002999"), "True");
    do_dict("clear", "");
    ck_assert_str_eq(do_dict("len", ""), "0");
    while (engine_reclaim(w.engine, 100))
        ;
    ck_assert_uint_eq(world_usage(&w).bytes, before);
}
END_TEST

START_TEST(too_large_for_a_frame)
{
    static const char *const methods[][2] = {
        {"copy", ""}, {"values", ""}, {"items", ""}, {"merge", "items={}"}};
    fresh("{}");
    /* The frame of the world is what its engine was told. */
    char *args = malloc(70000);
    uint64_t frame = 0;
    ck_assert_ptr_nonnull(args);
    for (unsigned i = 0; frame <= (16u << 20); i++, frame += 60000) {
        int at = snprintf(args, 70000, "key=%u|value=", i);
        memset(args + at, 'x', 60000);
        args[at + 60000] = '\0';
        ck_assert_str_eq(do_dict("set", args), "done");
    }
    free(args);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        const char *reply = do_dict(methods[i][0], methods[i][1]);
        ck_assert_msg(strncmp(reply, "error TOO_LARGE", 15) == 0, "%s: %.80s", methods[i][0],
                      reply);
        ck_assert_ptr_nonnull(strstr(reply, "scan"));
    }
    ck_assert_str_ne(do_dict("keys", ""), "error TOO_LARGE");
    size_t len = 0;
    ck_assert_uint_lt(strlen(page(1000000, &len)), 2u << 20);
    ck_assert_uint_gt(len, 0);
}
END_TEST

/* ---- no memory ---- */

START_TEST(nothing_half_done_without_memory)
{
    static const char *const changes[][2] = {
        {"dict.set", "name=d|key=new|value=some longer value than there is room for"},
        {"dict.set", "name=d|key=a|value=some longer value than there was room for"},
        {"dict.add", "name=d|key=added|value=1"},
        {"dict.setdefault", "name=d|key=default|value=1"},
        {"dict.incr", "name=d|key=n|by=1"},
        {"dict.cas", "name=d|key=a|new=a value that takes a block of its own|absent=0|"
                     "expect=some longer value than there was room for"},
        {"dict.update", "name=d|items={a: an update that needs a new block anyway, x: 1, y: 2, "
                        "z: 3, a1: 1, a2: 2, a3: 3, a4: 4, a5: 5, a6: 6, a7: 7, a8: 8}"},
        {"dict.update", "name=d|items=[[a, short], [q, r], [a, again with very many letters], st]"},
        {"dict.pop", "name=d|key=a"},
        {"dict.popitem", "name=d"},
        {"dict.merge", "name=d|items={m: 1, n: 2}"},
        {"dict.fromkeys", "name=d|keys=[1, 2, 3]"},
        {"dict.get_many", "name=d|keys=[x, y]"},
        {"dict.pop_many", "name=d|keys=[y, !frozenset {2, 1}, 'a key that is missing']"},
        {"dict.items", "name=d"},
        {"dict.del", "name=d|key=x"},
        {"dict.clear", "name=d"},
        {"object.create", "name=e|type=dict|init=[[a, 1], [b, 2], cd]"},
    };
    fresh("{a: 1, b: 2}");
    do_dict("set", "key=!frozenset {1, 2}|value=1"); /* comparing it takes memory */
    size_t refused = 0;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        refused += call_without_memory(&w, changes[i][0], changes[i][1]);
    ck_assert_uint_gt(refused, 40);
    fresh("{a: 1}");
    refused = call_without_memory(&w, "dict.set", "name=d|key=!frozenset {5, 6}|value=2");
    refused += call_without_memory(&w, "dict.set", "name=d|key=!frozenset {6, 5}|value=3");
    ck_assert_uint_gt(refused, 0);
    ck_assert_str_eq(do_dict("len", ""), "2");
}
END_TEST

Suite *suite_dict(void);
Suite *suite_dict(void)
{
    Suite *suite = suite_create("dict");
    TCase *tcase = tcase_create("dict");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, as_python);
    tcase_add_test(tcase, init_as_dict_of_it);
    tcase_add_test(tcase, what_is_an_effect);
    tcase_add_test(tcase, nan_keys);
    tcase_add_test(tcase, scan_in_parts);
    tcase_add_test(tcase, scan_ends_though_entries_come_and_go);
    tcase_add_test(tcase, scan_goes_on_after_clear);
    tcase_add_test(tcase, many_and_discarded);
    tcase_add_test(tcase, too_large_for_a_frame);
    tcase_add_test(tcase, nothing_half_done_without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
