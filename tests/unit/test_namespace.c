/* SPDX-License-Identifier: BSD-2-Clause */
/* namespace: attributes as Python's Namespace has them. */
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

static const char *do_namespace(const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "namespace.%s", method);
    return call_show(&w, op, "n", args);
}

static void fresh(const char *init)
{
    if (strcmp(call_show(&w, "object.exists", "n", ""), "True") == 0)
        call(&w, 0, "object.delete", "name=n");
    ck_assert_int_eq(world_create(&w, "namespace", "n", init)->result.kind, RESULT_VALUE);
}

struct row {
    const char *method, *args, *reply, *after; /* after NULL: unchanged, without effect */
};

/* All begin with b = 1, a = 'x'. */
static const struct row rows[] = {
    {"get", "attr=b", "1", NULL},
    {"get", "attr=c", "error ATTRIBUTE: 'Namespace' object has no attribute 'c'", NULL},
    {"get", "attr=c|fallback=[]", "[]", NULL},
    {"get", "attr=_b", "error ATTRIBUTE: 'Namespace' object has no attribute '_b'", NULL},
    {"get", "attr=", "error TYPE: missing argument 'attr'", NULL},
    {"get", "attr=\xff\xfe", "error INVALID: attr is not UTF-8", NULL},
    {"set", "attr=b|value=2", "done", "{'a': 'x', 'b': 2}"},
    {"set", "attr=\xc3\xa9|value=2", "done", "{'a': 'x', 'b': 1, '\xc3\xa9': 2}"},
    {"set", "attr=aa|value=2", "done", "{'a': 'x', 'aa': 2, 'b': 1}"},
    {"set", "attr=_b|value=2", "error VALUE: names that start with '_' stay local to a client",
     NULL},
    {"set", "attr=b\xc3|value=2", "error INVALID: attr is not UTF-8", NULL},
    {"del", "attr=b", "done", "{'a': 'x'}"},
    {"del", "attr=c", "error ATTRIBUTE: 'Namespace' object has no attribute 'c'", NULL},
    {"del", "attr=_c", "error ATTRIBUTE: 'Namespace' object has no attribute '_c'", NULL},
    {"has", "attr=a", "True", NULL},
    {"has", "attr=_a", "False", NULL},
    {"has", "attr=c", "False", NULL},
    {"len", "", "2", NULL},
    {"items", "", "{'a': 'x', 'b': 1}", NULL},
    {"incr", "attr=b", "2", "{'a': 'x', 'b': 2}"},
    {"incr", "attr=c|by=0.5", "0.5", "{'a': 'x', 'b': 1, 'c': 0.5}"},
    {"incr", "attr=a", "error TYPE: unsupported operand type(s) for +: 'str' and 'int'", NULL},
    {"incr", "attr=_a", "error VALUE: names that start with '_' stay local to a client", NULL},
};

START_TEST(as_python)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        fresh("{b: 1, a: x}");
        const char *before = do_namespace("items", "");
        const char *digest = world_digest(&w);
        const char *reply = do_namespace(row->method, row->args);
        ck_assert_msg(strcmp(reply, row->reply) == 0, "%s %s: %s, not %s", row->method, row->args,
                      reply, row->reply);
        const char *after = do_namespace("items", "");
        ck_assert_str_eq(after, row->after == NULL ? before : row->after);
        if (row->after == NULL)
            ck_assert_msg(strcmp(world_digest(&w), digest) == 0, "%s %s: had an effect",
                          row->method, row->args);
    }
}
END_TEST

START_TEST(init_is_a_dict_of_names)
{
    static const char *const bad[][2] = {
        {"[1]", "error TYPE: a namespace starts with a dict, not with 'list'"},
        {"{1: 2}", "error TYPE: attribute names are str, not 'int'"},
        {"{a: 1, _b: 2}", "error VALUE: names that start with '_' stay local to a client"},
        {"{'': 2}", "error VALUE: an attribute name cannot be empty"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_str_eq(world_show(&w, world_create(&w, "namespace", "n", bad[i][0])), bad[i][1]);
        ck_assert_str_eq(call_show(&w, "object.exists", "n", ""), "False");
    }
    fresh(NULL);
    ck_assert_str_eq(do_namespace("items", ""), "{}");
    ck_assert_str_eq(call_show(&w, "object.scan", "n", ""), "{}");
}
END_TEST

START_TEST(nothing_half_done_without_memory)
{
    static const char *const changes[][2] = {
        {"namespace.set", "name=n|attr=new|value=[1, 2, 3]"},
        {"namespace.incr", "name=n|attr=b"},
        {"namespace.incr", "name=n|attr=fresh"},
        {"namespace.get", "name=n|attr=b"},
        {"namespace.items", "name=n"},
        {"namespace.del", "name=n|attr=b"},
        {"object.create", "name=e|type=namespace|init={x: 1, y: 2}"},
    };
    size_t refused = 0;
    fresh("{b: 1, a: x}");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        refused += call_without_memory(&w, changes[i][0], changes[i][1]);
    ck_assert_uint_gt(refused, 12);
    ck_assert_str_eq(do_namespace("items", ""), "{'a': 'x', 'fresh': 1, 'new': [1, 2, 3]}");
}
END_TEST

Suite *suite_namespace(void);
Suite *suite_namespace(void)
{
    Suite *suite = suite_create("namespace");
    TCase *tcase = tcase_create("namespace");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, as_python);
    tcase_add_test(tcase, init_is_a_dict_of_names);
    tcase_add_test(tcase, nothing_half_done_without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
