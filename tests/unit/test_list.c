/* SPDX-License-Identifier: BSD-2-Clause */
/* list: as CPython, in its room at both ends, in limits and without memory. */
#include <check.h>
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "wire.pb-c.h"

struct list_row {
    const char *init, *method, *args, *reply, *after;
};

static const struct list_row list_rows[] = {
#include "tests/support/list_rows.def"
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

static const char *do_list(const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "list.%s", method);
    return call_show(&w, op, "l", args);
}

static void fresh(const char *init)
{
    if (strcmp(call_show(&w, "object.exists", "l", ""), "True") == 0)
        call(&w, 0, "object.delete", "name=l");
    const struct seen *seen = world_create(&w, "list", "l", init);
    ck_assert_int_eq(seen->result.kind, RESULT_VALUE);
}

START_TEST(as_cpython)
{
    for (size_t i = 0; i < sizeof list_rows / sizeof list_rows[0]; i++) {
        const struct list_row *row = &list_rows[i];
        fresh(row->init);
        const char *before = do_list("copy", "");
        w.applied.outcome = OUTCOME_NONE; /* a read leaves it as it is */
        const char *reply = do_list(row->method, row->args);
        enum outcome outcome = w.applied.outcome;
        bool sorting = strcmp(row->method, "sort") == 0 && strncmp(row->reply, "error", 5) == 0;
        /* which two meet first is not part of the promise */
        ck_assert_msg(sorting ? strncmp(reply, "error TYPE: '<' not", 19) == 0
                              : strcmp(reply, row->reply) == 0,
                      "%s.%s %s: %s, not %s", row->init, row->method, row->args, reply, row->reply);
        const char *after = do_list("copy", "");
        ck_assert_msg(strcmp(after, row->after) == 0, "%s.%s %s: becomes %s, not %s", row->init,
                      row->method, row->args, after, row->after);
        ck_assert_msg(strcmp(before, after) == 0 || outcome == OUTCOME_EFFECT, "%s.%s %s",
                      row->init, row->method, row->args);
        ck_assert_msg(strncmp(reply, "error", 5) != 0 || outcome != OUTCOME_EFFECT, "%s.%s %s",
                      row->init, row->method, row->args);
    }
}
END_TEST

START_TEST(init_takes_any_iterable)
{
    static const char *const rows[][2] = {
        {"!tuple [1, 2]", "[1, 2]"},
        {"\"h\\u00e9\"", "['h', '\u00e9']"},
        {"{1: 2, 3: 4}", "[1, 3]"},
        {"!!binary AAE=", "[0, 1]"},
        {"[]", "[]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh(rows[i][0]);
        ck_assert_str_eq(do_list("copy", ""), rows[i][1]);
    }
    ck_assert_str_eq(world_show(&w, world_create(&w, "list", "n", "5")),
                     "error TYPE: 'int' object is not iterable");
    ck_assert_str_eq(call_show(&w, "object.exists", "n", ""), "False");
}
END_TEST

/* What came to pass without effect is no command. */
START_TEST(nothing_to_do_is_no_effect)
{
    static const char *const rows[][3] = {
        {"[]", "clear", ""},
        {"[1]", "extend", "items=[]"},
        {"[1]", "reverse", ""},
        {"[1]", "sort", ""},
        {"[1]", "del_slice", "start=5"},
        {"[1]", "set_slice", "items=[]|start=5"},
        {"[1]", "multiply", "times=1"},
        {"[]", "multiply", "times=3"},
        {"[]", "pop", ""},
        {"[1]", "remove", "value=2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh(rows[i][0]);
        do_list(rows[i][1], rows[i][2]);
        ck_assert_msg(w.applied.outcome == OUTCOME_NONE, "%s %s", rows[i][0], rows[i][1]);
    }
    fresh("[1]");
    do_list("clear", "");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
}
END_TEST

/* Against a plain array: pushes and pops at both ends and in the middle. */
START_TEST(both_ends_and_the_middle)
{
    enum { MOST = 300, STEPS = 20000 };
    int model[MOST];
    size_t count = 0;
    unsigned seed = 12345;
    fresh(NULL);
    for (int step = 0; step < STEPS; step++) {
        char args[64];
        seed = seed * 1103515245U + 12345U;
        bool grow =
            count == 0 || (count < MOST && (seed >> 16) % 100 < (step / 1000 % 2 ? 30U : 70U));
        unsigned where = (seed >> 20) % 4;
        size_t at = where == 0 ? 0 : where == 1 ? (count > 0 ? (seed >> 8) % count : 0) : count;
        if (grow) {
            memmove(&model[at + 1], &model[at], (count - at) * sizeof model[0]);
            model[at] = step;
            count++;
            snprintf(args, sizeof args, "index=%zu|value=%d", at, step);
            ck_assert_str_eq(do_list("insert", args), "done");
        } else {
            char gone[16];
            at -= at == count;
            snprintf(gone, sizeof gone, "%d", model[at]);
            memmove(&model[at], &model[at + 1], (count - at - 1) * sizeof model[0]);
            count--;
            snprintf(args, sizeof args, "index=%zu", at);
            ck_assert_str_eq(do_list("pop", args), gone);
        }
        if (step % 500 == 0) {
            char text[MOST * 8] = "[";
            size_t len = 1;
            for (size_t i = 0; i < count; i++) {
                len += (size_t)snprintf(text + len, sizeof text - len, "%s%d", i == 0 ? "" : ", ",
                                        model[i]);
            }
            snprintf(text + len, sizeof text - len, "]");
            ck_assert_str_eq(do_list("copy", ""), text);
        }
    }
}
END_TEST

/* A queue that never gets long does not grow, and memory comes back. */
START_TEST(memory_stays_bounded)
{
    size_t empty = 0;
    fresh(NULL);
    for (int i = 0; i < 5000; i++) {
        if (i == 50)
            empty = world_usage(&w).bytes; /* all slots of the session are in use */
        do_list("append", "value=1");
        do_list("append", "value=2");
        ck_assert_str_eq(do_list("pop", "index=0"), "1");
        ck_assert_str_eq(do_list("pop", ""), "2");
        do_list("clear", "");
        while (engine_reclaim(w.engine, 100)) {
        }
    }
    ck_assert_uint_eq(world_usage(&w).bytes, empty);
    for (int i = 0; i < 1000; i++)
        do_list("append", "value=7");
    for (int i = 0; i < 1000; i++)
        do_list("pop", i % 2 ? "index=0" : "");
    ck_assert_uint_lt(world_usage(&w).bytes, empty + 2000);
}
END_TEST

START_TEST(pages)
{
    fresh("[0, 1, 2, 3, 4]");
    const struct seen *seen = call(&w, 0, "list.range", "name=l|start=1|limit=2");
    ck_assert_int_eq(seen->result.kind, RESULT_PAGE);
    ck_assert_uint_eq(seen->result.cursor.len, 8);
    ck_assert_uint_eq(seen->result.cursor.data[0], 3);
    ck_assert_str_eq(world_show(&w, seen), "[1, 2]");
    seen = call(&w, 0, "list.range", "name=l|start=3|limit=9");
    ck_assert_uint_eq(seen->result.cursor.len, 0);
    ck_assert_str_eq(world_show(&w, seen), "[3, 4]");
    ck_assert_str_eq(do_list("range", "start=99"), "[]");
    ck_assert_str_eq(do_list("range", "start=18446744073709551615|limit=18446744073709551615"),
                     "[]");
    ck_assert_str_eq(do_list("range", "limit=0"), "error VALUE: limit must be at least 1");
    ck_assert_str_eq(call_show(&w, "object.scan", "l", "cursor=xyz"),
                     "error VALUE: the cursor is not one of this object");
    ck_assert_str_eq(call_show(&w, "object.scan", "l", "limit=2"), "[0, 1]");
}
END_TEST

/* Fills l with count strings of len bytes. */
static void fill(size_t count, size_t len)
{
    char args[5000];
    snprintf(args, sizeof args, "value=\"%0*d\"", (int)len, 7);
    fresh(NULL);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(do_list("append", args), "done");
}

START_TEST(too_large_for_a_frame)
{
    fill(4200, 4000); /* 16.8 MB */
    static const char *const methods[][2] = {
        {"copy", ""},           {"reversed", ""},      {"slice", ""},
        {"concat", "items=[]"}, {"repeat", "times=1"},
    };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        const char *reply = do_list(methods[i][0], methods[i][1]);
        ck_assert_msg(strncmp(reply, "error TOO_LARGE: ", 17) == 0, "%s", reply);
        ck_assert_ptr_nonnull(strstr(reply, "range"));
    }
    ck_assert_str_eq(do_list("repeat", "times=0"), "[]");
    const struct seen *seen = call(&w, 0, "list.range", "name=l");
    ck_assert_int_eq(seen->result.kind, RESULT_PAGE);
    ck_assert_uint_gt(seen->result.value.len, 1 << 19);
    ck_assert_uint_lt(seen->result.value.len, 1 << 21);
    ck_assert_uint_eq(seen->result.cursor.len, 8);
    fresh("[1]");
    const char *reply = do_list("repeat", "times=9223372036854775807");
    ck_assert_msg(strncmp(reply, "error TOO_LARGE: ", 17) == 0, "%s", reply);
    reply = do_list("repeat", "times=10000000"); /* 40 MB */
    ck_assert_msg(strncmp(reply, "error TOO_LARGE: ", 17) == 0, "%s", reply);
    reply = do_list("multiply", "times=9223372036854775807");
    ck_assert_msg(strncmp(reply, "error LIMIT: ", 13) == 0, "%s", reply);
}
END_TEST

static size_t growth(const char *init, const char *times)
{
    Wire__ListMultiply in = WIRE__LIST_MULTIPLY__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    fresh(init);
    in.has_name = true, in.name = world_text("l");
    in.has_times = true, in.times = world_lit(&w, times);
    request.op_case = WIRE__REQUEST__OP_LIST_MULTIPLY;
    request.list_multiply = &in;
    return engine_growth(w.engine, &(struct command){.request = &request});
}

START_TEST(growth_is_told_beforehand)
{
    ck_assert_uint_eq(growth("[1, 2]", "1"), 0);
    ck_assert_uint_eq(growth("[1, 2]", "-5"), 0);
    ck_assert_uint_gt(growth("[1, 2]", "3"), 4 * 40);
    ck_assert_uint_gt(growth("[1]", "1000001"), 40000000);
    ck_assert_uint_eq(growth("[1, 2]", "9223372036854775807"), SIZE_MAX / 2);
    fill(1, 4000); /* times 2^29: fewer items than the limit, more bytes than memory */
    ck_assert_str_eq(do_list("multiply", "times=536870912"),
                     "error LIMIT: the list would be larger than the daemon's memory");
    ck_assert_str_eq(do_list("len", ""), "1");
}
END_TEST

START_TEST(without_memory)
{
    static const char *const rows[][2] = {
        {"list.append",
         "name=l|value=\"a long string that needs memory of its own, and more of it\""},
        {"list.insert", "name=l|index=1|value=[1, 2, 3]"},
        {"list.set", "name=l|index=1|value=\"x\""},
        {"list.extend", "name=l|items=\"abcdefgh\""},
        {"list.extend", "name=l|items=[1, 2, 3, 4, 5, 6, 7, 8, 9]"},
        {"list.set_slice", "name=l|items=[7, 8, 9]|start=1|stop=2"},
        {"list.set_slice", "name=l|items=[7]|stop=2"},
        {"list.set_slice", "name=l|items=[7, 8]|step=2|stop=4"},
        {"list.multiply", "name=l|times=3"},
        {"list.sort", "name=l"},
        {"list.reverse", "name=l"},
        {"list.pop", "name=l|index=0"},
        {"list.copy", "name=l"},
        {"list.range", "name=l"},
        {"list.del_slice", "name=l|start=1|stop=3"},
    };
    size_t refused = 0;
    fresh("[[1, 2], [0], [3, 4, 5], [2, \"a string that is longer than what fits in a reply at "
          "once\"]]");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh("[[1, 2], [0], [3, 4, 5], [2, \"a string that is longer than what fits in a reply "
              "at once, so that it takes memory\"]]");
        refused += call_without_memory(&w, rows[i][0], rows[i][1]);
    }
    ck_assert_uint_gt(refused, 20);
    size_t creating = call_without_memory(&w, "object.create", "type=list|name=m|init=[1, 2, [3]]");
    ck_assert_uint_gt(creating, 5);
}
END_TEST

/* Refs are counted wherever they come in and go out. */
START_TEST(references)
{
    static const struct {
        const char *method, *args;
        unsigned refs;
    } rows[] = {
        {"append", "value=!ref t", 1},
        {"insert", "index=0|value=[!ref t, 1, !ref t]", 3},
        {"set", "index=1|value=2", 2},
        {"extend", "items=[!ref t, 5]", 3},
        {"set_slice", "items=[!ref t]|start=0|stop=1", 2},
        {"multiply", "times=3", 6},
        {"reverse", "", 6},
        {"set_slice", "items=[0, 0]|start=0|stop=2", 5},
        {"pop", "index=3", 4},
        {"del_slice", "step=3", 3},
        {"clear", "", 0},
        {"extend", "items={1: !ref t}", 0},
    };
    world_create(&w, "list", "t", NULL);
    fresh(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *reply = do_list(rows[i].method, rows[i].args);
        char wanted[40];
        ck_assert_msg(strncmp(reply, "error", 5) != 0, "%s: %s", rows[i].method, reply);
        snprintf(wanted, sizeof wanted, "'references_in': %u,", rows[i].refs);
        const char *info = call_show(&w, "object.info", "t", "");
        ck_assert_msg(strstr(info, wanted) != NULL, "after %s: not %s %s", rows[i].method, wanted,
                      info);
        snprintf(wanted, sizeof wanted, "'references_out': %u,", rows[i].refs > 0);
        ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "l", ""), wanted));
    }
    do_list("append", "value=!ref t");
    size_t refused = call_without_memory(&w, "list.extend", "name=l|items=[!ref t, !ref l]");
    ck_assert_uint_gt(refused, 2);
    call(&w, 0, "object.delete", "name=t");
    ck_assert_str_eq(do_list("multiply", "times=2"), "done"); /* dead ones stay what they are */
    ck_assert_str_eq(do_list("len", ""), "8");
    ck_assert_str_eq(do_list("clear", ""), "done");
}
END_TEST

Suite *suite_list(void);

Suite *suite_list(void)
{
    Suite *suite = suite_create("list");
    TCase *tcase = tcase_create("list");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, as_cpython);
    tcase_add_test(tcase, init_takes_any_iterable);
    tcase_add_test(tcase, nothing_to_do_is_no_effect);
    tcase_add_test(tcase, both_ends_and_the_middle);
    tcase_add_test(tcase, memory_stays_bounded);
    tcase_add_test(tcase, pages);
    tcase_add_test(tcase, too_large_for_a_frame);
    tcase_add_test(tcase, growth_is_told_beforehand);
    tcase_add_test(tcase, without_memory);
    tcase_add_test(tcase, references);
    suite_add_tcase(suite, tcase);
    return suite;
}
