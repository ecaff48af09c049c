/* SPDX-License-Identifier: BSD-2-Clause */
/* Time fires in order, only by TICK, and costs nothing when nothing is due. */
#include "tests/support/alloc.h"
#include "tests/support/fakelock.h"
#include "wire.pb-c.h"

static struct world w;

static void setup(void)
{
    world_init(&w, &fakelock_handlers);
    fakelock_create(&w, "a", "1");
    fakelock_acquire(&w, 0, "a", 1, 0);
}

static void teardown(void)
{
    world_free(&w);
}

START_TEST(in_order_of_deadline_then_of_parking)
{
    static const uint64_t waits[] = {0, 300, 100, 200, 100, 300};
    static const unsigned order[] = {2, 4, 3, 1, 5};
    for (unsigned who = 1; who < 6; who++)
        ck_assert_ptr_null(fakelock_acquire(&w, who, "a", 1, waits[who]));
    ck_assert_uint_eq(engine_due(w.engine), w.now_ms + 100);
    world_tick(&w, 1000);
    ck_assert_uint_eq(w.seen_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(w.seen[i].session, w.clients[order[i]].session);
        ck_assert_int_eq(w.seen[i].result.code, ERR_TIMEOUT);
        ck_assert_uint_eq(w.seen[i].revision, w.applied.first + 1 + i);
    }
    ck_assert_uint_eq(w.applied.last, w.applied.first + 5);
}
END_TEST

START_TEST(nothing_due_is_no_command)
{
    const char *digest;
    ck_assert_ptr_null(fakelock_acquire(&w, 1, "a", 1, 100));
    digest = world_digest(&w);
    ck_assert_int_eq(world_tick(&w, 99).outcome, OUTCOME_NONE);
    ck_assert_uint_eq(w.applied.first, 0);
    ck_assert_str_eq(world_digest(&w), digest);
    ck_assert_uint_eq(engine_now(w.engine), 1000);
    ck_assert_int_eq(world_tick(&w, 1).outcome, OUTCOME_EFFECT);
    ck_assert_uint_eq(engine_now(w.engine), 1100);
}
END_TEST

START_TEST(a_request_fires_nothing)
{
    ck_assert_ptr_null(fakelock_acquire(&w, 1, "a", 1, 100));
    w.now_ms += 5000;
    fakelock_add(&w, 0, "a", "1");
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    ck_assert_uint_le(engine_due(w.engine), w.now_ms);
}
END_TEST

START_TEST(many_at_once_without_memory)
{
    w.window = 256;
    for (int i = 0; i < 200; i++)
        ck_assert_ptr_null(fakelock_acquire(&w, 1, "a", 1, 100));
    struct command tick = {.kind = COMMAND_TICK, .now_ms = 5000};
    alloc_fail_at(1);
    struct applied applied = engine_apply(w.engine, &tick, NULL);
    alloc_fail_never();
    ck_assert_uint_eq(alloc_count(), 0);
    ck_assert_uint_eq(applied.last - applied.first, 200);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(time_to_live)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    in.has_type = true, in.type = world_text("value");
    in.has_name = true, in.name = world_text("short");
    in.has_ttl_ms = true, in.ttl_ms = 500;
    world_do(&w, 0, &in.base);
    ck_assert_uint_eq(engine_due(w.engine), 1500);
    w.now_ms = 1300;
    fakelock_add(&w, 0, "short", "1");
    ck_assert_int_eq(world_tick(&w, 300).outcome, OUTCOME_NONE);
    ck_assert_ptr_null(fakelock_watch(&w, 1, "short", engine_revision(w.engine), UINT64_MAX));
    ck_assert_int_eq(world_tick(&w, 200).outcome, OUTCOME_EFFECT);
    /* who watches it does not keep it, and is told */
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_int_eq(w.seen[0].result.code, ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(w.seen[0].revision, w.applied.first + 1);
    ck_assert_uint_eq(engine_object_id(w.engine, bytes_text("short")), 0);
}
END_TEST

START_TEST(an_ephemeral_object_goes_with_the_last_who_used_it)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    in.has_type = true, in.type = world_text("value");
    in.has_name = true, in.name = world_text("e");
    in.has_ephemeral = true, in.ephemeral = true;
    world_do(&w, 1, &in.base);
    uint64_t token = fakelock_acquire(&w, 2, "e", 1, 0)->result.token;
    world_end(&w, 1);
    ck_assert_uint_ne(engine_object_id(w.engine, bytes_text("e")), 0);
    fakelock_release(&w, 2, "e", token);
    ck_assert_uint_eq(engine_object_id(w.engine, bytes_text("e")), 0);
}
END_TEST

Suite *suite_tick(void);
Suite *suite_tick(void)
{
    Suite *suite = suite_create("tick");
    TCase *tc = tcase_create("tick");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, in_order_of_deadline_then_of_parking);
    tcase_add_test(tc, nothing_due_is_no_command);
    tcase_add_test(tc, a_request_fires_nothing);
    tcase_add_test(tc, many_at_once_without_memory);
    tcase_add_test(tc, time_to_live);
    tcase_add_test(tc, an_ephemeral_object_goes_with_the_last_who_used_it);
    suite_add_tcase(suite, tc);
    return suite;
}
