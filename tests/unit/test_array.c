/* SPDX-License-Identifier: BSD-2-Clause */
/* array: as CPython in every type, pages, limits, without memory. */
#include <check.h>
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

struct array_row {
    const char *typecode, *init, *method, *args, *reply, *after;
};

static const struct array_row array_rows[] = {
#include "tests/support/array_rows.def"
};

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static const char *do_array(const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "array.%s", method);
    return call_show(&w, op, "a", args);
}

/* Makes it anew; the reply's text when it fails, else NULL. */
static const char *fresh(const char *typecode, const char *init)
{
    char args[1000];
    if (strcmp(call_show(&w, "object.exists", "a", ""), "True") == 0)
        call(&w, 0, "object.delete", "name=a");
    snprintf(args, sizeof args, "name=a|type=array%s%s%s%s",
             typecode == NULL ? "" : "|typecode=", typecode == NULL ? "" : typecode,
             init == NULL ? "" : "|init=", init == NULL ? "" : init);
    const struct seen *seen = call(&w, 0, "object.create", args);
    return seen->result.kind == RESULT_VALUE ? NULL : world_show(&w, seen);
}

START_TEST(as_cpython)
{
    for (size_t i = 0; i < sizeof array_rows / sizeof array_rows[0]; i++) {
        const struct array_row *row = &array_rows[i];
        ck_assert_ptr_null(fresh(row->typecode, row->init));
        const char *reply = do_array(row->method, row->args);
        ck_assert_msg(strcmp(reply, row->reply) == 0, "%s %s.%s %s: %s, not %s", row->typecode,
                      row->init, row->method, row->args, reply, row->reply);
        const char *after = do_array("copy", "");
        ck_assert_msg(strcmp(after, row->after) == 0, "%s %s.%s %s: becomes %s, not %s",
                      row->typecode, row->init, row->method, row->args, after, row->after);
    }
}
END_TEST

START_TEST(creating)
{
#define CODES "b, B, h, H, i, I, l, L, q, Q, f or d"
    static const struct {
        const char *typecode, *init, *said; /* NULL: it works */
    } rows[] = {
        {NULL, "[1]", "error VALUE: an array needs a type for its numbers: give --typecode " CODES},
        {"", "[1]", "error VALUE: an array needs a type for its numbers: give --typecode " CODES},
        {"u", NULL, "error VALUE: bad typecode (must be " CODES ")"},
        {"w", NULL, "error VALUE: bad typecode (must be " CODES ")"},
        {"ii", NULL, "error VALUE: bad typecode (must be " CODES ")"},
        {"i", "5", "error TYPE: 'int' object is not iterable"},
        {"i", "null", "error TYPE: 'NoneType' object is not iterable"},
        {"i", "abc", "error TYPE: cannot use a str to initialize an array with typecode 'i'"},
        {"i", "[1, x]", "error TYPE: 'str' object cannot be interpreted as an integer"},
        {"b", "[1, 300]", "error OVERFLOW: signed char is greater than maximum"},
        {"i", "!tuple [1, 2]", NULL},
        {"i", "{5: 6}", NULL},
        {"d", "!!set [1]", NULL},
        {"B", "!!binary AAH/", NULL},
        {"l", NULL, NULL},
        {"l", "[]", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *said = fresh(rows[i].typecode, rows[i].init);
        if (rows[i].said == NULL) {
            ck_assert_msg(said == NULL, "%s", said);
        } else {
            ck_assert_ptr_nonnull(said);
            ck_assert_str_eq(said, rows[i].said);
        }
    }
    ck_assert_str_eq(do_array("len", ""), "0");
}
END_TEST

START_TEST(if_absent_compares_the_type)
{
    fresh("i", "[1]");
    ck_assert_int_eq(
        call(&w, 0, "object.create", "name=a|type=array|typecode=i|if_absent=1")->result.kind,
        RESULT_VALUE);
    ck_assert_str_eq(
        world_show(&w, call(&w, 0, "object.create", "name=a|type=array|typecode=d|if_absent=1")),
        "error EXISTS: it exists and differs: typecode 'i', not 'd'");
    const char *info = call_show(&w, "object.info", "a", "");
    ck_assert_ptr_nonnull(strstr(info, "'typecode': 'i', 'itemsize': 4"));
    ck_assert_ptr_nonnull(strstr(info, "'length': 1"));
}
END_TEST

START_TEST(pages)
{
    fresh("h", "[0, 1, 2, 3, 4]");
    const struct seen *seen = call(&w, 0, "array.range", "name=a|start=1|limit=2");
    ck_assert_int_eq(seen->result.kind, RESULT_PAGE);
    ck_assert_uint_eq(seen->result.cursor.len, 8);
    ck_assert_uint_eq(seen->result.cursor.data[0], 3);
    ck_assert_str_eq(world_show(&w, seen), "[1, 2]");
    ck_assert_str_eq(do_array("range", "start=4"), "[4]");
    ck_assert_str_eq(do_array("range", "start=5"), "[]");
    ck_assert_str_eq(call_show(&w, "object.scan", "a", "limit=3"), "[0, 1, 2]");
}
END_TEST

/* A refused set_slice changes nothing; a growing one and a shrinking one keep what is around. */
START_TEST(grows_and_shrinks)
{
    char items[8000] = "items=[1";
    size_t len = strlen(items);
    for (int i = 2; i <= 1000; i++)
        len += (size_t)snprintf(items + len, sizeof items - len, ", %d", i);
    snprintf(items + len, sizeof items - len, "]|start=1|stop=1");
    fresh("q", "[-1, -2]");
    ck_assert_str_eq(do_array("set_slice", items), "done");
    ck_assert_str_eq(do_array("len", ""), "1002");
    ck_assert_str_eq(do_array("get", "index=0"), "-1");
    ck_assert_str_eq(do_array("get", "index=500"), "500");
    ck_assert_str_eq(do_array("get", "index=-1"), "-2");
    size_t large = world_usage(&w).bytes;
    ck_assert_str_eq(do_array("set_slice", "items=[]|start=1|stop=-1"), "done");
    ck_assert_str_eq(do_array("copy", ""), "[-1, -2]");
    ck_assert_uint_lt(world_usage(&w).bytes, large - 7000);
    ck_assert_str_eq(do_array("set_slice", "items=[]|start=1|stop=1"), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
}
END_TEST

START_TEST(without_memory)
{
    static const char *const rows[][2] = {
        {"array.set", "name=a|index=1|value=5"},
        {"array.add", "name=a|index=1"},
        {"array.set_slice", "name=a|items=[7, 8, 9, 10, 11]|start=1|stop=2"},
        {"array.set_slice", "name=a|items=[7, 8]|step=2"},
        {"array.slice", "name=a"},
        {"array.copy", "name=a"},
        {"array.range", "name=a"},
    };
    size_t refused = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh("d", "[1.5, 2.5, 3.5]");
        refused += call_without_memory(&w, rows[i][0], rows[i][1]);
    }
    ck_assert_uint_gt(refused, 5);
    refused = call_without_memory(&w, "object.create", "type=array|typecode=i|name=m|init=[1, 2]");
    ck_assert_uint_gt(refused, 2);
}
END_TEST

Suite *suite_array(void);

Suite *suite_array(void)
{
    Suite *suite = suite_create("array");
    TCase *tcase = tcase_create("array");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, as_cpython);
    tcase_add_test(tcase, creating);
    tcase_add_test(tcase, if_absent_compares_the_type);
    tcase_add_test(tcase, pages);
    tcase_add_test(tcase, grows_and_shrinks);
    tcase_add_test(tcase, without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
