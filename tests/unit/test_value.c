/* SPDX-License-Identifier: BSD-2-Clause */
/* value: one value, changed as a whole. */
#include <check.h>
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

/* In order: one value goes through all of them. */
START_TEST(operations)
{
    static const struct {
        const char *op, *args, *reply;
        enum outcome outcome;
    } rows[] = {
        {"value.get", "", "None", OUTCOME_NONE},
        {"value.set", "value=5", "done", OUTCOME_EFFECT},
        {"value.get", "", "5", OUTCOME_NONE},
        {"value.add", "by=2", "7", OUTCOME_EFFECT},
        {"value.add", "by=0.5", "7.5", OUTCOME_EFFECT},
        {"value.add", "by=x", "error TYPE: unsupported operand type(s) for +: 'float' and 'str'",
         OUTCOME_NONE},
        {"value.get", "", "7.5", OUTCOME_NONE},
        {"value.cas", "expect=7|new=1", "False", OUTCOME_NONE},
        {"value.cas", "expect=7.5|new=1", "True", OUTCOME_EFFECT},
        {"value.cas", "expect=true|new=[1, 2]", "True", OUTCOME_EFFECT},
        {"value.swap", "value={a: 1}", "[1, 2]", OUTCOME_EFFECT},
        {"value.cas", "expect={a: 1.0}|new=null", "True", OUTCOME_EFFECT},
        {"value.get", "", "None", OUTCOME_NONE},
        {"value.set", "value=.nan", "done", OUTCOME_EFFECT},
        {"value.cas", "expect=.nan|new=1", "False", OUTCOME_NONE},
        {"value.set", "value=9223372036854775807", "done", OUTCOME_EFFECT},
    };
    world_create(&w, "value", "v", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w.applied.outcome = OUTCOME_NONE;
        ck_assert_str_eq(call_show(&w, rows[i].op, "v", rows[i].args), rows[i].reply);
        ck_assert_msg(w.applied.outcome == rows[i].outcome, "%s %s", rows[i].op, rows[i].args);
    }
    const char *reply = call_show(&w, "value.add", "v", "by=1");
    ck_assert_msg(strncmp(reply, "error OVERFLOW: ", 16) == 0, "%s", reply);
    ck_assert_str_eq(call_show(&w, "value.get", "v", ""), "9223372036854775807");
}
END_TEST

START_TEST(any_content)
{
    world_create(&w, "value", "v", "[1, {a: b}]");
    ck_assert_str_eq(call_show(&w, "value.get", "v", ""), "[1, {'a': 'b'}]");
    ck_assert_str_eq(call_show(&w, "object.scan", "v", ""), "[[1, {'a': 'b'}]]");
    ck_assert_str_eq(call_show(&w, "object.scan", "v", "cursor=x"),
                     "error VALUE: the cursor is not one of this object");
    ck_assert_str_eq(world_show(&w, call(&w, 0, "object.create", "name=u|type=value|typecode=i")),
                     "error VALUE: an object of type value has no typecode");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "v", ""), "'length': None"));
}
END_TEST

START_TEST(references)
{
    world_create(&w, "list", "t", NULL);
    world_create(&w, "value", "v", NULL);
    call(&w, 0, "value.set", "name=v|value=[!ref t, !ref t]");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "t", ""), "'references_in': 2"));
    call(&w, 0, "value.swap", "name=v|value=!ref t");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "t", ""), "'references_in': 1"));
    call(&w, 0, "value.set", "name=v|value=1");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "t", ""), "'references_in': 0"));
}
END_TEST

#define LONG "\"a text that is so long that neither a slot nor a small block can hold what it is\""

START_TEST(without_memory)
{
    static const char *const rows[][2] = {
        {"value.set", "name=v|value=[1, !ref t]"},  {"value.swap", "name=v|value=" LONG},
        {"value.swap", "name=v|value=1"},           {"value.add", "name=v|by=1"},
        {"value.cas", "name=v|expect=2|new=" LONG}, {"value.get", "name=v"},
    };
    size_t refused = 0;
    world_create(&w, "list", "t", NULL);
    world_create(&w, "value", "v", LONG);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused += call_without_memory(&w, rows[i][0], rows[i][1]);
    ck_assert_uint_gt(refused, 5);
}
END_TEST

Suite *suite_value(void);

Suite *suite_value(void)
{
    Suite *suite = suite_create("value");
    TCase *tcase = tcase_create("value");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, operations);
    tcase_add_test(tcase, any_content);
    tcase_add_test(tcase, references);
    tcase_add_test(tcase, without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
