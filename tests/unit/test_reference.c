/* SPDX-License-Identifier: BSD-2-Clause */
/* A reference to an object that does not exist is refused, whatever its number and wherever it
 * stands: one that came in would make a state that cannot be read back. */
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

/* Every operation that takes values; %s: the value. */
struct row {
    const char *op, *args;
    bool stores; /* else it only looks for the value */
};

static const struct row rows[] = {
    {"object.create", "name=new|type=dict|init={1: %s}", true},
    {"object.create", "name=new|type=list|init=[%s]", true},
    {"object.create", "name=new|type=namespace|init={a: %s}", true},
    {"object.create", "name=new|type=value|init=%s", true},
    {"object.create", "name=new|type=queue|init=[1, %s]", true},
    {"dict.set", "name=d|key=a|value=%s", true},
    {"dict.set", "name=d|key=new|value=%s", true},
    {"dict.del", "name=d|key=a|expect=%s", false},
    {"dict.get", "name=d|key=new|fallback=%s", false},
    {"dict.add", "name=d|key=new|value=%s", true},
    {"dict.pop", "name=d|key=new|fallback=%s", false},
    {"dict.setdefault", "name=d|key=new|value=%s", true},
    {"dict.update", "name=d|items={a: 1, b: %s}", true},
    {"dict.merge", "name=d|items={b: %s}", false},
    {"dict.fromkeys", "name=d|keys=[1]|value=%s", false},
    {"dict.incr", "name=d|key=a|by=%s", false},
    {"dict.cas", "name=d|key=a|new=%s|expect=1", true},
    {"dict.cas", "name=d|key=a|new=1|expect=%s", false},
    {"list.set", "name=l|index=0|value=%s", true},
    {"list.has", "name=l|value=%s", false},
    {"list.append", "name=l|value=%s", true},
    {"list.extend", "name=l|items=[1, %s]", true},
    {"list.insert", "name=l|index=0|value=%s", true},
    {"list.remove", "name=l|value=%s", false},
    {"list.index", "name=l|value=%s", false},
    {"list.count", "name=l|value=%s", false},
    {"list.set_slice", "name=l|start=0|stop=1|items=[%s, 5]", true},
    {"list.concat", "name=l|items=[%s]", false},
    {"namespace.get", "name=n|attr=new|fallback=%s", false},
    {"namespace.set", "name=n|attr=new|value=%s", true},
    {"namespace.incr", "name=n|attr=x|by=%s", false},
    {"value.set", "name=v|value=%s", true},
    {"value.add", "name=v|by=%s", false},
    {"value.cas", "name=v|expect=5|new=%s", true},
    {"value.cas", "name=v|expect=%s|new=1", false},
    {"value.swap", "name=v|value=%s", true},
    {"array.set", "name=a|index=0|value=%s", false},
    {"array.add", "name=a|index=0|by=%s", false},
    {"array.set_slice", "name=a|start=1|items=[%s]", false},
    {"queue.put", "name=q|value=%s", true},
    {"queue.put", "name=q_full|value=%s|wait_ms=100", true},
    {"queue.put_many", "name=q|items=[1, %s]", true},
    {"queue.put_many", "name=q_full|items=[%s]|wait_ms=100", true},
    {"pipe.send", "name=pipe|value=%s", true},
    {"pipe.send", "name=pipe_full|value=%s|wait_ms=100", true},
};

/* Keys and members must be hashable. */
static const struct row key_rows[] = {
    {"object.create", "name=new|type=dict|init={%s: 1}", true},
    {"object.create", "name=new|type=set|init=!!set {%s}", true},
    {"dict.get", "name=d|key=%s", false},
    {"dict.set", "name=d|key=%s|value=1", true},
    {"dict.del", "name=d|key=%s", false},
    {"dict.has", "name=d|key=%s", false},
    {"dict.add", "name=d|key=%s|value=1", true},
    {"dict.pop", "name=d|key=%s", false},
    {"dict.setdefault", "name=d|key=%s|value=1", true},
    {"dict.update", "name=d|items={%s: 1}", true},
    {"dict.merge", "name=d|items={%s: 1}", false},
    {"dict.fromkeys", "name=d|keys=[%s]", false},
    {"dict.incr", "name=d|key=%s", true},
    {"dict.cas", "name=d|key=%s|new=1|absent=1", true},
    {"dict.get_many", "name=d|keys=[%s]", false},
    {"dict.pop_many", "name=d|keys=[%s]", false},
    {"set.add", "name=s|value=%s", true},
    {"set.discard", "name=s|value=%s", false},
    {"set.remove", "name=s|value=%s", false},
    {"set.has", "name=s|value=%s", false},
    {"set.update", "name=s|items=[1, 2, %s]", true},
    {"set.union", "name=s|items=[%s]", false},
    {"set.difference", "name=s|items=[%s]", false},
    {"set.difference_update", "name=s|items=[%s]", false},
    {"set.intersection", "name=s|items=[%s]", false},
    {"set.intersection_update", "name=s|items=[%s]", false},
    {"set.symmetric_difference", "name=s|items=[%s]", false},
    {"set.symmetric_difference_update", "name=s|items=[%s]", true},
    {"set.rdifference", "name=s|items=[%s]", false},
    {"set.isdisjoint", "name=s|items=[%s]", false},
    {"set.issubset", "name=s|items=[%s]", false},
    {"set.issuperset", "name=s|items=[%s]", false},
    {"set.equals", "name=s|items=[%s]", false},
};

enum { ROWS = sizeof rows / sizeof rows[0], KEY_ROWS = sizeof key_rows / sizeof key_rows[0] };

/* No object has these numbers. */
static const char *const shapes[] = {
    "!ref 0",
    "!ref 18446744073709551615",
    "!tuple [1, !tuple [!ref 0]]",
    "!tuple [!ref l, !ref 0]",
    "!opaque {codec: c, data: !!binary aGk=, parts: !ref 0}",
    "[1, {a: [!ref 0]}]",
    "[!opaque {codec: c, data: !!binary aGk=, parts: [{x: !ref 0}]}]",
};

enum { SHAPES = sizeof shapes / sizeof shapes[0], HASHABLE = 4 };

static void prepare(struct world *w)
{
    static const char *const objects[] = {
        "name=l|type=list|init=[3]",
        "name=d|type=dict|init={a: 1}",
        "name=s|type=set|init=!!set {1}",
        "name=n|type=namespace|init={x: 1}",
        "name=v|type=value|init=5",
        "name=a|type=array|typecode=i|init=[1, 2]",
        "name=q|type=queue",
        "name=q_full|type=queue|init=[1]|maxsize=1",
        "name=pipe|type=pipe",
        "name=pipe_full|type=pipe|maxsize=1",
    };
    world_init(w, objects_handlers());
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
        must(call(w, 0, "object.create", objects[i])->result.kind == RESULT_VALUE);
    must(call(w, 0, "pipe.send", "name=pipe_full|value=1")->result.kind == RESULT_DONE);
}

/* The state as it is can be read back, and is the same then. */
static void must_read_back(struct world *w, const struct row *row, const char *shape)
{
    struct world again;
    struct buf state;
    reload_save(w->engine, &state);
    reload(w, buf_bytes(&state), &again);
    ck_assert_msg(strcmp(world_digest(w), world_digest(&again)) == 0, "%s %s: another state",
                  row->op, shape);
    buf_free(&state);
    world_free(&again);
}

static void try_row(const struct row *row, const char *shape)
{
    const char *at = strstr(row->args, "%s");
    struct world w;
    const struct seen *seen;
    char text[80];
    prepare(&w);
    snprintf(text, sizeof text, "%s", world_digest(&w));
    seen = callf(&w, 0, row->op, "%.*s%s%s", (int)(at - row->args), row->args, shape, at + 2);
    if (row->stores) {
        ck_assert_msg(seen != NULL && seen->result.kind == RESULT_ERROR &&
                          seen->result.code == ERR_NO_SUCH_OBJECT,
                      "%s %s %s: %s", row->op, row->args, shape, world_show(&w, seen));
        ck_assert_msg(strcmp(text, world_digest(&w)) == 0, "%s %s: left a trace", row->op, shape);
    }
    must_read_back(&w, row, shape);
    world_free(&w);
}

START_TEST(a_reference_to_nothing_is_refused)
{
    for (size_t i = 0; i < ROWS; i++)
        try_row(&rows[i], shapes[_i]);
    for (size_t i = 0; i < KEY_ROWS && _i < HASHABLE; i++)
        try_row(&key_rows[i], shapes[_i]);
}
END_TEST

static bool in_table(const struct op_row *op)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%s", op->type, op->method);
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].op, name) == 0)
            return true;
    for (size_t i = 0; i < KEY_ROWS; i++)
        if (strcmp(key_rows[i].op, name) == 0)
            return true;
    return false;
}

/* A place or a number; anything else there is an error of type. */
static bool counts(const struct arg_row *arg)
{
    static const char *const names[] = {"index", "start", "stop", "step", "times"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(arg->name, names[i]) == 0)
            return true;
    return arg->kind != ARG_VALUE;
}

START_TEST(no_operation_is_missing_above)
{
    for (const struct op_row *op = op_next(NULL); op != NULL; op = op_next(op)) {
        for (unsigned i = 0; i < op->arg_count; i++) {
            ck_assert_msg(counts(&op->args[i]) || in_table(op), "%s.%s takes a value", op->type,
                          op->method);
        }
    }
}
END_TEST

Suite *suite_reference(void);
Suite *suite_reference(void)
{
    Suite *suite = suite_create("reference");
    TCase *tc = tcase_create("reference");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_reference_to_nothing_is_refused, 0, SHAPES);
    tcase_add_test(tc, no_operation_is_missing_above);
    suite_add_tcase(suite, tc);
    return suite;
}
