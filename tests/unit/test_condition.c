/* SPDX-License-Identifier: BSD-2-Clause */
/* condition: waiting gives the lock back and takes it again, and no notify is lost. Most tests run
 * with its own lock, a named lock and a named rlock. Its lock itself: test_mutex.c. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "wire.pb-c.h"

#define FOR_EVER "wait_ms=18446744073709551615"

static const char *const locks[] = {NULL, "lock", "rlock"};
enum { LOCKS = 3 };

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

/* Makes "c" with the i-th kind of lock. */
static void begin(int i)
{
    if (locks[i] != NULL)
        callf(&w, 0, "object.create", "name=l|type=%s", locks[i]);
    const struct seen *seen =
        callf(&w, 0, "object.create", "name=c|type=condition%s", locks[i] == NULL ? "" : "|lock=l");
    ck_assert_msg(seen->result.kind == RESULT_VALUE, "%s", world_show(&w, seen));
}

static const struct seen *does(unsigned who, const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "condition.%s", method);
    return callf(&w, who, op, "name=c%s%s", *args == '\0' ? "" : "|", args);
}

static const char *says(unsigned who, const char *method, const char *args)
{
    return world_show(&w, does(who, method, args));
}

static uint64_t takes(unsigned who)
{
    const struct seen *seen = does(who, "acquire", "");
    ck_assert_msg(seen->result.kind == RESULT_GRANT, "%s", world_show(&w, seen));
    return seen->result.token;
}

/* It has taken the lock and waits; the id of the wait. */
static uint64_t sleeps(unsigned who, const char *args)
{
    takes(who);
    ck_assert_ptr_null(does(who, "wait", args));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_PARKED);
    return w.clients[who].id;
}

/* Client 0 takes the lock, notifies and gives it back. */
static void notify(const char *args)
{
    takes(0);
    ck_assert_str_eq(says(0, "notify", args), "done");
    ck_assert_str_eq(says(0, "release", ""), "done");
}

/* The last command ended that wait, as it should; its token. */
static uint64_t woke(unsigned who, uint64_t id, bool value)
{
    const struct seen *seen = world_seen(&w, who, id);
    ck_assert_msg(seen != NULL, "client %u was not told", who);
    ck_assert_msg(seen->result.kind == RESULT_GRANT, "%s", world_show(&w, seen));
    ck_assert_uint_eq(seen->result.token, seen->revision);
    ck_assert(bytes_equal(seen->result.value, val_bool(value)));
    return seen->result.token;
}

static enum mgr_code told(unsigned who, uint64_t id)
{
    const struct seen *seen = world_seen(&w, who, id);
    return seen == NULL ? 0 : seen->result.code;
}

/* ---- waiting ---- */

/* Client 1 does not own the lock. */
static void refused(void)
{
    const char *no_wait = "error RUNTIME: cannot wait on un-acquired lock";
    const char *no_notify = "error RUNTIME: cannot notify on un-acquired lock";
    ck_assert_str_eq(says(1, "wait", FOR_EVER), no_wait);
    ck_assert_str_eq(says(1, "wait", ""), no_wait);
    ck_assert_str_eq(says(1, "notify", ""), no_notify);
    ck_assert_str_eq(says(1, "notify", "count=0"), no_notify);
    ck_assert_str_eq(says(1, "notify_all", ""), no_notify);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
}

START_TEST(only_owners_wait_and_notify)
{
    begin(_i);
    refused();
    takes(2);
    refused();
    ck_assert_str_eq(says(2, "wait", "holder=1|" FOR_EVER),
                     "error RUNTIME: cannot wait on un-acquired lock");
    says(2, "release", "");
    refused();
}
END_TEST

START_TEST(notified_and_owner_again)
{
    begin(_i);
    uint64_t token = takes(1);
    ck_assert_ptr_null(does(1, "wait", FOR_EVER));
    uint64_t id = w.clients[1].id;
    ck_assert_ptr_null(grant_find(w.engine, token));
    ck_assert_str_eq(says(0, "locked", ""), "False");
    takes(0);
    ck_assert_str_eq(says(0, "notify", ""), "done");
    ck_assert_uint_eq(w.seen_count, 1); /* the lock is not free yet */
    ck_assert_str_eq(says(0, "release", ""), "done");
    ck_assert_uint_gt(woke(1, id, true), token);
    ck_assert_uint_eq(world_seen(&w, 1, id)->result.depth, 1);
    ck_assert_str_eq(says(1, "held", ""), "True");
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 1);
}
END_TEST

START_TEST(all_levels_are_given_back_and_restored)
{
    begin(_i);
    if (_i == 1)
        return; /* a lock has no levels */
    for (unsigned i = 0; i < 3; i++)
        does(1, "acquire", "");
    ck_assert_ptr_null(does(1, "wait", FOR_EVER));
    uint64_t id = w.clients[1].id;
    ck_assert_str_eq(says(0, "locked", ""), "False");
    notify("");
    uint64_t token = woke(1, id, true);
    ck_assert_uint_eq(world_seen(&w, 1, id)->result.depth, 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(grant_find(w.engine, token));
        ck_assert_str_eq(says(1, "release", ""), "done");
    }
    ck_assert_ptr_null(grant_find(w.engine, token));
}
END_TEST

START_TEST(its_time_is_over)
{
    begin(_i);
    uint64_t id = sleeps(1, "wait_ms=300");
    world_tick(&w, 300);
    woke(1, id, false);
    says(1, "release", "");
    /* while another one owns it, the lock is waited for */
    id = sleeps(1, "wait_ms=300");
    takes(0);
    world_tick(&w, 300);
    ck_assert_uint_eq(w.seen_count, 0);
    world_tick(&w, 100000);
    ck_assert_str_eq(says(0, "notify", ""), "done"); /* too late for it */
    says(0, "release", "");
    woke(1, id, false);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(not_waiting_at_all)
{
    begin(_i);
    uint64_t token = takes(1);
    const struct seen *seen = does(1, "wait", "wait_ms=0");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_int_eq(seen->result.kind, RESULT_GRANT);
    ck_assert_uint_eq(seen->result.token, token);
    ck_assert_uint_eq(seen->result.depth, 1);
    ck_assert(bytes_equal(seen->result.value, VAL_FALSE));
    ck_assert_str_eq(says(1, "held", ""), "True");
}
END_TEST

/* ---- notifying ---- */

START_TEST(the_first_ones_wake)
{
    uint64_t ids[7];
    begin(_i);
    for (unsigned who = 1; who < 7; who++)
        ids[who] = sleeps(who, FOR_EVER);
    takes(0);
    ck_assert_str_eq(says(0, "notify", "count=0"), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    says(0, "notify", "");
    says(0, "notify", "count=2");
    says(0, "release", "");
    for (unsigned who = 1; who < 4; who++) {
        woke(who, ids[who], true);
        ck_assert_uint_eq(w.seen_count, 2);
        says(who, "release", "");
    }
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_str_eq(says(0, "locked", ""), "False");
    takes(0);
    ck_assert_str_eq(says(0, "notify_all", ""), "done");
    ck_assert_str_eq(says(0, "notify_all", ""), "done"); /* nobody is left */
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    says(0, "release", "");
    for (unsigned who = 4; who < 7; who++) {
        woke(who, ids[who], true);
        says(who, "release", "");
    }
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

START_TEST(behind_those_who_want_the_lock)
{
    begin(_i);
    uint64_t asleep = sleeps(1, FOR_EVER);
    takes(0);
    ck_assert_ptr_null(does(2, "acquire", FOR_EVER));
    uint64_t before = w.clients[2].id;
    says(0, "notify", "");
    ck_assert_ptr_null(does(3, "acquire", FOR_EVER));
    uint64_t after = w.clients[3].id;
    says(0, "release", "");
    ck_assert_ptr_nonnull(world_seen(&w, 2, before));
    says(2, "release", "");
    woke(1, asleep, true);
    says(1, "release", "");
    ck_assert_ptr_nonnull(world_seen(&w, 3, after));
}
END_TEST

/* A notified one that leaves, one way or another, before it has the lock. */
START_TEST(a_notify_is_passed_on)
{
    for (unsigned way = 0; way < 3; way++) {
        uint64_t ids[4];
        if (way == 0)
            begin(_i);
        for (unsigned who = 1; who < 4; who++)
            ids[who] = sleeps(who, who == 1 ? FOR_EVER "|reacquire_ms=50" : FOR_EVER);
        takes(0);
        says(0, "notify", "");
        if (way == 0) {
            world_end(&w, 1);
        } else if (way == 1) {
            world_cancel(&w, 1, ids[1], ERR_CANCELLED);
            ck_assert_int_eq(told(1, ids[1]), ERR_CANCELLED);
        } else {
            world_tick(&w, 50);
            ck_assert_int_eq(told(1, ids[1]), ERR_LOCK_LOST);
        }
        ck_assert_str_eq(says(1, "held", ""), "False");
        says(0, "release", "");
        woke(2, ids[2], true);
        says(2, "release", "");
        ck_assert_uint_eq(w.seen_count, 1); /* one notify, one waiter */
        notify("");
        woke(3, ids[3], true);
        says(3, "release", "");
        ck_assert_uint_eq(world_usage(&w).waiters, 0);
    }
}
END_TEST

START_TEST(a_notify_is_not_multiplied)
{
    begin(_i);
    uint64_t first = sleeps(1, "wait_ms=100|reacquire_ms=50");
    uint64_t second = sleeps(2, FOR_EVER);
    uint64_t third = sleeps(3, FOR_EVER);
    /* not notified: nothing to pass on */
    takes(0);
    world_tick(&w, 100);
    world_tick(&w, 50);
    ck_assert_int_eq(told(1, first), ERR_LOCK_LOST);
    world_cancel(&w, 2, second, ERR_CANCELLED);
    says(0, "release", "");
    ck_assert_uint_eq(w.seen_count, 1);
    /* the last one takes its notify with it */
    takes(0);
    says(0, "notify", "");
    world_cancel(&w, 3, third, ERR_CANCELLED);
    says(0, "release", "");
    sleeps(4, FOR_EVER);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
}
END_TEST

START_TEST(the_lock_cannot_be_taken_again_in_time)
{
    begin(_i);
    /* not even a moment: taken when it is free, else lost */
    uint64_t id = sleeps(1, "wait_ms=100|reacquire_ms=0");
    world_tick(&w, 100);
    woke(1, id, false);
    says(1, "release", "");
    id = sleeps(1, "wait_ms=100|reacquire_ms=0");
    takes(0);
    world_tick(&w, 100);
    ck_assert_str_eq(world_show(&w, world_seen(&w, 1, id)),
                     "error LOCK_LOST: the lock could not be taken again in time");
    ck_assert_str_eq(says(0, "held", ""), "True");
    ck_assert_uint_eq(world_usage(&w).grants, 1);
    says(0, "release", "");
    /* counted from the notify on */
    id = sleeps(1, FOR_EVER "|reacquire_ms=70");
    world_tick(&w, 1000);
    takes(0);
    says(0, "notify", "");
    world_tick(&w, 69);
    ck_assert_uint_eq(w.seen_count, 0);
    world_tick(&w, 1);
    ck_assert_int_eq(told(1, id), ERR_LOCK_LOST);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

/* ---- leaving ---- */

START_TEST(a_sleeper_that_goes_owns_nothing)
{
    begin(_i);
    uint64_t cancelled = sleeps(1, FOR_EVER);
    sleeps(2, "wait_ms=500");
    world_cancel(&w, 1, cancelled, ERR_CANCELLED);
    ck_assert_int_eq(told(1, cancelled), ERR_CANCELLED);
    ck_assert_str_eq(says(1, "held", ""), "False");
    world_end(&w, 2);
    ck_assert_str_eq(says(0, "locked", ""), "False");
    ck_assert_uint_eq(does(3, "acquire", "")->result.previous_token, 0);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

START_TEST(its_owner_dies)
{
    begin(_i);
    uint64_t id = sleeps(1, FOR_EVER);
    uint64_t token = takes(0);
    says(0, "notify", "");
    world_end(&w, 0);
    woke(1, id, true);
    ck_assert_uint_eq(world_seen(&w, 1, id)->result.previous_token, token);
    /* a wait is no release: the next one hears of it too */
    ck_assert_ptr_null(does(1, "wait", FOR_EVER));
    ck_assert_uint_eq(does(2, "acquire", "")->result.previous_token, token);
}
END_TEST

START_TEST(a_wait_sent_again_is_one_wait)
{
    Wire__ConditionWait in = WIRE__CONDITION_WAIT__INIT;
    begin(_i);
    in.has_name = true, in.name = world_text("c");
    struct ask ask = {.id = sleeps(1, FOR_EVER), .wait_ms = UINT64_MAX};
    ck_assert_ptr_null(world_ask(&w, 1, &ask, &in.base));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    notify("");
    uint64_t token = woke(1, ask.id, true);
    ck_assert_uint_eq(world_ask(&w, 1, &ask, &in.base)->result.token, token);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
}
END_TEST

START_TEST(without_memory)
{
    begin(_i);
    takes(0);
    ck_assert_uint_ge(call_without_memory(&w, "condition.wait", "name=c|wait_ms=5|reacquire_ms=5"),
                      3);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    world_tick(&w, 5);
    ck_assert_str_eq(says(0, "held", ""), "True");
}
END_TEST

Suite *suite_condition(void);
Suite *suite_condition(void)
{
    Suite *suite = suite_create("condition");
    TCase *tcase = tcase_create("condition");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, only_owners_wait_and_notify, 0, LOCKS);
    tcase_add_loop_test(tcase, notified_and_owner_again, 0, LOCKS);
    tcase_add_loop_test(tcase, all_levels_are_given_back_and_restored, 0, LOCKS);
    tcase_add_loop_test(tcase, its_time_is_over, 0, LOCKS);
    tcase_add_loop_test(tcase, not_waiting_at_all, 0, LOCKS);
    tcase_add_loop_test(tcase, the_first_ones_wake, 0, LOCKS);
    tcase_add_loop_test(tcase, behind_those_who_want_the_lock, 0, LOCKS);
    tcase_add_loop_test(tcase, a_notify_is_passed_on, 0, LOCKS);
    tcase_add_loop_test(tcase, a_notify_is_not_multiplied, 0, LOCKS);
    tcase_add_loop_test(tcase, the_lock_cannot_be_taken_again_in_time, 0, LOCKS);
    tcase_add_loop_test(tcase, a_sleeper_that_goes_owns_nothing, 0, LOCKS);
    tcase_add_loop_test(tcase, its_owner_dies, 0, LOCKS);
    tcase_add_loop_test(tcase, a_wait_sent_again_is_one_wait, 0, LOCKS);
    tcase_add_loop_test(tcase, without_memory, 0, LOCKS);
    suite_add_tcase(suite, tcase);
    return suite;
}
