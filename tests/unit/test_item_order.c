/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of items by priority: Python's where it has one, total, and never with new memory. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/objects/handlers.h"
#include "daemon/objects/queue/item_tree.h"
#include "tests/support/alloc.h"
#include "tests/support/must.h"
#include "tests/support/queue_kit.h"
#include "tests/support/randval.h"
#include "tests/support/rebuild.h"

enum { VALUES = 160 };

static int values_order(struct bytes a, struct bytes b)
{
    struct val_budget none = {.left = UINT64_MAX};
    return item_values_order(a, b, &none);
}

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

/* In order, each before all that follow. */
static const char *const ranked[] = {
    "null",
    "-.inf",
    "-100000000000000000000000",
    "-1",
    "false",
    "0.5",
    "true",
    "9007199254740993",
    "1.0e+20",
    "100000000000000000000000",
    ".inf",
    ".nan",
    "''",
    "'1'",
    "'a'",
    "'aa'",
    "'b'",
    "!!binary YQ==",
    "!!binary YWE=",
    "!tuple []",
    "!tuple [1]",
    "!tuple [1, {a: 1}]",
    "!tuple [1, {a: 1}, 1]",
    "!tuple [1.5]",
    "!tuple [a]",
    "[]",
    "[[1], 2]",
    "[[1], x]",
    "[[1, 0]]",
    "!!set {}",
    "!frozenset [5]",
    "!!set {4, 5}",
    "{}",
    "{a: 1}",
    "{a: 1, b: 2}",
};

START_TEST(what_stands_before_what)
{
    enum { COUNT = sizeof ranked / sizeof ranked[0] };
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned j = 0; j < COUNT; j++) {
            ProtobufCBinaryData a = world_lit(&w, ranked[i]), b = world_lit(&w, ranked[j]);
            int order = values_order(bytes_of(a.data, a.len), bytes_of(b.data, b.len));
            ck_assert_msg(sign(order) == (i > j) - (i < j), "%s, %s: %d", ranked[i], ranked[j],
                          order);
        }
    }
}
END_TEST

/* Equal ones do not differ, whatever stands around them. */
START_TEST(equal_values_go_by_age)
{
    static const char *const pairs[][2] = {
        {"1", "1.0"},
        {"true", "1"},
        {"!!set {1, 2, !tuple [3]}", "!frozenset [!tuple [3], 2.0, true]"},
        {"!tuple [!!set {1, 2}, 1]", "!tuple [!!set {2, 1}, 1]"},
        {"{a: [1, {b: 2, c: 3}], d: 4}", "{d: 4.0, a: [true, {c: 3, b: 2}]}"},
    };
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        static const char *const frames[][2] = {
            {"", ""}, {"[", "]"}, {"!tuple [1, ", "]"}, {"{k: ", "}"}};
        for (unsigned j = 0; j < 4; j++) {
            char text[2][128];
            snprintf(text[0], sizeof text[0], "%s%s%s", frames[j][0], pairs[i][0], frames[j][1]);
            snprintf(text[1], sizeof text[1], "%s%s%s", frames[j][0], pairs[i][1], frames[j][1]);
            ProtobufCBinaryData a = world_lit(&w, text[0]), b = world_lit(&w, text[1]);
            ck_assert_msg(values_order(bytes_of(a.data, a.len), bytes_of(b.data, b.len)) == 0,
                          "%s, %s", text[0], text[1]);
        }
    }
}
END_TEST

START_TEST(it_is_pythons_order_where_there_is_one)
{
    uint64_t seed = 11;
    unsigned told = 0;
    for (unsigned i = 0; i < 60000; i++) {
        struct buf a, b;
        enum val_kind x, y;
        buf_init(&a);
        buf_init(&b);
        randval(&a, &seed, (int)(i % 4));
        if (i % 5 == 0)
            rebuild_reversed(&b, buf_bytes(&a));
        else
            randval(&b, &seed, (int)(i % 4));
        enum val_order order = val_compare(buf_bytes(&a), buf_bytes(&b), &x, &y);
        if (order == VAL_LESS || order == VAL_EQUAL || order == VAL_GREATER) {
            must(sign(values_order(buf_bytes(&a), buf_bytes(&b))) == (int)order);
            told++;
        }
        buf_free(&a);
        buf_free(&b);
    }
    ck_assert_uint_gt(told, 10000);
}
END_TEST

START_TEST(it_is_transitive_and_takes_no_memory)
{
    static struct buf values[VALUES];
    static int order[VALUES][VALUES];
    uint64_t seed = 21 + (uint64_t)_i;
    for (unsigned i = 0; i < VALUES; i++) {
        buf_init(&values[i]);
        randval(&values[i], &seed, (int)(i % 4));
    }
    alloc_fail_at(0);
    for (unsigned i = 0; i < VALUES; i++)
        for (unsigned j = 0; j < VALUES; j++)
            order[i][j] = sign(values_order(buf_bytes(&values[i]), buf_bytes(&values[j])));
    size_t taken = alloc_count();
    ck_assert_uint_eq(taken, 0);
    for (unsigned i = 0; i < VALUES; i++) {
        must(order[i][i] == 0);
        for (unsigned j = 0; j < VALUES; j++) {
            must(order[i][j] == -order[j][i]);
            for (unsigned k = 0; k < VALUES; k++) {
                must(order[i][j] > 0 || order[j][k] > 0 ||
                     order[i][k] == (order[i][j] < 0 || order[j][k] < 0 ? -1 : 0));
            }
        }
        buf_free(&values[i]);
    }
}
END_TEST

/* ---- queues ---- */

/* Each was put while the others were lent, so that none met another; they come back in any turn. */
START_TEST(what_comes_together_has_one_order)
{
    static const char *const values[] = {"x", ".nan", "1", "null", "[1]", "2", "{a: 1}", "0"};
    enum { COUNT = sizeof values / sizeof values[0] };
    for (uint64_t seed = 1; seed < 60; seed++) {
        uint64_t state = seed;
        unsigned long long tokens[COUNT];
        ask(&w, 0, "object.create", "type=queue|name=q|kind=priority");
        for (unsigned i = 0; i < COUNT; i++) {
            ck_assert_str_eq(ask(&w, 0, "queue.put", "name=q|value=%s", values[i]), "done");
            ask(&w, 0, "queue.get", "name=q|reserve=1");
            tokens[i] = kit_token();
        }
        for (unsigned left = COUNT; left > 0; left--) {
            unsigned at = (unsigned)randval_below(&state, left);
            ck_assert_str_eq(ask(&w, 0, "queue.nack", "name=q|token=%llu", tokens[at]), "done");
            tokens[at] = tokens[left - 1];
        }
        ck_assert_str_eq(kit_items(&w, "q", 3), "[None, 0, 1][2, nan, 'x'][[1], {'a': 1}]");
        ck_assert_str_eq(ask(&w, 0, "object.delete", "name=q"), "done");
    }
}
END_TEST

START_TEST(an_end_takes_no_memory_to_order_what_comes_back)
{
    ask(&w, 0, "object.create", "type=queue|name=q|kind=priority");
    ask(&w, 0, "queue.put", "name=q|value=!frozenset [1, 2]");
    ask(&w, 0, "queue.put", "name=q|value=!frozenset [1]");
    ask(&w, 0, "queue.put", "name=q|value=!frozenset [2]");
    static char before[256];
    snprintf(before, sizeof before, "%s", kit_items(&w, "q", 1));
    ask(&w, 1, "queue.get", "name=q|reserve=1");
    ask(&w, 2, "queue.get", "name=q");
    struct command end = {.kind = COMMAND_SESSION_END,
                          .now_ms = w.now_ms,
                          .sessions = &w.clients[1].session,
                          .session_count = 1,
                          .code = ERR_SESSION_LOST,
                          .give_back = true};
    alloc_fail_at(1);
    struct applied applied = engine_apply(w.engine, &end, NULL);
    alloc_fail_never();
    ck_assert_uint_eq(alloc_count(), 0);
    ck_assert_int_eq(applied.outcome, OUTCOME_EFFECT);
    w.clients[1].session = 0;
    world_end(&w, 2);
    ck_assert_str_eq(kit_items(&w, "q", 1), before);
    ck_assert_ptr_nonnull(strstr(before, "[frozenset({1, 2})]"));
    ck_assert_str_eq(strstr(before, "[frozenset({1, 2})]"), "[frozenset({1, 2})]"); /* last */
}
END_TEST

Suite *suite_item_order(void);
Suite *suite_item_order(void)
{
    Suite *suite = suite_create("item_order");
    TCase *tests = tcase_create("item_order");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_stands_before_what);
    tcase_add_test(tests, equal_values_go_by_age);
    tcase_add_test(tests, it_is_pythons_order_where_there_is_one);
    tcase_add_loop_test(tests, it_is_transitive_and_takes_no_memory, 0, 3);
    tcase_add_test(tests, what_comes_together_has_one_order);
    tcase_add_test(tests, an_end_takes_no_memory_to_order_what_comes_back);
    suite_add_tcase(suite, tests);
    return suite;
}
