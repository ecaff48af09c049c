/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits and whose connection is gone is passed over, and keeps its turn. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

#define FOR_EVER "wait_ms=18446744073709551615"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static void waits(unsigned who, const char *op, const char *args)
{
    ck_assert_ptr_null(call(&w, who, op, args));
}

/* The last command answered these waiting clients, in this order, each with a grant or an item. */
static void served(const unsigned *who, size_t count)
{
    size_t at = w.seen_count - count;
    ck_assert_uint_ge(w.seen_count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(w.seen[at + i].session, w.clients[who[i]].session);
        ck_assert_int_eq(w.seen[at + i].result.kind, RESULT_GRANT);
    }
    for (size_t i = 0; i < at; i++)
        ck_assert_uint_eq(w.seen[i].session, w.clients[0].session); /* its own reply */
}

#define SERVED(...) served((unsigned[]){__VA_ARGS__}, sizeof((unsigned[]){__VA_ARGS__}) / 4)
static void nobody_served(void)
{
    served(NULL, 0);
}

/* ---- each that gives ---- */

/* Client 0 makes it so that what others wait for is not there, and then there is one of it. */
static const struct giver {
    const char *create, *take, *ask, *args, *give, *given;
} givers[] = {
    {"type=lock|name=x", "lock.acquire", "lock.acquire", "name=x", "lock.release", "name=x"},
    {"type=rlock|name=x", "rlock.acquire", "rlock.acquire", "name=x", "rlock.release", "name=x"},
    {"type=condition|name=x", "condition.acquire", "condition.acquire", "name=x",
     "condition.release", "name=x"},
    {"type=semaphore|name=x", "semaphore.acquire", "semaphore.acquire", "name=x",
     "semaphore.release", "name=x"},
    {"type=queue|name=x", NULL, "queue.get", "name=x", "queue.put", "name=x|value=a"},
    {"type=queue|name=x|kind=lifo", NULL, "queue.get", "name=x|reserve=1", "queue.put",
     "name=x|value=a"},
    {"type=pipe|name=x", NULL, "pipe.recv", "name=x", "pipe.send", "name=x|value=a"},
};
enum { GIVERS = sizeof givers / sizeof givers[0] };

static const struct giver *giver;

static void begin(int i)
{
    giver = &givers[i];
    call(&w, 0, "object.create", giver->create);
    if (giver->take != NULL)
        call(&w, 0, giver->take, "name=x");
}

static void asks(unsigned who)
{
    char args[80];
    snprintf(args, sizeof args, "%s|" FOR_EVER, giver->args);
    waits(who, giver->ask, args);
}

static void gives(void)
{
    call(&w, 0, giver->give, giver->given);
    ck_assert_int_ne(w.seen[0].result.kind, RESULT_ERROR);
}

/* What client `who` was served it has no more, and there is one of it again. */
static void gives_again(unsigned who)
{
    if (giver->take == NULL) {
        gives();
        return;
    }
    call(&w, who, giver->give, giver->given);
    w.seen[0].session = w.clients[0].session;
}

START_TEST(who_is_away_is_passed_over_and_keeps_its_turn)
{
    begin(_i);
    asks(1);
    asks(2);
    asks(3);
    asks(4);
    ck_assert_int_eq(world_away(&w, 1).outcome, OUTCOME_EFFECT);
    world_away(&w, 2);
    gives();
    SERVED(3);
    world_back(&w, 2); /* it asked after 1, and before 4 */
    nobody_served();
    gives_again(3);
    SERVED(2);
    world_back(&w, 1);
    gives_again(2);
    SERVED(1);
    gives_again(1);
    SERVED(4);
}
END_TEST

START_TEST(who_is_back_finds_what_nobody_took)
{
    begin(_i);
    asks(1);
    asks(2);
    world_away(&w, 1);
    world_away(&w, 2);
    gives();
    nobody_served();
    ck_assert_int_eq(world_back(&w, 2).outcome, OUTCOME_EFFECT);
    SERVED(2);
    gives_again(2);
    nobody_served();
    world_back(&w, 1);
    SERVED(1);
}
END_TEST

START_TEST(who_asks_does_not_wait_for_who_is_away)
{
    begin(_i);
    asks(1);
    world_away(&w, 1);
    gives();
    ck_assert_int_eq(call(&w, 2, giver->ask, giver->args)->result.kind, RESULT_GRANT);
    gives_again(2);
    nobody_served();
    world_back(&w, 1);
    SERVED(1);
}
END_TEST

/* ---- a start ---- */

START_TEST(a_start_keeps_the_order_until_all_are_back)
{
    begin(_i);
    asks(1);
    asks(2);
    asks(3);
    world_boot(&w);
    ck_assert_uint_eq(engine_due(w.engine), w.now_ms + 1000);
    world_back(&w, 3);
    gives();
    nobody_served();
    ck_assert_int_eq(call(&w, 4, giver->ask, giver->args)->result.kind, RESULT_ERROR);
    world_back(&w, 2);
    nobody_served();
    world_back(&w, 1);
    SERVED(1);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX);
    gives_again(1);
    SERVED(2);
}
END_TEST

START_TEST(a_start_waits_a_second_for_who_does_not_come)
{
    begin(_i);
    asks(1);
    asks(2);
    world_boot(&w);
    world_back(&w, 2);
    gives();
    ck_assert_int_eq(world_tick(&w, 999).outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_tick(&w, 1).outcome, OUTCOME_EFFECT);
    SERVED(2);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX);
    gives_again(2);
    nobody_served();
    world_back(&w, 1);
    SERVED(1);
}
END_TEST

START_TEST(a_start_does_not_wait_for_who_has_ended)
{
    begin(_i);
    asks(1);
    asks(2);
    world_boot(&w);
    world_back(&w, 2);
    gives();
    world_end(&w, 1);
    SERVED(2);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX);
}
END_TEST

/* ---- those that do not give ---- */

START_TEST(others_are_answered_while_they_are_away)
{
    call(&w, 0, "object.create", "type=queue|name=q|maxsize=1|init=[a]");
    call(&w, 0, "object.create", "type=pipe|name=p|maxsize=1");
    call(&w, 0, "pipe.send", "name=p|value=a");
    call(&w, 0, "object.create", "type=event|name=e");
    call(&w, 0, "object.create", "type=barrier|name=b|init=2");
    waits(1, "queue.put", "name=q|value=b|" FOR_EVER);
    waits(2, "queue.put", "name=q|value=c|" FOR_EVER);
    waits(3, "pipe.send", "name=p|value=b|" FOR_EVER);
    waits(4, "pipe.poll", "name=p|end=2|" FOR_EVER);
    waits(5, "event.wait", "name=e|" FOR_EVER);
    waits(6, "barrier.wait", "name=b|" FOR_EVER);
    ck_assert_ptr_null(callf(&w, 7, "object.changed", "name=e|since=%llu|" FOR_EVER,
                             (unsigned long long)engine_revision(w.engine)));
    waits(8, "queue.join", "name=q|" FOR_EVER);
    for (unsigned who = 1; who <= 8; who++)
        ck_assert_int_eq(world_away(&w, who).outcome, OUTCOME_EFFECT);
    ck_assert_int_eq(call(&w, 0, "queue.get", "name=q")->result.kind, RESULT_GRANT);
    ck_assert_ptr_nonnull(world_seen(&w, 1, w.clients[1].id));
    ck_assert_int_eq(call(&w, 0, "pipe.recv", "name=p")->result.kind, RESULT_GRANT);
    ck_assert_ptr_nonnull(world_seen(&w, 3, w.clients[3].id));
    call(&w, 0, "pipe.send", "name=p|end=1|value=x");
    ck_assert_ptr_nonnull(world_seen(&w, 4, w.clients[4].id));
    call(&w, 0, "event.set", "name=e");
    ck_assert_ptr_nonnull(world_seen(&w, 5, w.clients[5].id));
    ck_assert_ptr_nonnull(world_seen(&w, 7, w.clients[7].id));
    call(&w, 0, "barrier.wait", "name=b");
    ck_assert_ptr_nonnull(world_seen(&w, 6, w.clients[6].id));
    call(&w, 0, "queue.clear", "name=q"); /* b; c comes in */
    ck_assert_ptr_nonnull(world_seen(&w, 2, w.clients[2].id));
    ck_assert_uint_eq(world_usage(&w).waiters, 1); /* who joins */
}
END_TEST

START_TEST(a_head_that_wants_more_lets_others_pass_when_it_goes)
{
    world_create(&w, "semaphore", "s", "3");
    call(&w, 0, "semaphore.acquire", "name=s|permits=2");
    waits(1, "semaphore.acquire", "name=s|permits=3|" FOR_EVER);
    waits(2, "semaphore.acquire", "name=s|" FOR_EVER);
    world_away(&w, 1);
    SERVED(2);
    world_back(&w, 1);
    waits(3, "semaphore.acquire", "name=s|" FOR_EVER);
    call(&w, 2, "semaphore.release",
         "name=s"); /* its head keeps its turn among those who are there */
    ck_assert_uint_eq(w.seen_count, 1);
    call(&w, 0, "semaphore.release", "name=s|permits=2");
    SERVED(1);
}
END_TEST

START_TEST(items_of_a_queue_that_was_shut_down_wait_for_who_is_away)
{
    world_create(&w, "queue", "q", NULL);
    waits(1, "queue.get", "name=q|" FOR_EVER);
    waits(2, "queue.get", "name=q|" FOR_EVER);
    world_away(&w, 1);
    world_away(&w, 2);
    call(&w, 0, "queue.put", "name=q|value=a");
    call(&w, 0, "queue.shutdown", "name=q");
    nobody_served();
    world_back(&w, 2);
    ck_assert_uint_eq(w.seen_count, 2);
    ck_assert_uint_eq(w.seen[0].session, w.clients[2].session);
    ck_assert_int_eq(w.seen[0].result.kind, RESULT_GRANT);
    ck_assert_int_eq(w.seen[1].result.code, ERR_SHUT_DOWN);
    ck_assert_uint_eq(w.seen[1].session, w.clients[1].session);
}
END_TEST

/* ---- conditions ---- */

static void sleeps(unsigned who, const char *args)
{
    ck_assert_int_eq(call(&w, who, "condition.acquire", "name=c")->result.kind, RESULT_GRANT);
    waits(who, "condition.wait", args);
}

START_TEST(a_notify_prefers_who_is_there)
{
    world_create(&w, "condition", "c", NULL);
    for (unsigned who = 1; who <= 3; who++)
        sleeps(who, "name=c|" FOR_EVER);
    world_away(&w, 1);
    world_away(&w, 2);
    call(&w, 0, "condition.acquire", "name=c");
    call(&w, 0, "condition.notify", "name=c|count=2"); /* 3, and 1 */
    call(&w, 0, "condition.release", "name=c");
    SERVED(3);
    call(&w, 3, "condition.release", "name=c");
    ck_assert_uint_eq(w.seen_count, 1); /* 1 is passed over */
    world_back(&w, 2);
    nobody_served();  /* it was not notified */
    world_end(&w, 1); /* so the notify is for 2 */
    SERVED(2);
}
END_TEST

START_TEST(a_sleeper_who_is_away_gets_its_lock_when_it_is_back)
{
    world_create(&w, "condition", "c", NULL);
    sleeps(1, "name=c|wait_ms=100");
    sleeps(2, "name=c|wait_ms=100|reacquire_ms=50");
    world_away(&w, 1);
    world_away(&w, 2);
    world_tick(&w, 100);
    nobody_served();
    ck_assert_int_eq(call(&w, 3, "condition.acquire", "name=c")->result.kind, RESULT_GRANT);
    world_tick(&w, 50);
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_int_eq(w.seen[0].result.code, ERR_LOCK_LOST);
    world_back(&w, 1);
    nobody_served();
    call(&w, 3, "condition.release", "name=c");
    ck_assert_uint_eq(w.seen[1].session, w.clients[1].session);
    ck_assert_int_eq(w.seen[1].result.kind, RESULT_GRANT);
}
END_TEST

/* ---- the commands ---- */

START_TEST(only_sessions_that_wait_are_away)
{
    world_create(&w, "lock", "l", NULL);
    ck_assert_int_eq(world_away(&w, 0).outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_back(&w, 0).outcome, OUTCOME_NONE);
    call(&w, 0, "lock.acquire", "name=l");
    waits(1, "lock.acquire", "name=l|" FOR_EVER);
    ck_assert_int_eq(world_away(&w, 1).outcome, OUTCOME_EFFECT);
    ck_assert_int_eq(world_away(&w, 1).outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_back(&w, 1).outcome, OUTCOME_EFFECT);
    ck_assert_int_eq(world_back(&w, 1).outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_away(&w, 5).outcome, OUTCOME_NONE); /* it has no session */
}
END_TEST

/* Commands of that kind until it is done; checks that none takes memory. */
static unsigned slices(enum command_kind kind, unsigned who)
{
    struct command command = {
        .kind = kind, .now_ms = w.now_ms, .sessions = &w.clients[who].session, .session_count = 1};
    unsigned count = 1;
    alloc_fail_at(SIZE_MAX);
    while (engine_apply(w.engine, &command, NULL).more)
        count++;
    alloc_fail_never();
    ck_assert_uint_eq(alloc_count(), 0);
    return count;
}

static void same_after_reload(void)
{
    struct world again;
    struct buf state;
    reload_save(w.engine, &state);
    reload(&w, buf_bytes(&state), &again);
    char *before = strdup(world_digest(&w));
    ck_assert_str_eq(before, world_digest(&again));
    free(before);
    buf_free(&state);
    world_free(&again);
}

START_TEST(a_large_window_goes_and_comes_in_slices)
{
    w.window = 4096;
    world_create(&w, "lock", "l", NULL);
    call(&w, 0, "lock.acquire", "name=l");
    for (unsigned i = 0; i < 2500; i++)
        must(call(&w, 1, "lock.acquire", "name=l|" FOR_EVER) == NULL);
    struct command half = {
        .kind = COMMAND_AWAY, .sessions = &w.clients[1].session, .session_count = 1};
    ck_assert(world_apply(&w, &half).more);
    same_after_reload();
    ck_assert_uint_eq(slices(COMMAND_BACK, 1), 3); /* it was not away yet, and is back whole */
    ck_assert_uint_eq(slices(COMMAND_AWAY, 1), 3);
    same_after_reload();
    ck_assert_uint_eq(slices(COMMAND_BACK, 1), 3);
    ck_assert(world_apply(&w, &half).more);
    world_cancel(&w, 1, 1001, ERR_CANCELLED); /* the one that is next */
    same_after_reload();
    world_boot(&w);
    same_after_reload();
    world_end(&w, 1);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

/* Who asks though it is away: its connection is not known to be back yet. */
START_TEST(what_is_asked_while_away_waits_away)
{
    world_create(&w, "lock", "l", NULL);
    call(&w, 0, "lock.acquire", "name=l");
    waits(1, "lock.acquire", "name=l|" FOR_EVER);
    world_away(&w, 1);
    waits(1, "lock.acquire", "name=l|" FOR_EVER);
    waits(2, "lock.acquire", "name=l|" FOR_EVER);
    call(&w, 0, "lock.release", "name=l");
    SERVED(2);
    world_back(&w, 1);
    call(&w, 2, "lock.release", "name=l");
    ck_assert_uint_eq(w.seen[1].id, 1);
    same_after_reload();
}
END_TEST

Suite *suite_absence(void);
Suite *suite_absence(void)
{
    Suite *suite = suite_create("absence");
    TCase *tc = tcase_create("absence");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, who_is_away_is_passed_over_and_keeps_its_turn, 0, GIVERS);
    tcase_add_loop_test(tc, who_is_back_finds_what_nobody_took, 0, GIVERS);
    tcase_add_loop_test(tc, who_asks_does_not_wait_for_who_is_away, 0, GIVERS);
    tcase_add_loop_test(tc, a_start_keeps_the_order_until_all_are_back, 0, GIVERS);
    tcase_add_loop_test(tc, a_start_waits_a_second_for_who_does_not_come, 0, GIVERS);
    tcase_add_loop_test(tc, a_start_does_not_wait_for_who_has_ended, 0, GIVERS);
    tcase_add_test(tc, others_are_answered_while_they_are_away);
    tcase_add_test(tc, a_head_that_wants_more_lets_others_pass_when_it_goes);
    tcase_add_test(tc, items_of_a_queue_that_was_shut_down_wait_for_who_is_away);
    tcase_add_test(tc, a_notify_prefers_who_is_there);
    tcase_add_test(tc, a_sleeper_who_is_away_gets_its_lock_when_it_is_back);
    tcase_add_test(tc, only_sessions_that_wait_are_away);
    tcase_add_test(tc, a_large_window_goes_and_comes_in_slices);
    tcase_add_test(tc, what_is_asked_while_away_waits_away);
    suite_add_tcase(suite, tc);
    return suite;
}
