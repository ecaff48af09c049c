/* SPDX-License-Identifier: BSD-2-Clause */
/* Many who wait are told in slices: no command tells more than one slice of them, what was promised
 * to all is kept whatever comes between two slices, and a start in between goes on at the same
 * point. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

enum { SLICE = 3, CROWD = 10 };

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    w.engine->slice = SLICE;
}

static void teardown(void)
{
    world_free(&w);
}

static struct applied rest(void)
{
    return world_apply(&w, &(struct command){.kind = COMMAND_REST});
}

/* Clients first .. first + CROWD - 1 wait with that operation. */
static void crowd(unsigned first, const char *op, const char *args)
{
    for (unsigned i = 0; i < CROWD; i++) {
        must(call(&w, first + i, op, args) == NULL);
        must(w.applied.outcome == OUTCOME_PARKED);
    }
}

/* REST commands, each of which takes no memory and tells one slice, until nothing is left, with a
 * start between any two of them. Gives how many were told `what`; the first one must be client
 * `first`, and so on. */
static unsigned told_in_slices(unsigned first, const char *what)
{
    unsigned count = 0;
    bool more = engine_wants_rest(w.engine);
    while (more) {
        reload_go_on(&w);
        more = rest().more;
        ck_assert_uint_gt(w.seen_count, 0);
        ck_assert_uint_le(w.seen_count, SLICE);
        for (size_t i = 0; i < w.seen_count; i++) {
            must(w.seen[i].session == w.clients[first + count].session);
            ck_assert_str_eq(world_show(&w, &w.seen[i]), what);
            count++;
        }
    }
    ck_assert_int_eq(rest().outcome, OUTCOME_NONE);
    return count;
}

START_TEST(an_event_tells_all_who_waited_though_it_is_cleared)
{
    world_create(&w, "event", "e", NULL);
    crowd(1, "event.wait", "name=e|wait_ms=500");
    call(&w, 0, "event.set", "name=e");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE);
    ck_assert_str_eq(call_show(&w, "event.clear", "e", ""), "done");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE); /* what it changed, it looks at itself */
    ck_assert_ptr_null(call(&w, 20, "event.wait", "name=e|wait_ms=5000"));
    uint64_t late = w.clients[20].id;
    ck_assert_ptr_null(world_seen(&w, 20, late));
    ck_assert_uint_eq(told_in_slices(1 + 2 * SLICE, "True"), CROWD - 2 * SLICE);
    ck_assert_ptr_null(world_seen(&w, 20, late));
    world_tick(&w, 5000);
    ck_assert_str_eq(world_show(&w, world_seen(&w, 20, late)), "False");
}
END_TEST

/* Who is to be told, and whose time is over before that, is told what he waited for. */
START_TEST(time_does_not_run_out_for_who_is_due)
{
    world_create(&w, "event", "e", NULL);
    world_create(&w, "barrier", "b", "11");
    crowd(1, "event.wait", "name=e|wait_ms=500");
    crowd(11, "barrier.wait", "name=b|wait_ms=500");
    call(&w, 0, "event.set", "name=e");
    ck_assert_str_eq(call_show(&w, "barrier.wait", "b", "wait_ms=9"), "10");
    struct applied tick = world_tick(&w, 600);
    size_t told = 0;
    do {
        for (size_t i = 0; i < w.seen_count; i++, told++) {
            const char *what = world_show(&w, &w.seen[i]);
            ck_assert_msg(strcmp(what, "False") != 0 && strstr(what, "error") == NULL, "%s", what);
        }
        tick = tick.more ? world_tick(&w, 1) : rest();
    } while (tick.outcome != OUTCOME_NONE);
    ck_assert_uint_eq(told, 2 * (CROWD - SLICE));
    ck_assert_str_eq(call_show(&w, "barrier.broken", "b", ""), "False");
}
END_TEST

START_TEST(a_barrier_goes_on_while_a_generation_is_told)
{
    world_create(&w, "barrier", "b", "11");
    crowd(1, "barrier.wait", "name=b|wait_ms=900");
    ck_assert_str_eq(call_show(&w, "barrier.wait", "b", "wait_ms=9"), "10");
    ck_assert_str_eq(call_show(&w, "barrier.waiting", "b", ""), "0");
    /* the next one begins, and is given up */
    ck_assert_ptr_null(call(&w, 20, "barrier.wait", "name=b|wait_ms=900"));
    uint64_t next = w.clients[20].id;
    ck_assert_str_eq(call_show(&w, "barrier.waiting", "b", ""), "1");
    w.engine->slice = 0; /* nobody is told meanwhile */
    ck_assert_str_eq(call_show(&w, "barrier.reset", "b", ""), "done");
    world_end(&w, 8); /* whom nobody misses: all had come together */
    ck_assert_str_eq(call_show(&w, "barrier.broken", "b", ""), "False");
    ck_assert_str_eq(call_show(&w, "barrier.generation", "b", ""), "2");
    w.engine->slice = SLICE;
    reload_go_on(&w);
    unsigned passed = 0, broken = 0;
    while (rest().outcome != OUTCOME_NONE) {
        for (size_t i = 0; i < w.seen_count; i++) {
            passed += w.seen[i].result.kind == RESULT_VALUE;
            broken += w.seen[i].result.kind == RESULT_ERROR && w.seen[i].id == next;
        }
        reload_go_on(&w);
    }
    ck_assert_uint_eq(passed, CROWD - SLICE - 1);
    ck_assert_uint_eq(broken, 1);
}
END_TEST

START_TEST(permits_and_items_go_to_those_who_came_first)
{
    world_create(&w, "semaphore", "s", "0");
    crowd(1, "semaphore.acquire", "name=s|wait_ms=900");
    call(&w, 0, "semaphore.release", "name=s|permits=12|any=1");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE);
    /* permits are free, and not for who comes last */
    const struct seen *seen = call(&w, 30, "semaphore.acquire", "name=s");
    ck_assert_int_eq(seen->result.code, ERR_BUSY);
    while (rest().more) {
    }
    ck_assert_int_eq(call(&w, 30, "semaphore.acquire", "name=s")->result.kind, RESULT_GRANT);
    world_create(&w, "queue", "q", NULL);
    crowd(11, "queue.get", "name=q|wait_ms=900");
    call(&w, 0, "queue.put_many", "name=q|items=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE);
    ck_assert_int_eq(call(&w, 30, "queue.get", "name=q")->result.code, ERR_EMPTY);
    for (unsigned who = 11 + SLICE; rest().outcome != OUTCOME_NONE;) {
        for (size_t i = 0; i < w.seen_count; i++, who++) {
            must(w.seen[i].session == w.clients[who].session);
            ck_assert_int_eq(val_read(w.seen[i].result.value).integer, who - 10);
        }
        reload_go_on(&w);
    }
}
END_TEST

/* An item beyond those that are spoken for is anybody's. */
START_TEST(what_is_left_over_can_be_had_at_once)
{
    world_create(&w, "queue", "q", NULL);
    crowd(11, "queue.get", "name=q|wait_ms=900");
    w.engine->slice = 1;
    call(&w, 0, "queue.put_many", "name=q|items=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]");
    ck_assert_int_eq(call(&w, 30, "queue.get", "name=q")->result.kind, RESULT_GRANT);
    ck_assert_int_eq(call(&w, 31, "queue.get", "name=q")->result.code, ERR_EMPTY);
    while (rest().more) {
    }
    ck_assert_str_eq(call_show(&w, "queue.len", "q", ""), "0");
}
END_TEST

START_TEST(a_queue_lets_go_of_all_who_joined)
{
    world_create(&w, "queue", "q", "[1]");
    crowd(1, "queue.join", "name=q|wait_ms=900");
    w.engine->slice = 0;
    call(&w, 30, "queue.task_done", "name=q");
    w.engine->slice = 1;
    call(&w, 30, "queue.task_done", "name=q");
    rest();
    ck_assert_int_eq(call(&w, 0, "queue.put", "name=q|value=2")->result.kind, RESULT_DONE);
    w.engine->slice = SLICE;
    unsigned told = told_in_slices(3, "done");
    ck_assert_uint_ge(told, CROWD - 4);
    ck_assert_str_eq(call_show(&w, "queue.len", "q", ""), "2");
    for (unsigned who = 1; who <= CROWD; who++) {
        struct session_view view;
        must(engine_session_view(w.engine, w.clients[who].session, &view));
        ck_assert_uint_eq(view.waiters, 0);
    }
}
END_TEST

/* A put of many items is as much work as so many puts. */
START_TEST(those_who_put_many_count_as_so_many)
{
    call(&w, 0, "object.create", "type=queue|name=q|maxsize=40");
    call(&w, 0, "queue.put_many",
         "name=q|items=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,"
         "20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40]");
    crowd(1, "queue.put_many", "name=q|items=[1,2,3]|wait_ms=900");
    call(&w, 0, "queue.clear", "name=q");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE / 3);
    size_t told = w.seen_count - 1;
    while (rest().outcome != OUTCOME_NONE) {
        ck_assert_uint_le(w.seen_count, SLICE / 3);
        told += w.seen_count;
        reload_go_on(&w);
    }
    ck_assert_uint_eq(told, CROWD);
    ck_assert_str_eq(call_show(&w, "queue.len", "q", ""), "30");
}
END_TEST

START_TEST(a_shut_queue_refuses_all)
{
    world_create(&w, "queue", "q", NULL);
    crowd(1, "queue.get", "name=q|wait_ms=900");
    call(&w, 0, "queue.shutdown", "name=q");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE);
    unsigned count = SLICE;
    while (rest().outcome != OUTCOME_NONE) {
        ck_assert_uint_le(w.seen_count, SLICE);
        for (size_t i = 0; i < w.seen_count; i++, count++)
            ck_assert_int_eq(w.seen[i].result.code, ERR_SHUT_DOWN);
        reload_go_on(&w);
    }
    ck_assert_uint_eq(count, CROWD);
}
END_TEST

START_TEST(watchers_hear_of_a_change_in_slices)
{
    world_create(&w, "list", "l", NULL);
    crowd(1, "object.changed", "name=l|wait_ms=900");
    call(&w, 0, "list.append", "name=l|value=1");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE);
    unsigned count = SLICE;
    while (rest().outcome != OUTCOME_NONE) {
        ck_assert_uint_le(w.seen_count, SLICE);
        count += (unsigned)w.seen_count;
        reload_go_on(&w);
    }
    ck_assert_uint_eq(count, CROWD);
}
END_TEST

/* ---- a notify of many ---- */

/* Sleepers first .. first + CROWD - 1 of a condition. */
static void sleepers(unsigned first)
{
    for (unsigned i = 0; i < CROWD; i++) {
        must(call(&w, first + i, "condition.acquire", "name=c")->result.kind == RESULT_GRANT);
        must(call(&w, first + i, "condition.wait", "name=c|wait_ms=500") == NULL);
    }
}

static uint64_t sleeping(void)
{
    const struct object *object =
        object_by_id(w.engine, engine_object_id(w.engine, bytes_text("c")));
    uint64_t count = 0;
    for (const struct waiter *at = object->waiters; at != NULL; at = at->object_next)
        count += at->extra == 0;
    return count;
}

/* Each waiter's turn in the lock comes, and it releases it. Gives how many were notified, and in
 * *others how many woke because their time was over. */
static unsigned woken_in_turn(unsigned *others)
{
    unsigned notified = 0;
    *others = 0;
    for (size_t i = 0; i < w.seen_count; i++) {
        for (unsigned who = 1; who < 30; who++) {
            if (w.seen[i].session == w.clients[who].session &&
                w.seen[i].result.kind == RESULT_GRANT && w.seen[i].result.value.len > 0) {
                bool yes = val_read(w.seen[i].result.value).boolean;
                notified += yes;
                *others += !yes;
                call(&w, who, "condition.release", "name=c");
                i = SIZE_MAX;
                break;
            }
        }
    }
    return notified;
}

/* Nobody who falls asleep later is woken by it, and nobody who slept then is forgotten. */
START_TEST(a_notify_wakes_all_who_slept_in_slices)
{
    unsigned others, notified;
    world_create(&w, "condition", "c", NULL);
    sleepers(1);
    must(call(&w, 30, "condition.acquire", "name=c")->result.kind == RESULT_GRANT);
    call(&w, 30, "condition.notify_all", "name=c");
    ck_assert_uint_eq(sleeping(), CROWD - SLICE);
    const char *info = call_show(&w, "object.info", "c", "");
    ck_assert_msg(strstr(info, "'sleeping': 0") != NULL, "%s", info);
    must(call(&w, 30, "condition.wait", "name=c|wait_ms=90000") == NULL);
    notified = woken_in_turn(&others);
    ck_assert_uint_gt(notified, 0);
    for (uint64_t left = sleeping(); left > 1; left = sleeping()) {
        reload_go_on(&w);
        rest();
        ck_assert_uint_le(left - sleeping(), SLICE);
        notified += woken_in_turn(&others);
        ck_assert_uint_eq(others, 0);
    }
    while (rest().outcome != OUTCOME_NONE)
        notified += woken_in_turn(&others);
    ck_assert_uint_eq(notified, CROWD);
    ck_assert_uint_eq(world_usage(&w).waiters, 1); /* who came later sleeps on */
}
END_TEST

/* Whose time is over before its slice was notified in time; who leaves takes nobody's notify along.
 */
START_TEST(a_notify_of_some_reaches_as_many)
{
    unsigned others, notified = 0;
    world_create(&w, "condition", "c", NULL);
    sleepers(1);
    must(call(&w, 30, "condition.acquire", "name=c")->result.kind == RESULT_GRANT);
    w.engine->slice = 0;
    call(&w, 30, "condition.notify", "name=c|count=6");
    ck_assert_uint_eq(sleeping(), CROWD);
    world_end(&w, 2);
    reload_go_on(&w);
    w.engine->slice = 0;
    world_cancel(&w, 3, w.clients[3].id, ERR_CANCELLED);
    w.engine->slice = SLICE;
    for (struct applied tick = world_tick(&w, 600); tick.more; tick = world_tick(&w, 0))
        reload_go_on(&w);
    call(&w, 30, "condition.release", "name=c");
    for (bool more = true; more; more = rest().outcome != OUTCOME_NONE) {
        notified += woken_in_turn(&others);
        reload_go_on(&w);
    }
    ck_assert_uint_eq(notified, 6);
}
END_TEST

/* Also when those who slept then are away, and who fell asleep later is there, or is over first. */
START_TEST(a_notify_is_not_for_who_falls_asleep_later)
{
    world_create(&w, "condition", "c", NULL);
    sleepers(1);
    must(call(&w, 30, "condition.acquire", "name=c")->result.kind == RESULT_GRANT);
    w.engine->slice = 0;
    call(&w, 30, "condition.notify_all", "name=c");
    for (unsigned i = 1; i <= CROWD; i++)
        world_away(&w, i);
    must(call(&w, 30, "condition.wait", "name=c|wait_ms=100") == NULL);
    must(call(&w, 31, "condition.acquire", "name=c")->result.kind == RESULT_GRANT);
    must(call(&w, 31, "condition.wait", "name=c|wait_ms=90000") == NULL);
    reload_go_on(&w);
    w.engine->slice = 1;
    world_tick(&w, 200);
    const struct seen *seen = world_seen(&w, 30, w.clients[30].id);
    must(seen != NULL);
    ck_assert(!val_read(seen->result.value).boolean);
    while (rest().more)
        reload_go_on(&w);
    ck_assert_uint_eq(sleeping(), 1);
    ck_assert_uint_eq(world_usage(&w).waiters, CROWD + 1);
}
END_TEST

/* ---- a semaphore that becomes smaller ---- */

/* How many the last command told that they ask for too much. */
static unsigned refused(void)
{
    unsigned count = 0;
    ck_assert_uint_le(w.seen_count, SLICE + 1);
    for (size_t i = 0; i < w.seen_count; i++) {
        bool error = w.seen[i].result.kind == RESULT_ERROR;
        must(!error || w.seen[i].result.code == ERR_VALUE);
        count += error;
    }
    return count;
}

START_TEST(who_can_never_be_served_hears_of_it_in_slices)
{
    unsigned count = 0;
    call(&w, 0, "object.create", "type=semaphore|name=s|init=9|bounded=1");
    must(call(&w, 30, "semaphore.acquire", "name=s|permits=9")->result.kind == RESULT_GRANT);
    must(call(&w, 31, "object.changed", "name=s|wait_ms=90000") == NULL);
    for (unsigned i = 1; i <= 2 * CROWD; i++) {
        must(callf(&w, i, "semaphore.acquire", "name=s|wait_ms=90000|permits=%d", 1 + i % 2 * 4) ==
             NULL);
    }
    call(&w, 0, "semaphore.resize", "name=s|permits=4");
    count += refused();
    reload_go_on(&w);
    world_cancel(&w, 2 * count + 1, w.clients[2 * count + 1].id, ERR_VALUE); /* the next one */
    count += refused();
    while (engine_wants_rest(w.engine)) {
        reload_go_on(&w);
        rest();
        count += refused();
    }
    ck_assert_uint_eq(count, CROWD);
    ck_assert_uint_eq(world_usage(&w).waiters, CROWD);
    world_end(&w, 30); /* and the others get theirs */
    while (rest().more) {
    }
    ck_assert_uint_eq(world_usage(&w).waiters, CROWD - 4);
}
END_TEST

/* Who wants less than there are costs little to look at, and is looked at once. */
START_TEST(who_can_be_served_is_looked_at_in_slices_too)
{
    w.window = 256;
    call(&w, 0, "object.create", "type=semaphore|name=s|init=9|bounded=1");
    must(call(&w, 30, "semaphore.acquire", "name=s|permits=9")->result.kind == RESULT_GRANT);
    for (unsigned i = 0; i < 120; i++)
        must(call(&w, 1, "semaphore.acquire", "name=s|wait_ms=90000") == NULL);
    must(call(&w, 1, "semaphore.acquire", "name=s|permits=5|wait_ms=90000") == NULL);
    call(&w, 0, "semaphore.resize", "name=s|permits=4");
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert(engine_wants_rest(w.engine));
    reload_go_on(&w);
    rest();
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_int_eq(w.seen[0].result.code, ERR_VALUE);
    ck_assert(!engine_wants_rest(w.engine));
}
END_TEST

/* ---- an end of a pipe that many are attached to ---- */

/* It is closed for all of them at once, their tokens are dead, and their grants go in slices. Those
 * of the other end stay. */
START_TEST(an_end_lets_go_of_all_who_attached)
{
    uint64_t tokens[CROWD];
    world_create(&w, "pipe", "p", NULL);
    for (unsigned i = 0; i < CROWD; i++) {
        tokens[i] = call(&w, 1 + i, "pipe.attach", "name=p|end=1")->result.token;
        must(call(&w, 20 + i, "pipe.attach", "name=p|end=2")->result.kind == RESULT_GRANT);
    }
    call(&w, 1, "pipe.close", "name=p");
    for (uint64_t left = 2 * CROWD; engine_wants_rest(w.engine);) {
        ck_assert_uint_ge(world_usage(&w).grants + SLICE, left);
        left = world_usage(&w).grants;
        reload_go_on(&w);
        for (unsigned i = 0; i < CROWD; i++)
            ck_assert_ptr_null(grant_find(w.engine, tokens[i]));
        if (left == 2 * CROWD - 2) { /* one that was not looked at yet, nor dropped */
            world_end(&w, 3);
            left = world_usage(&w).grants;
        }
        rest();
    }
    ck_assert_uint_eq(world_usage(&w).grants, CROWD);
    ck_assert_int_eq(call(&w, 22, "pipe.send", "name=p|value=1")->result.code, ERR_BROKEN_PIPE);
    ck_assert_int_eq(call(&w, 5, "pipe.attach", "name=p|end=2")->result.kind, RESULT_GRANT);
    for (unsigned i = 0; i < CROWD; i++)
        world_end(&w, 20 + i);
    world_end(&w, 5);
    ck_assert_int_eq(call(&w, 6, "pipe.attach", "name=p|end=2")->result.code, ERR_END_CLOSED);
}
END_TEST

/* What is left over of one object holds up neither another one nor a command on it. */
START_TEST(others_are_served_between_two_slices)
{
    world_create(&w, "event", "e", NULL);
    world_create(&w, "lock", "l", NULL);
    crowd(1, "event.wait", "name=e|wait_ms=900");
    call(&w, 30, "lock.acquire", "name=l");
    ck_assert_ptr_null(call(&w, 31, "lock.acquire", "name=l|wait_ms=900"));
    uint64_t id = w.clients[31].id;
    call(&w, 0, "event.set", "name=e");
    ck_assert(engine_wants_rest(w.engine));
    call(&w, 30, "lock.release", "name=l");
    ck_assert_ptr_nonnull(world_seen(&w, 31, id));
    ck_assert(engine_wants_rest(w.engine));
}
END_TEST

START_TEST(a_slice_takes_no_memory)
{
    world_create(&w, "event", "e", NULL);
    crowd(1, "event.wait", "name=e|wait_ms=900");
    call(&w, 0, "event.set", "name=e");
    size_t blocks = world_usage(&w).blocks;
    struct command command = {.kind = COMMAND_REST, .now_ms = w.now_ms};
    alloc_fail_at(0);
    bool more = engine_apply(w.engine, &command, NULL).more;
    size_t count = alloc_count();
    alloc_fail_never();
    ck_assert(more);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_lt(world_usage(&w).blocks, blocks);
}
END_TEST

Suite *suite_wake(void);

Suite *suite_wake(void)
{
    Suite *suite = suite_create("wake");
    TCase *tests = tcase_create("wake");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_event_tells_all_who_waited_though_it_is_cleared);
    tcase_add_test(tests, time_does_not_run_out_for_who_is_due);
    tcase_add_test(tests, a_barrier_goes_on_while_a_generation_is_told);
    tcase_add_test(tests, permits_and_items_go_to_those_who_came_first);
    tcase_add_test(tests, what_is_left_over_can_be_had_at_once);
    tcase_add_test(tests, a_queue_lets_go_of_all_who_joined);
    tcase_add_test(tests, those_who_put_many_count_as_so_many);
    tcase_add_test(tests, a_shut_queue_refuses_all);
    tcase_add_test(tests, watchers_hear_of_a_change_in_slices);
    tcase_add_test(tests, a_notify_wakes_all_who_slept_in_slices);
    tcase_add_test(tests, a_notify_of_some_reaches_as_many);
    tcase_add_test(tests, a_notify_is_not_for_who_falls_asleep_later);
    tcase_add_test(tests, who_can_never_be_served_hears_of_it_in_slices);
    tcase_add_test(tests, who_can_be_served_is_looked_at_in_slices_too);
    tcase_add_test(tests, an_end_lets_go_of_all_who_attached);
    tcase_add_test(tests, others_are_served_between_two_slices);
    tcase_add_test(tests, a_slice_takes_no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
