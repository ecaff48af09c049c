/* SPDX-License-Identifier: BSD-2-Clause */
/* Every type reads back what it saves; a table with one that cannot is no table. */
#include <signal.h>
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

/* An object of each type, with content and with somebody who has to do with it. */
struct row {
    unsigned type;
    const char *create;
    const char *act, *args; /* of client 0 then; NULL: nothing */
    const char *wait; /* an operation of client 1 that waits on it, same args; NULL: nothing */
};

static const struct row rows[] = {
    {TYPE_DICT, "init={a: [1, !ref x], 2: b}", "dict.del", "key=2", NULL},
    {TYPE_LIST, "init=[1, !ref x, 'text']", "list.append", "value=[2]", NULL},
    {TYPE_SET, "init=!!set {1, !ref x}", "set.discard", "value=1", NULL},
    {TYPE_NAMESPACE, "init={a: 1, b: !ref x}", "namespace.set", "attr=a|value=2", NULL},
    {TYPE_VALUE, "init=[!ref x, 2.5]|ttl_ms=100000", NULL, NULL, NULL},
    {TYPE_ARRAY, "typecode=d|init=[1, 2.5]", NULL, NULL, NULL},
    {TYPE_EVENT, "init=true", "event.clear", "", "event.wait"},
    {TYPE_LOCK, "type=lock", "lock.acquire", "", "lock.acquire"},
    {TYPE_RLOCK, "type=rlock", "rlock.acquire", "", "rlock.acquire"},
    {TYPE_SEMAPHORE, "init=2|bounded=1", "semaphore.acquire", "permits=2", "semaphore.acquire"},
    {TYPE_CONDITION, "type=condition", "condition.acquire", "", "condition.acquire"},
    {TYPE_BARRIER, "init=3|patience_ms=500000", NULL, NULL, "barrier.wait"},
    {TYPE_QUEUE, "init=[3, !ref x, 1]|kind=fifo|maxsize=9", "queue.get", "reserve=1", "queue.join"},
    {TYPE_PIPE, "maxsize=5", "pipe.send", "value=!ref x", NULL},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

START_TEST(what_is_saved_is_read_back)
{
    struct world w;
    world_init(&w, objects_handlers());
    must(call(&w, 0, "object.create", "name=x|type=list")->result.kind == RESULT_VALUE);
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        const struct seen *seen =
            callf(&w, 0, "object.create", "name=o%zu|type=%s|%s", i, type_name(row->type),
                  strncmp(row->create, "type=", 5) == 0 ? "ttl_ms=100000" : row->create);
        ck_assert_msg(seen->result.kind == RESULT_VALUE, "%s", world_show(&w, seen));
        if (row->act != NULL) {
            seen = callf(&w, 0, row->act, "name=o%zu%s%s", i, row->args[0] == '\0' ? "" : "|",
                         row->args);
            ck_assert_msg(seen->result.kind != RESULT_ERROR, "%s", world_show(&w, seen));
        }
        if (row->wait != NULL) {
            ck_assert_msg(callf(&w, 1, row->wait, "name=o%zu|wait_ms=90000", i) == NULL, "%s",
                          row->wait);
        }
        reload_must_agree(&w);
    }
    world_free(&w);
}
END_TEST

START_TEST(no_type_is_missing_above)
{
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        size_t i = 0;
        while (i < ROWS && rows[i].type != type)
            i++;
        ck_assert_msg(objects_handlers()->types[type] == NULL || i < ROWS, "%s", type_name(type));
    }
}
END_TEST

/* The real types, but one of them is half. */
static void halve(struct handlers *handlers, struct object_ops *ops, int how)
{
    *handlers = *objects_handlers();
    *ops = *handlers->types[TYPE_QUEUE];
    handlers->types[TYPE_QUEUE] = ops;
    switch (how) {
    case 0:
        ops->load = NULL;
        break;
    case 1:
        ops->save = NULL;
        break;
    case 2:
        ops->unacked_load = NULL;
        break;
    case 3:
        ops->unacked_save = NULL;
        break;
    default:
        ops->type = TYPE_PIPE;
    }
}

START_TEST(half_a_type_is_found)
{
    struct handlers handlers;
    struct object_ops ops;
    ck_assert_ptr_null(handlers_fault(objects_handlers()));
    halve(&handlers, &ops, _i);
    ck_assert_ptr_eq(handlers_fault(&handlers), &ops);
}
END_TEST

START_TEST(half_a_type_makes_no_engine)
{
    struct handlers handlers;
    struct object_ops ops;
    halve(&handlers, &ops, _i);
    engine_free(world_engine(&handlers, 3));
}
END_TEST

Suite *suite_handlers(void);
Suite *suite_handlers(void)
{
    Suite *suite = suite_create("handlers");
    TCase *tc = tcase_create("handlers");
    tcase_add_test(tc, what_is_saved_is_read_back);
    tcase_add_test(tc, no_type_is_missing_above);
    tcase_add_loop_test(tc, half_a_type_is_found, 0, 5);
    tcase_add_loop_test_raise_signal(tc, half_a_type_makes_no_engine, SIGABRT, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
