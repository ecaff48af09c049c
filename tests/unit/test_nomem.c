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
    {"dict.pop_many", "name=d|keys=[long, x, a]",
     "{'found': {'long': '" LONG "', 'a': 1}, 'missing': ['x']}"},
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
    {"object.create", "name=new|type=event|init=true", NULL},
    {"object.create", "name=new|type=lock", NULL},
    {"object.create", "name=new|type=rlock", NULL},
    {"object.create", "name=new|type=semaphore|init=3|bounded=1", NULL},
    {"object.create", "name=new|type=condition|lock=free", NULL},
    {"object.create", "name=new|type=barrier|init=2|patience_ms=5", NULL},
    {"object.create", "name=new|type=queue|kind=priority|init=[2, 1]|maxsize=2", NULL},
    {"object.create", "name=new|type=queue|init=[!ref l, '" LONG "']", NULL},
    {"object.create", "name=new|type=pipe|maxsize=1|one_way=1", NULL},
    {"object.delete", "name=free|force=1", "done"},
    {"object.delete", "name=condition|force=1", "done"},
    {"object.delete", "name=q|force=1", "done"},
    {"event.set", "name=event", "done"},
    {"event.clear", "name=event_set", "done"},
    {"event.is_set", "name=event", "False"},
    {"event.wait", "name=event|wait_ms=100", "waits"},
    {"event.wait", "name=event|wait_ms=18446744073709551615", "waits"},
    {"lock.acquire", "name=free", NULL},
    {"lock.acquire", "name=lock|wait_ms=100", "waits"},
    {"lock.release", "name=lock", "done"},
    {"lock.locked", "name=lock", "True"},
    {"lock.held", "name=lock", "True"},
    {"lock.renew", "name=lock|token=1", NULL},
    {"rlock.acquire", "name=rlock", NULL},
    {"rlock.acquire", "name=rlock_free", NULL},
    {"rlock.acquire", "name=rlock_other|wait_ms=100", "waits"},
    {"rlock.release", "name=rlock", "done"},
    {"rlock.locked", "name=rlock", "True"},
    {"rlock.held", "name=rlock", "True"},
    {"rlock.renew", "name=rlock|token=1", NULL},
    {"semaphore.acquire", "name=semaphore", NULL},
    {"semaphore.acquire", "name=semaphore|permits=3|wait_ms=100", "waits"},
    {"semaphore.release", "name=semaphore", "done"},
    {"semaphore.release", "name=semaphore|any=1|permits=3", "done"},
    {"semaphore.value", "name=semaphore", "2"},
    {"semaphore.held", "name=semaphore", "True"},
    {"semaphore.renew", "name=semaphore|token=1", NULL},
    {"semaphore.resize", "name=semaphore|permits=1", "done"},
    {"condition.acquire", "name=condition", NULL},
    {"condition.acquire", "name=condition_other|wait_ms=100", "waits"},
    {"condition.release", "name=condition", "done"},
    {"condition.locked", "name=condition", "True"},
    {"condition.held", "name=condition", "True"},
    {"condition.renew", "name=condition|token=1", NULL},
    {"condition.wait", "name=condition|wait_ms=100", "waits"},
    {"condition.wait", "name=condition|wait_ms=100|reacquire_ms=5", "waits"},
    {"condition.wait", "name=condition_named|wait_ms=18446744073709551615|reacquire_ms=5", "waits"},
    {"condition.notify", "name=condition", "done"},
    {"condition.notify_all", "name=condition", "done"},
    {"barrier.wait", "name=barrier|wait_ms=100", "waits"},
    {"barrier.wait", "name=barrier", NULL},
    {"barrier.wait", "name=barrier_one", "0"},
    {"barrier.reset", "name=barrier", "done"},
    {"barrier.abort", "name=barrier", "done"},
    {"barrier.parties", "name=barrier", "2"},
    {"barrier.waiting", "name=barrier", "0"},
    {"barrier.broken", "name=barrier", "False"},
    {"barrier.generation", "name=barrier", "0"},
    {"queue.put", "name=q|value=[!ref l, '" LONG "']", "done"},
    {"queue.put", "name=q_full|value=[!ref l, '" LONG "']|wait_ms=100", "waits"},
    {"queue.put", "name=q_priority|value=1", "done"},
    {"queue.put_many", "name=q|items=[1, !ref l, '" LONG "']", "done"},
    {"queue.put_many", "name=q_full|items=[!ref l]|wait_ms=100", "waits"},
    {"queue.get", "name=q", NULL},
    {"queue.get", "name=q|reserve=1", NULL},
    {"queue.get", "name=q_empty|wait_ms=100", "waits"},
    {"queue.get", "name=q_empty|reserve=1|wait_ms=100", "waits"},
    {"queue.get", "name=q_priority", NULL},
    {"queue.len", "name=q", "2"},
    {"queue.empty", "name=q", "False"},
    {"queue.full", "name=q_full", "True"},
    {"queue.task_done", "name=q", "done"},
    {"queue.join", "name=q|wait_ms=100", "waits"},
    {"queue.ack", "name=q_reserved|token=TOKEN", "done"},
    {"queue.nack", "name=q_reserved|token=TOKEN", "done"},
    {"queue.nack", "name=q_reserved|token=TOKEN|delay_ms=5", "done"},
    {"queue.nack", "name=q_reserved|token=TOKEN|to=q_empty", "done"},
    {"queue.renew", "name=q_reserved|token=TOKEN|lease_ms=1000", NULL},
    {"queue.move", "name=q|to=q_empty", NULL},
    {"queue.clear", "name=q", "2"},
    {"queue.shutdown", "name=q|immediate=1", "done"},
    {"pipe.attach", "name=pipe|end=2", NULL},
    {"pipe.send", "name=pipe|value=[!ref l, '" LONG "']", "done"},
    {"pipe.send", "name=pipe_full|value=!ref l|wait_ms=100", "waits"},
    {"pipe.recv", "name=pipe_full", NULL},
    {"pipe.recv", "name=pipe|wait_ms=100", "waits"},
    {"pipe.poll", "name=pipe|wait_ms=100", "waits"},
    {"pipe.close", "name=pipe|end=2", "done"},
    {"pipe.len", "name=pipe_full", "1"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* Objects to wait for; client 0 owns some of them, client 1 the others. Gives the last token. */
static uint64_t prepare_sync(struct world *w)
{
    static const struct {
        unsigned who;
        const char *op, *args;
    } acts[] = {
        {0, "object.create", "name=event|type=event"},
        {0, "object.create", "name=event_set|type=event|init=true"},
        {0, "object.create", "name=free|type=lock"},
        {0, "object.create", "name=lock|type=lock"},
        {0, "object.create", "name=rlock|type=rlock"},
        {0, "object.create", "name=rlock_free|type=rlock"},
        {0, "object.create", "name=rlock_other|type=rlock"},
        {0, "object.create", "name=semaphore|type=semaphore|init=3"},
        {0, "object.create", "name=condition|type=condition"},
        {0, "object.create", "name=condition_other|type=condition"},
        {0, "object.create", "name=condition_named|type=condition|lock=lock"},
        {0, "object.create", "name=barrier|type=barrier|init=2"},
        {0, "object.create", "name=barrier_one|type=barrier|init=1"},
        {0, "object.create", "name=q|type=queue|init=[!ref l, '" LONG "']"},
        {0, "object.create", "name=q_full|type=queue|init=[1]|maxsize=1"},
        {0, "object.create", "name=q_empty|type=queue"},
        {0, "object.create", "name=q_priority|type=queue|kind=priority|init=[3, 2]"},
        {0, "object.create", "name=q_reserved|type=queue|init=['" LONG "', 2]"},
        {0, "object.create", "name=pipe|type=pipe"},
        {0, "object.create", "name=pipe_full|type=pipe|maxsize=1"},
        {1, "condition.acquire", "name=condition"},
        {1, "condition.wait", "name=condition|wait_ms=1000"},
        {1, "rlock.acquire", "name=rlock_other"},
        {1, "condition.acquire", "name=condition_other"},
        {0, "lock.acquire", "name=lock"},
        {0, "rlock.acquire", "name=rlock"},
        {0, "semaphore.acquire", "name=semaphore"},
        {0, "condition.acquire", "name=condition"},
        {0, "pipe.send", "name=pipe_full|value='" LONG "'"},
        {0, "queue.get", "name=q_reserved|reserve=1"},
    };
    const struct seen *seen = NULL;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        seen = call(w, acts[i].who, acts[i].op, acts[i].args);
        ck_assert_msg(seen == NULL || seen->result.kind != RESULT_ERROR, "%s %s: %s", acts[i].op,
                      acts[i].args, world_show(w, seen));
    }
    return seen == NULL ? 0 : seen->result.token;
}

/* The row's arguments, with the token of the reserved item for TOKEN. */
static const char *args_of(const struct row *row, uint64_t token)
{
    static char args[512];
    const char *at = strstr(row->args, "TOKEN");
    if (at == NULL)
        return row->args;
    snprintf(args, sizeof args, "%.*s%llu%s", (int)(at - row->args), row->args,
             (unsigned long long)token, at + strlen("TOKEN"));
    return args;
}

/* Gives the token of the reserved item. */
static uint64_t prepare(struct world *w)
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
    return prepare_sync(w);
}

START_TEST(refused_without_a_trace_then_done)
{
    const struct row *row = &rows[_i];
    struct world failing, other;
    uint64_t token = prepare(&failing);
    size_t refusals = call_without_memory(&failing, row->op, args_of(row, token));
    uint64_t after = engine_revision(failing.engine);
    token = prepare(&other);
    const char *answer = world_show(&other, call(&other, 0, row->op, args_of(row, token)));
    if (row->answer != NULL)
        ck_assert_msg(strcmp(answer, row->answer) == 0, "%s %s: %s", row->op, row->args, answer);
    ck_assert_msg(strncmp(answer, "error", 5) != 0 || row->answer == NULL, "%s %s: %s", row->op,
                  row->args, answer);
    /* the one that was refused first has done the same in the end, but for its number */
    ck_assert_uint_eq(engine_revision(other.engine), after);
    ck_assert_uint_eq(world_usage(&other).objects, world_usage(&failing).objects);
    ck_assert_uint_eq(world_usage(&other).waiters, world_usage(&failing).waiters);
    if (strcmp(row->op, "object.create") == 0)
        ck_assert_uint_gt(refusals, 0);
    world_free(&failing);
    world_free(&other);
}
END_TEST

START_TEST(every_operation_has_a_row)
{
    for (const struct op_row *op = NULL; (op = op_next(op)) != NULL;) {
        char name[64];
        size_t i = 0;
        snprintf(name, sizeof name, "%s.%s", op->type, op->method);
        while (i < ROWS && strcmp(rows[i].op, name) != 0)
            i++;
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
