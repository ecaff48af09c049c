/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: counting what is unfinished, clearing, shutting down. */
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/must.h"
#include "tests/support/queue_kit.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

#define make(args)     kit_make(&w, "queue", "q", args)
#define put(value)     ask(&w, 0, "queue.put", "name=q|value=%s", value)
#define put_by(who, v) ask(&w, who, "queue.put", "name=q|value=%s|" FOR_EVER, v)
#define get()          ask(&w, 0, "queue.get", "name=q")
#define get_by(who)    ask(&w, who, "queue.get", "name=q|" FOR_EVER)
#define on(who, op)    ask(&w, who, op, "name=q")

/* ---- unfinished ---- */

/* Those who put into the room that a clear makes come after the moment when nothing was left. */
START_TEST(join_sees_nothing_left_before_parked_puts_come_in)
{
    make("|maxsize=2");
    ask(&w, 0, "queue.put", "name=q|value=1");
    ask(&w, 0, "queue.put", "name=q|value=1");
    ck_assert_str_eq(ask(&w, 1, "queue.join", "name=q|" FOR_EVER), "waits");
    for (unsigned i = 2; i < 7; i++)
        ck_assert_str_eq(ask(&w, i, "queue.put", "name=q|value=2|" FOR_EVER), "waits");
    uint64_t id = w.clients[1].id;
    on(0, "queue.clear");
    ck_assert_ptr_nonnull(world_seen(&w, 1, id));
    ck_assert_str_eq(on(0, "queue.len"), "2");
}
END_TEST

/* A command that had told as many as it may left the queue for later, and what was put meanwhile
 * hid that nothing had been left. */
START_TEST(join_sees_nothing_left_whenever_the_queue_is_looked_at)
{
    make("|init=[1]");
    ck_assert_str_eq(ask(&w, 1, "queue.join", "name=q|" FOR_EVER), "waits");
    world_slice(&w, 0); /* as if all of it were spent */
    ck_assert_str_eq(on(0, "queue.task_done"), "done");
    ck_assert_str_eq(put("2"), "done");
    ck_assert_str_eq(ask(&w, 2, "queue.join", "name=q|" FOR_EVER), "waits");
    world_slice(&w, SLICE_MAX);
    (void)world_apply(&w, &(struct command){.kind = COMMAND_REST});
    ck_assert_str_eq(told(&w, 1), "done");
    ck_assert_str_eq(told(&w, 2), "waits");
    ck_assert_str_eq(kit_info(&w, "q", "unfinished"), "1");
}
END_TEST

START_TEST(join_waits_for_task_done)
{
    make("|init=[1, 2]");
    ck_assert_str_eq(on(0, "queue.join"), "error BUSY: some items are not done");
    ck_assert_str_eq(ask(&w, 1, "queue.join", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 2, "queue.join", "name=q|wait_ms=100"), "waits");
    ck_assert_str_eq(on(0, "queue.task_done"), "done");
    ck_assert_uint_eq(w.seen_count, 1);
    world_tick(&w, 100);
    ck_assert_str_eq(told(&w, 2), "error TIMEOUT: the time to wait ran out");
    ck_assert_str_eq(on(0, "queue.task_done"), "done");
    ck_assert_str_eq(told(&w, 1), "done");
    ck_assert_str_eq(on(0, "queue.join"), "done");
    ck_assert_str_eq(ask(&w, 1, "queue.join", "name=q|" FOR_EVER), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(on(0, "queue.task_done"),
                     "error OVER_RELEASE: task_done() called too many times");
}
END_TEST

START_TEST(clear_counts_as_dealt_with)
{
    make("|maxsize=2|init=[1, 2]");
    ck_assert_str_eq(ask(&w, 1, "queue.join", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(put_by(2, "3"), "waits");
    ck_assert_str_eq(on(0, "queue.clear"), "2");
    ck_assert_str_eq(told(&w, 2), "done");
    ck_assert_str_eq(told(&w, 1), "done"); /* the one that came in came after that */
    ck_assert_str_eq(on(0, "queue.join"), "error BUSY: some items are not done");
    ck_assert_str_eq(on(0, "queue.clear"), "1");
    ck_assert_str_eq(on(0, "queue.clear"), "0");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
}
END_TEST

/* ---- shutting down ---- */

START_TEST(shutdown_lets_what_is_inside_out)
{
    make("|maxsize=2|init=[1, 2]");
    ck_assert_str_eq(put_by(1, "3"), "waits");
    ck_assert_str_eq(on(0, "queue.shutdown"), "done");
    ck_assert_str_eq(told(&w, 1), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(put("4"), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=[4]|" FOR_EVER),
                     "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(get(), "1");
    ck_assert_str_eq(get_by(2), "2");
    ck_assert_str_eq(get_by(2), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(ask(&w, 3, "queue.join", "name=q|" FOR_EVER), "waits");
    on(0, "queue.task_done");
    on(0, "queue.task_done");
    ck_assert_str_eq(told(&w, 3), "done");
    ck_assert_str_eq(on(0, "queue.shutdown"), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(kit_info(&w, "q", "shut_down"), "True");
}
END_TEST

START_TEST(shutdown_wakes_getters)
{
    make("");
    ck_assert_str_eq(get_by(1), "waits");
    ck_assert_str_eq(ask(&w, 2, "queue.get", "name=q|reserve=1|" FOR_EVER), "waits");
    ck_assert_str_eq(on(0, "queue.shutdown"), "done");
    ck_assert_str_eq(told(&w, 1), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(told(&w, 2), "error SHUT_DOWN: the queue is shut down");
}
END_TEST

START_TEST(shutdown_at_once_empties_it)
{
    make("|init=[1, 2, 3]");
    ck_assert_str_eq(get(), "1");
    ck_assert_str_eq(ask(&w, 1, "queue.join", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 0, "queue.shutdown", "name=q|immediate=1"), "done");
    ck_assert_str_eq(told(&w, 1), "waits"); /* the one that was got is not dealt with */
    ck_assert_str_eq(get(), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(kit_info(&w, "q", "unfinished"), "1");
    ck_assert_str_eq(on(0, "queue.task_done"), "done");
    ck_assert_str_eq(told(&w, 1), "done");
}
END_TEST

START_TEST(shutdown_first_kindly_then_at_once)
{
    make("|init=[1]");
    on(0, "queue.shutdown");
    ck_assert_str_eq(ask(&w, 0, "queue.shutdown", "name=q|immediate=1"), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    ck_assert_str_eq(on(0, "queue.len"), "0");
}
END_TEST

/* ---- acknowledged ---- */

START_TEST(what_is_acknowledged_changes_the_queue)
{
    make("|init=[1, 2, 3]");
    get_by(1);
    get_by(1);
    get_by(2);
    uint64_t before = engine_revision(w.engine);
    ck_assert_uint_eq(call(&w, 0, "queue.len", "name=q")->changed_at, before);
    ck_assert_str_eq(
        ask(&w, 3, "object.changed", "name=q|since=%llu|" FOR_EVER, (unsigned long long)before),
        "waits");
    world_ack(&w, 1, w.clients[1].id);
    uint64_t acked = w.applied.first;
    ck_assert_str_ne(told(&w, 3), "waits");
    ck_assert_uint_gt(acked, before);
    ck_assert_uint_eq(call(&w, 4, "queue.len", "name=q")->changed_at, acked);
    ck_assert_str_eq(kit_info(&w, "q", "handed"), "1");
    world_bye(&w, 2);
    ck_assert_uint_eq(call(&w, 4, "queue.len", "name=q")->changed_at, w.applied.first);
}
END_TEST

START_TEST(what_is_acknowledged_changes_nothing_that_is_gone)
{
    make("|init=[1, 2]");
    get_by(1);
    get_by(2);
    ck_assert_str_eq(on(0, "object.delete"), "done");
    world_ack(&w, 1, w.clients[1].id);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    make("|init=[1]");
    get_by(1); /* still on its way when the engine is freed, as that of 2 */
}
END_TEST

Suite *suite_queue_state(void);
Suite *suite_queue_state(void)
{
    Suite *suite = suite_create("queue_state");
    TCase *tests = tcase_create("queue_state");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, join_sees_nothing_left_whenever_the_queue_is_looked_at);
    tcase_add_test(tests, join_waits_for_task_done);
    tcase_add_test(tests, join_sees_nothing_left_before_parked_puts_come_in);
    tcase_add_test(tests, clear_counts_as_dealt_with);
    tcase_add_test(tests, shutdown_lets_what_is_inside_out);
    tcase_add_test(tests, shutdown_wakes_getters);
    tcase_add_test(tests, shutdown_at_once_empties_it);
    tcase_add_test(tests, shutdown_first_kindly_then_at_once);
    tcase_add_test(tests, what_is_acknowledged_changes_the_queue);
    tcase_add_test(tests, what_is_acknowledged_changes_nothing_that_is_gone);
    suite_add_tcase(suite, tests);
    return suite;
}
