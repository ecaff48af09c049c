/* SPDX-License-Identifier: BSD-2-Clause */
/* set: each operation as in Python, algebra with anything iterable, without memory. */
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

#include <check.h>
#include <stdio.h>

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static const char *do_set(const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "set.%s", method);
    return call_show(&w, op, "s", args);
}

static void fresh(const char *init)
{
    if (strcmp(call_show(&w, "object.exists", "s", ""), "True") == 0)
        call(&w, 0, "object.delete", "name=s");
    ck_assert_int_eq(world_create(&w, "set", "s", init)->result.kind, RESULT_VALUE);
}

struct row {
    const char *init, *method, *args, *reply, *after; /* after NULL: as init, without effect */
};

static const struct row rows[] = {
    {"[1]", "add", "value=a", "done", "{1, 'a'}"},
    {"[1]", "add", "value=1.0", "done", NULL},
    {"[1]", "add", "value=[1]", "error TYPE: unhashable type: 'list'", NULL},
    {"[1]", "add", "value=!!set [1]", "error TYPE: unhashable type: 'set'", NULL},
    {"[1, 2]", "discard", "value=true", "done", "{2}"},
    {"[1, 2]", "discard", "value=3", "done", NULL},
    {"[1, 2]", "remove", "value=1", "done", "{2}"},
    {"[1, 2]", "remove", "value=x", "error KEY: 'x'", NULL},
    {"[!frozenset [1, 2], 3]", "has", "value=!!set [2, 1]", "True", NULL},
    {"[!frozenset [1, 2], 3]", "remove", "value=!!set [2, 1]", "done", "{3}"},
    {"[!frozenset [1, 2], 3]", "discard", "value=!!set [1.0, 2]", "done", "{3}"},
    {"[1, 2]", "has", "value={}", "error TYPE: unhashable type: 'dict'", NULL},
    {"[3, 1, 2]", "pop", "", "3", "{1, 2}"},
    {"[]", "pop", "", "error KEY: 'pop from an empty set'", NULL},
    {"[1, 2]", "has", "value=2", "True", NULL},
    {"[1, 2]", "has", "value=3", "False", NULL},
    {"[1, 2]", "len", "", "2", NULL},
    {"[1, 2]", "clear", "", "done", "set()"},
    {"[]", "clear", "", "done", NULL},
    {"[2, 1]", "copy", "", "{2, 1}", NULL},
    {"[1]", "update", "items=[2, 1, 3, 2]", "done", "{1, 2, 3}"},
    {"[1]", "update", "items={a: 1}", "done", "{1, 'a'}"},
    {"[1]", "update", "items=xyx", "done", "{1, 'x', 'y'}"},
    {"[1]", "update", "items=[1, true]", "done", NULL},
    {"[1]", "update", "items=[2, []]", "error TYPE: unhashable type: 'list'", NULL},
    {"[1]", "update", "items=7", "error TYPE: 'int' object is not iterable", NULL},
    {"[1, 2]", "union", "items=[3, 2, 3]", "{1, 2, 3}", NULL},
    {"[1, 2, 3]", "difference", "items=[2.0, 9, 2]", "{1, 3}", NULL},
    {"[1, 2, 3]", "intersection", "items=!tuple [3, true, 9]", "{1, 3}", NULL},
    {"[1, 2, 3]", "symmetric_difference", "items=[3, 4, 4, 3]", "{1, 2, 4}", NULL},
    {"[1, 2, 3]", "rdifference", "items=[3, 4, 4, 5]", "{4, 5}", NULL},
    {"[1]", "intersection", "items=[[]]", "error TYPE: unhashable type: 'list'", NULL},
    {"[1]", "union", "items=null", "error TYPE: 'NoneType' object is not iterable", NULL},
    {"[1]", "difference", "items=[1]", "set()", NULL},
    {"[1, 2, 3]", "difference_update", "items=[3, 1, 1]", "done", "{2}"},
    {"[1, 2, 3]", "difference_update", "items=[4]", "done", NULL},
    {"[1, 2, 3]", "intersection_update", "items=[3, 1.0, 7]", "done", "{1, 3}"},
    {"[1, 2, 3]", "intersection_update", "items=[3, 2, 1]", "done", NULL},
    {"[1, 2, 3]", "intersection_update", "items=[]", "done", "set()"},
    {"[1, 2, 3]", "symmetric_difference_update", "items=[5, 3, 5, 3, 1]", "done", "{2, 5}"},
    {"[1, 2]", "symmetric_difference_update", "items=[1, 2]", "done", "set()"},
    {"[1, 2]", "symmetric_difference_update", "items=[]", "done", NULL},
    {"[]", "symmetric_difference_update", "items=[1, 1]", "done", "{1}"},
    {"[1, 2]", "symmetric_difference_update", "items=[1, []]",
     "error TYPE: unhashable type: 'list'", NULL},
    {"[1, 2]", "isdisjoint", "items=[3]", "True", NULL},
    {"[1, 2]", "isdisjoint", "items=[3, 2.0]", "False", NULL},
    {"[1, 2]", "issubset", "items=[2, 1, 1]", "True", NULL},
    {"[1, 2]", "issubset", "items=[2, 1, 1]|proper=1", "False", NULL},
    {"[1, 2]", "issubset", "items=[2, 1, 3]|proper=1", "True", NULL},
    {"[1, 2]", "issubset", "items=[2, 3, 4]", "False", NULL},
    {"[]", "issubset", "items=[]", "True", NULL},
    {"[1, 2]", "issuperset", "items=[2, 2]|proper=1", "True", NULL},
    {"[1, 2]", "issuperset", "items=[2, 1]|proper=1", "False", NULL},
    {"[1, 2]", "issuperset", "items=[2, 3]", "False", NULL},
    {"[1, 2]", "equals", "items=[2, 1, 2]", "True", NULL},
    {"[1, 2]", "equals", "items=[2, 1, 3]", "False", NULL},
    {"[1, 2]", "equals", "items=[2]", "False", NULL},
};

START_TEST(as_python)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        fresh(row->init);
        const char *before = do_set("copy", "");
        const char *digest = world_digest(&w);
        const char *reply = do_set(row->method, row->args);
        ck_assert_msg(strcmp(reply, row->reply) == 0, "%s.%s %s: %s, not %s", row->init,
                      row->method, row->args, reply, row->reply);
        const char *after = do_set("copy", "");
        const char *expected = row->after == NULL ? before : row->after;
        ck_assert_msg(strcmp(after, expected) == 0, "%s.%s %s: becomes %s, not %s", row->init,
                      row->method, row->args, after, expected);
        if (row->after == NULL)
            ck_assert_msg(strcmp(world_digest(&w), digest) == 0, "%s.%s %s: had an effect",
                          row->init, row->method, row->args);
    }
}
END_TEST

START_TEST(init_takes_any_iterable)
{
    fresh("héhé");
    ck_assert_str_eq(do_set("copy", ""), "{'h', 'é'}");
    fresh("!!binary AQIB");
    ck_assert_str_eq(do_set("copy", ""), "{1, 2}");
    fresh("{a: 1, b: 2}");
    ck_assert_str_eq(do_set("copy", ""), "{'a', 'b'}");
    ck_assert_str_eq(world_show(&w, world_create(&w, "set", "x", "[1, {}]")),
                     "error TYPE: unhashable type: 'dict'");
    ck_assert_str_eq(call_show(&w, "object.exists", "x", ""), "False");
}
END_TEST

START_TEST(nan_members)
{
    fresh("[.nan, 1, .nan]");
    ck_assert_str_eq(do_set("copy", ""), "{nan, 1, nan}");
    ck_assert_str_eq(do_set("has", "value=.nan"), "False");
    ck_assert_str_eq(do_set("issuperset", "items=[.nan]"), "False");
    ck_assert_str_eq(do_set("equals", "items=[.nan, 1, .nan]"), "False");
    ck_assert_str_eq(do_set("union", "items=[.nan]"), "{nan, 1, nan, nan}");
    ck_assert_str_eq(do_set("intersection_update", "items=[.nan, 1]"), "done");
    ck_assert_str_eq(do_set("copy", ""), "{1}");
}
END_TEST

START_TEST(scan_in_parts)
{
    fresh("[1, 2, 3]");
    const struct seen *seen = call(&w, 0, "set.scan", "name=s|limit=2");
    ck_assert_int_eq(seen->result.kind, RESULT_PAGE);
    ck_assert_uint_gt(seen->result.cursor.len, 0);
    ck_assert_str_eq(world_show(&w, seen), "{1, 2}");
    seen = call(&w, 0, "set.scan", "name=s");
    ck_assert_uint_eq(seen->result.cursor.len, 0);
    ck_assert_str_eq(world_show(&w, seen), "{1, 2, 3}");
    ck_assert_str_eq(call_show(&w, "object.scan", "s", ""), "{1, 2, 3}");
}
END_TEST

/* Many members through all the algebra, and the table's compaction meanwhile. */
START_TEST(many)
{
    static char items[60000];
    size_t at = (size_t)snprintf(items, sizeof items, "items=[");
    fresh("[]");
    for (int i = 0; i < 4000; i++)
        at += (size_t)snprintf(items + at, sizeof items - at, "%d, ", i);
    snprintf(items + at, sizeof items - at, "x]");
    ck_assert_str_eq(do_set("update", items), "done");
    ck_assert_str_eq(do_set("len", ""), "4001");
    for (int i = 0; i < 2000; i++) {
        char expected[16];
        snprintf(expected, sizeof expected, "%d", i);
        ck_assert_str_eq(do_set("pop", ""), expected);
    }
    ck_assert_str_eq(do_set("issubset", items), "True");
    ck_assert_str_eq(do_set("symmetric_difference_update", items), "done");
    ck_assert_str_eq(do_set("len", ""), "2000");
    ck_assert_str_eq(do_set("pop", ""), "0");
    ck_assert_str_eq(do_set("has", "value=1999"), "True");
    ck_assert_str_eq(do_set("has", "value=2000"), "False");
    ck_assert_str_eq(do_set("difference_update", items), "done");
    ck_assert_str_eq(do_set("len", ""), "0");
}
END_TEST

START_TEST(nothing_half_done_without_memory)
{
    static const char *const changes[][2] = {
        {"set.add", "name=s|value=a new member of the set, not so short"},
        {"set.update", "name=s|items=[1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]"},
        {"set.union", "name=s|items=[1, x]"},
        {"set.difference_update", "name=s|items=[10, 11, 99]"},
        {"set.symmetric_difference_update", "name=s|items=[12, 13, 30, 31, 32, 33, 34, 35]"},
        {"set.intersection_update", "name=s|items=[1, 2, 3, 14, 15, 16, 17, 30, 31]"},
        {"set.equals", "name=s|items=[1]"},
        {"set.remove", "name=s|value=2"},
        {"set.pop", "name=s"},
        {"object.create", "name=e|type=set|init=[1, 2, x]"},
    };
    fresh("[1, 2, 3, !frozenset [1, 2], !frozenset [3, 4]]");
    size_t refused = 0;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        refused += call_without_memory(&w, changes[i][0], changes[i][1]);
    ck_assert_uint_gt(refused, 30);
    ck_assert_str_eq(do_set("copy", ""), "{3, 14, 15, 16, 17, 30, 31}");
}
END_TEST

Suite *suite_set(void);
Suite *suite_set(void)
{
    Suite *suite = suite_create("set");
    TCase *tcase = tcase_create("set");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, as_python);
    tcase_add_test(tcase, init_takes_any_iterable);
    tcase_add_test(tcase, nan_members);
    tcase_add_test(tcase, scan_in_parts);
    tcase_add_test(tcase, many);
    tcase_add_test(tcase, nothing_half_done_without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
