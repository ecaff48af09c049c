/* SPDX-License-Identifier: BSD-2-Clause */
/* Every operation with every allocation failing in turn: refused without a trace, then done. */
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

#define LONG "a text that is longer than what the slot of a session keeps without taking memory"

/* The operation, its arguments, what it answers when there is memory (NULL: not looked at). */
struct row {
    const char *op, *args, *answer;
};

static const struct row rows[] = {
    {"object.create", "name=new|type=dict|init={a: !ref l, b: [1]}", NULL},
    {"object.create", "name=new|type=list|init=[!ref d, '" LONG "']", NULL},
    {"object.create", "name=new|type=set|init=!!set {!ref d, 1}", NULL},
    {"object.create", "name=new|type=namespace|init={a: !ref l}", NULL},
    {"object.create", "name=new|type=value|init=[!ref l]|ttl_ms=5", NULL},
    {"object.create", "name=new|type=array|typecode=i|init=[1, 2]", NULL},
    {"object.create", "type=list", NULL},
    {"object.delete", "name=d", "done"},
    {"object.ls", "", NULL},
    {"object.ls", "long=1", NULL},
    {"object.info", "name=l", NULL},
    {"object.exists", "name=l", "True"},
    {"object.scan", "name=d", NULL},
    {"object.changed", "name=l|wait_ms=100", "waits"},
    {"object.hold", "name=l", "done"},
    {"object.drop", "name=held", "done"},
    {"object.waits", "", NULL},
    {"dict.get", "name=d|key=a", "1"},
    {"dict.set", "name=d|key=new|value=[!ref l, '" LONG "']", "done"},
    {"dict.set", "name=d|key=a|value=!ref l", "done"},
    {"dict.del", "name=d|key=a|expect=1", "done"},
    {"dict.has", "name=d|key=[1]", NULL},
    {"dict.len", "name=d", "3"},
    {"dict.add", "name=d|key=new|value=1", "True"},
    {"dict.pop", "name=d|key=long", "'" LONG "'"},
    {"dict.popitem", "name=d", "('long', '" LONG "')"},
    {"dict.setdefault", "name=d|key=new|value='" LONG "'", "'" LONG "'"},
    {"dict.update", "name=d|items={a: !ref l, x: 1, y: 2}", "done"},
    {"dict.clear", "name=d", "done"},
    {"dict.copy", "name=d", NULL},
    {"dict.keys", "name=d", "['a', 'b', 'long']"},
    {"dict.values", "name=d", NULL},
    {"dict.items", "name=d", NULL},
    {"dict.reversed", "name=d", "['long', 'b', 'a']"},
    {"dict.merge", "name=d|items={c: 1}", NULL},
    {"dict.fromkeys", "name=d|keys=[1, 2]", "{1: None, 2: None}"},
    {"dict.incr", "name=d|key=a|by=2", "3"},
    {"dict.cas", "name=d|key=a|new='" LONG "'|expect=1", "True"},
    {"dict.get_many", "name=d|keys=[a, b, x]", "{'a': 1, 'b': 2}"},
    {"dict.scan", "name=d", NULL},
    {"list.get", "name=l|index=0", "3"},
    {"list.set", "name=l|index=0|value=[!ref d]", "done"},
    {"list.del", "name=l|index=0", "done"},
    {"list.has", "name=l|value={a: {b: c}}", "False"},
    {"list.len", "name=l", "4"},
    {"list.append", "name=l|value=!ref d", "done"},
    {"list.extend", "name=l|items=[1, !ref d, '" LONG "']", "done"},
    {"list.insert", "name=l|index=0|value=1", "done"},
    {"list.pop", "name=l", "'" LONG "'"},
    {"list.remove", "name=l|value=1", "done"},
    {"list.index", "name=l|value=1", "1"},
    {"list.count", "name=l|value=1", "1"},
    {"list.reverse", "name=l", "done"},
    {"list.sort", "name=numbers", "done"},
    {"list.clear", "name=l", "done"},
    {"list.copy", "name=l", NULL},
    {"list.slice", "name=l|start=1|stop=3", "[1, 2]"},
    {"list.set_slice", "name=l|start=0|stop=1|items=[!ref d, 5, 6]", "done"},
    {"list.del_slice", "name=l|start=0|step=2", "done"},
    {"list.range", "name=l|start=0|limit=2", NULL},
    {"list.concat", "name=l|items=[1]", NULL},
    {"list.repeat", "name=l|times=2", NULL},
    {"list.multiply", "name=l|times=3", "done"},
    {"list.reversed", "name=numbers", "[2, 1, 3]"},
    {"set.add", "name=s|value=!ref l", "done"},
    {"set.discard", "name=s|value=1", "done"},
    {"set.remove", "name=s|value=1", "done"},
    {"set.pop", "name=s", "'" LONG "'"},
    {"set.has", "name=s|value=!!set {1, 2}", "False"},
    {"set.len", "name=s", "3"},
    {"set.clear", "name=s", "done"},
    {"set.copy", "name=s", NULL},
    {"set.update", "name=s|items=[1, 2, 3, !ref l]", "done"},
    {"set.union", "name=s|items=[5]", NULL},
    {"set.difference", "name=s|items=[1]", NULL},
    {"set.difference_update", "name=s|items=[1]", "done"},
    {"set.intersection", "name=s|items=[1]", "{1}"},
    {"set.intersection_update", "name=s|items=[1]", "done"},
    {"set.symmetric_difference", "name=s|items=[1, 7]", NULL},
    {"set.symmetric_difference_update", "name=s|items=[1, !ref l]", "done"},
    {"set.rdifference", "name=s|items=[1, 7]", "{7}"},
    {"set.isdisjoint", "name=s|items=[1]", "False"},
    {"set.issubset", "name=s|items=[1]", "False"},
    {"set.issuperset", "name=s|items=[1]", "True"},
    {"set.equals", "name=s|items=[1]", "False"},
    {"set.scan", "name=s", NULL},
    {"namespace.get", "name=n|attr=x", "1"},
    {"namespace.set", "name=n|attr=new|value=!ref l", "done"},
    {"namespace.del", "name=n|attr=x", "done"},
    {"namespace.has", "name=n|attr=x", "True"},
    {"namespace.len", "name=n", "1"},
    {"namespace.items", "name=n", "{'x': 1}"},
    {"namespace.incr", "name=n|attr=x", "2"},
    {"value.get", "name=v", "5"},
    {"value.set", "name=v|value=[!ref l]", "done"},
    {"value.add", "name=v|by=1", "6"},
    {"value.cas", "name=v|expect=5|new=[!ref l]", "True"},
    {"value.swap", "name=v|value='" LONG "'", "5"},
    {"array.get", "name=a|index=0", "1"},
    {"array.set", "name=a|index=0|value=7", "done"},
    {"array.len", "name=a", "3"},
    {"array.add", "name=a|index=0", "2"},
    {"array.slice", "name=a|start=1", "[2, 3]"},
    {"array.set_slice", "name=a|start=1|items=[7, 8, 9, 10]", "done"},
    {"array.range", "name=a|start=0|limit=1", NULL},
    {"array.copy", "name=a", "[1, 2, 3]"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void prepare(struct world *w)
{
    world_init(w, objects_handlers());
    world_create(w, "dict", "d", "{a: 1, b: 2, long: '" LONG "'}");
    world_create(w, "list", "l", "[3, 1, 2, '" LONG "']");
    world_create(w, "list", "numbers", "[3, 1, 2]");
    world_create(w, "list", "held", NULL);
    world_create(w, "set", "s", "!!set {'" LONG "', 1, 2}");
    world_create(w, "namespace", "n", "{x: 1}");
    world_create(w, "value", "v", "5");
    call(w, 0, "object.create", "name=a|type=array|typecode=i|init=[1, 2, 3]");
    ck_assert_str_eq(world_show(w, call(w, 0, "object.hold", "name=held")), "done");
}

START_TEST(refused_without_a_trace_then_done)
{
    const struct row *row = &rows[_i];
    struct world failing, other;

    prepare(&failing);
    size_t refusals = call_without_memory(&failing, row->op, row->args);
    uint64_t after = engine_revision(failing.engine);

    prepare(&other);
    const char *answer = world_show(&other, call(&other, 0, row->op, row->args));

    if (row->answer != NULL) {
        ck_assert_msg(strcmp(answer, row->answer) == 0, "%s %s: %s", row->op, row->args, answer);
    }
    ck_assert_msg(strncmp(answer, "error", 5) != 0 || row->answer == NULL, "%s %s: %s", row->op,
                  row->args, answer);
    /* the one that was refused first has done the same in the end, but for its number */
    ck_assert_uint_eq(engine_revision(other.engine), after);
    ck_assert_uint_eq(world_usage(&other).objects, world_usage(&failing).objects);
    ck_assert_uint_eq(world_usage(&other).waiters, world_usage(&failing).waiters);
    if (strcmp(row->op, "object.create") == 0) {
        ck_assert_uint_gt(refusals, 0);
    }
    world_free(&failing);
    world_free(&other);
}
END_TEST

START_TEST(every_operation_has_a_row)
{
    for (const struct op_row *op = NULL; (op = op_next(op)) != NULL;) {
        char name[64];
        size_t i = 0;

        snprintf(name, sizeof(name), "%s.%s", op->type, op->method);
        while (i < ROWS && strcmp(rows[i].op, name) != 0) {
            i++;
        }
        ck_assert_msg(i < ROWS || op->number < 64, "%s has no row", name);
    }
}
END_TEST

Suite *suite_nomem(void);
Suite *suite_nomem(void)
{
    Suite *suite = suite_create("nomem");
    TCase *tc = tcase_create("nomem");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, refused_without_a_trace_then_done, 0, ROWS);
    tcase_add_test(tc, every_operation_has_a_row);
    suite_add_tcase(suite, tc);
    return suite;
}
