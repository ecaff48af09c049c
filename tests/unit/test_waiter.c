/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting: in turn, without barging, and every way to leave lets the next one be looked at. */
#include "tests/support/fakelock.h"

#include "wire.pb-c.h"

#define FOR_EVER UINT64_MAX

static struct world w;

static void setup(void)
{
    world_init(&w, &fakelock_handlers);
    fakelock_create(&w, "a", "5");
}

static void teardown(void)
{
    world_free(&w);
}

/* Client `who` has asked for permits and waits; the id of that request. */
static uint64_t parks(unsigned who, uint64_t permits, uint64_t wait_ms)
{
    ck_assert_ptr_null(fakelock_acquire(&w, who, "a", permits, wait_ms));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_PARKED);
    ck_assert_uint_eq(w.applied.first, w.applied.last);
    return w.clients[who].id;
}

static uint64_t takes(unsigned who, uint64_t permits)
{
    const struct seen *seen = fakelock_acquire(&w, who, "a", permits, 0);
    ck_assert_int_eq(seen->result.kind, RESULT_GRANT);
    ck_assert_uint_eq(seen->result.token, seen->revision);
    return seen->result.token;
}

START_TEST(first_in_first_out_each_with_its_own_step)
{
    uint64_t token = takes(0, 5);
    uint64_t ids[6];
    for (unsigned who = 1; who < 6; who++)
        ids[who] = parks(who, 1, FOR_EVER);
    fakelock_release(&w, 0, "a", token);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    ck_assert_uint_eq(w.applied.last - w.applied.first, 5);
    ck_assert_uint_eq(w.seen_count, 6);
    ck_assert_uint_eq(w.seen[0].revision, w.applied.first);
    for (unsigned who = 1; who < 6; who++) {
        const struct seen *seen = &w.seen[who];
        ck_assert_uint_eq(seen->session, w.clients[who].session);
        ck_assert_uint_eq(seen->id, ids[who]);
        ck_assert_uint_eq(seen->revision, w.applied.first + who);
        ck_assert_uint_eq(seen->result.token, seen->revision);
    }
    ck_assert_str_eq(fakelock_show(&w, "a"), "[0, 0, 0, 0]");
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 5);
}
END_TEST

START_TEST(no_barging)
{
    uint64_t token = takes(0, 4);
    parks(1, 3, FOR_EVER);
    /* one is free, but somebody waits */
    ck_assert_int_eq(fakelock_acquire(&w, 2, "a", 1, 0)->result.code, ERR_BUSY);
    uint64_t id = parks(2, 1, FOR_EVER);
    fakelock_release(&w, 0, "a", token);
    ck_assert_uint_eq(w.seen_count, 3);
    ck_assert_uint_eq(w.seen[2].id, id);
}
END_TEST

/* Client 1 wants all five at the head of the queue, 2 and 3 want one each, and one is free. */
static void head_in_the_way(uint64_t wait_ms)
{
    takes(0, 4);
    parks(1, 5, wait_ms);
    parks(2, 1, FOR_EVER);
    parks(3, 1, FOR_EVER);
}

static void check_second_granted(size_t at)
{
    ck_assert_uint_eq(w.seen_count, at + 1);
    ck_assert_uint_eq(w.seen[at].session, w.clients[2].session);
    ck_assert_int_eq(w.seen[at].result.kind, RESULT_GRANT);
    ck_assert_str_eq(fakelock_show(&w, "a"), "[0, 1, 1, 0]");
}

START_TEST(a_timeout_lets_the_next_be_looked_at)
{
    head_in_the_way(500);
    ck_assert_uint_eq(engine_due(w.engine), 1500);
    ck_assert_int_eq(world_tick(&w, 499).outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_tick(&w, 1).outcome, OUTCOME_EFFECT);
    ck_assert_int_eq(w.seen[0].result.code, ERR_TIMEOUT);
    ck_assert_uint_eq(w.seen[0].revision, w.applied.first + 1);
    check_second_granted(1);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX);
}
END_TEST

START_TEST(a_cancel_lets_the_next_be_looked_at)
{
    head_in_the_way(FOR_EVER);
    ck_assert_int_eq(world_cancel(&w, 1, w.clients[1].id, ERR_DENIED).outcome, OUTCOME_EFFECT);
    ck_assert_int_eq(w.seen[0].result.code, ERR_DENIED);
    check_second_granted(1);
    /* too late */
    ck_assert_int_eq(world_cancel(&w, 1, w.clients[1].id, ERR_DENIED).outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_cancel(&w, 2, w.clients[2].id, ERR_DENIED).outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_cancel(&w, 9, 1, ERR_DENIED).outcome, OUTCOME_NONE);
}
END_TEST

START_TEST(the_end_of_a_session_lets_the_next_be_looked_at)
{
    head_in_the_way(FOR_EVER);
    ck_assert_int_eq(world_end(&w, 1).outcome, OUTCOME_EFFECT);
    check_second_granted(0); /* nobody is told that its session ended */
    ck_assert_int_eq(world_end(&w, 1).outcome, OUTCOME_NONE);
}
END_TEST

START_TEST(a_cancelled_request_was_answered_once_and_for_all)
{
    takes(0, 5);
    uint64_t id = parks(1, 1, 1000);
    Wire__ObjectChanged in = WIRE__OBJECT_CHANGED__INIT;
    world_cancel(&w, 1, id, ERR_CANCELLED);
    uint64_t revision = w.seen[0].revision;
    in.has_name = true, in.name = world_text("a");
    in.has_since = true, in.since = FAKE_ACQUIRE + 1;
    const struct seen *seen =
        world_command(&w, 1, &(struct ask){.id = id, .wait_ms = 1000}, &in.base);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_int_eq(seen->result.code, ERR_CANCELLED);
    ck_assert_uint_eq(seen->revision, revision);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(a_long_completion_takes_the_room_that_was_kept)
{
    const char *meaning = error_row(ERR_EXISTS)->meaning;
    struct session_view view;
    takes(0, 5);
    uint64_t id = parks(1, 1, FOR_EVER);
    ck_assert_uint_gt(strlen(meaning), SLOT_INLINE - 4);
    world_cancel(&w, 1, id, ERR_EXISTS);
    ck_assert(bytes_equal(w.seen[0].result.message, bytes_text(meaning)));
    ck_assert(engine_session_view(w.engine, w.clients[1].session, &view));
    ck_assert_uint_eq(view.retained_bytes, WAITER_REPLY_ROOM);
    world_end(&w, 1); /* and it is given back once */
}
END_TEST

START_TEST(a_deleted_object_tells_its_waiters_after_the_delete_itself)
{
    takes(0, 5);
    for (unsigned who = 1; who < 4; who++)
        parks(who, 1, who == 2 ? 1000 : FOR_EVER);
    uint64_t since = engine_revision(w.engine);
    ck_assert_ptr_null(fakelock_watch(&w, 4, "a", since, FOR_EVER));
    const struct seen *seen = fakelock_delete(&w, 0, "a");
    ck_assert_int_eq(seen->result.kind, RESULT_DONE);
    ck_assert_uint_eq(w.seen_count, 5);
    ck_assert_ptr_eq(seen, &w.seen[0]);
    for (unsigned i = 1; i < 5; i++) {
        ck_assert_int_eq(w.seen[i].result.code, ERR_NO_SUCH_OBJECT);
        ck_assert_uint_eq(w.seen[i].session, w.clients[i].session);
        ck_assert_uint_eq(w.seen[i].revision, w.applied.first + i);
    }
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(the_type_decides_what_a_timeout_is)
{
    takes(0, 5);
    takes(0, 0);
    fakelock_create(&w, "b", "9");
    fakelock_acquire(&w, 0, "b", 9, 0);
    ck_assert_ptr_null(fakelock_acquire(&w, 1, "b", FAKE_FALSE, 100));
    ck_assert_ptr_null(fakelock_acquire(&w, 2, "b", FAKE_STAYS, 100));
    world_tick(&w, 100);
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_str_eq(world_show(&w, &w.seen[0]), "False");
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX);
    /* it is still there and can be cancelled */
    ck_assert_int_eq(world_cancel(&w, 2, w.clients[2].id, ERR_CANCELLED).outcome, OUTCOME_EFFECT);
}
END_TEST

START_TEST(watchers_are_told_of_the_next_change)
{
    uint64_t since = engine_revision(w.engine);
    for (unsigned who = 1; who < 4; who++)
        ck_assert_ptr_null(fakelock_watch(&w, who, "a", since, FOR_EVER));
    fakelock_add(&w, 0, "a", "0");
    ck_assert_uint_eq(w.seen_count, 1);
    const struct seen *seen = fakelock_add(&w, 0, "a", "1");
    uint64_t changed_at = seen->revision;
    ck_assert_uint_eq(w.seen_count, 4);
    for (unsigned i = 1; i < 4; i++) {
        ck_assert_uint_eq(w.seen[i].session, w.clients[i].session);
        ck_assert_uint_eq(w.seen[i].revision, changed_at + i);
        ck_assert_int_eq(val_read(w.seen[i].result.value).kind, VAL_INT);
        ck_assert_uint_eq((uint64_t)val_read(w.seen[i].result.value).integer, changed_at);
    }
    /* a change that was missed is told at once */
    ck_assert_uint_eq(
        (uint64_t)val_read(fakelock_watch(&w, 1, "a", since, 0)->result.value).integer, changed_at);
}
END_TEST

START_TEST(a_watcher_that_leaves_wakes_no_other)
{
    uint64_t since = fakelock_add(&w, 0, "a", "1")->revision;
    ck_assert_ptr_null(fakelock_watch(&w, 1, "a", since, FOR_EVER));
    ck_assert_ptr_null(fakelock_watch(&w, 2, "a", since, FOR_EVER));
    world_cancel(&w, 1, w.clients[1].id, ERR_CANCELLED);
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
}
END_TEST

START_TEST(waiting_for_ever_and_nearly_for_ever)
{
    takes(0, 5);
    parks(1, 1, UINT64_MAX);
    parks(2, 1, UINT64_MAX - 1);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
    parks(3, 1, UINT64_MAX - 2 - w.now_ms);
    ck_assert_uint_eq(world_usage(&w).timers, 1);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX - 2);
}
END_TEST

START_TEST(freed_with_waiters_inside)
{
    takes(0, 5);
    parks(1, 1, 100);
    parks(2, 2, FOR_EVER);
    ck_assert_uint_eq(world_usage(&w).waiters, 2);
    /* teardown finds all memory back */
}
END_TEST

Suite *suite_waiter(void);
Suite *suite_waiter(void)
{
    Suite *suite = suite_create("waiter");
    TCase *tc = tcase_create("waiter");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, first_in_first_out_each_with_its_own_step);
    tcase_add_test(tc, no_barging);
    tcase_add_test(tc, a_timeout_lets_the_next_be_looked_at);
    tcase_add_test(tc, a_cancel_lets_the_next_be_looked_at);
    tcase_add_test(tc, the_end_of_a_session_lets_the_next_be_looked_at);
    tcase_add_test(tc, a_cancelled_request_was_answered_once_and_for_all);
    tcase_add_test(tc, a_long_completion_takes_the_room_that_was_kept);
    tcase_add_test(tc, a_deleted_object_tells_its_waiters_after_the_delete_itself);
    tcase_add_test(tc, the_type_decides_what_a_timeout_is);
    tcase_add_test(tc, watchers_are_told_of_the_next_change);
    tcase_add_test(tc, a_watcher_that_leaves_wakes_no_other);
    tcase_add_test(tc, waiting_for_ever_and_nearly_for_ever);
    tcase_add_test(tc, freed_with_waiters_inside);
    suite_add_tcase(suite, tc);
    return suite;
}
