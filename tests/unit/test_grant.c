/* SPDX-License-Identifier: BSD-2-Clause */
/* Ownership: tokens rise and are never the same twice; it ends with its session, its lease, its
 * object. */
#include <stdio.h>

#include "tests/support/alloc.h"
#include "tests/support/fakelock.h"
#include "wire.pb-c.h"

static struct world w;

static void setup(void)
{
    world_init(&w, &fakelock_handlers);
    fakelock_create(&w, "a", "2000");
}

static void teardown(void)
{
    world_free(&w);
}

START_TEST(released_once_lost_afterwards)
{
    uint64_t token = fakelock_acquire(&w, 1, "a", 1, 0)->result.token;
    struct grant *grant = grant_find(w.engine, token);
    ck_assert_ptr_nonnull(grant);
    ck_assert_uint_eq(grant->token, token);
    ck_assert_uint_eq(grant->since_ms, w.now_ms);
    /* by anybody who has the token */
    ck_assert_str_eq(world_show(&w, fakelock_release(&w, 2, "a", token)), "done");
    ck_assert_ptr_null(grant_find(w.engine, token));
    ck_assert_str_eq(world_show(&w, fakelock_release(&w, 1, "a", token)), "lost");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_ptr_null(grant_find(w.engine, 0));
    ck_assert_ptr_null(grant_find(w.engine, UINT64_MAX));
}
END_TEST

START_TEST(tokens_rise)
{
    uint64_t last = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint64_t token = fakelock_acquire(&w, i % 5, "a", 1, 0)->result.token;
        ck_assert_uint_gt(token, last);
        last = token;
    }
    ck_assert_uint_eq(world_usage(&w).grants, 100);
}
END_TEST

START_TEST(a_dead_owner_is_known_to_the_type)
{
    uint64_t token = fakelock_acquire(&w, 1, "a", 2000, 0)->result.token;
    ck_assert_ptr_null(fakelock_acquire(&w, 2, "a", 1, UINT64_MAX));
    world_end(&w, 1);
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_uint_gt(w.seen[0].result.token, token);
    char expected[64];
    snprintf(expected, sizeof expected, "[1999, 0, 0, %llu]", (unsigned long long)token);
    ck_assert_str_eq(fakelock_show(&w, "a"), expected);
}
END_TEST

START_TEST(a_session_ends_in_slices_without_memory)
{
    uint64_t session;
    uint64_t left[4];
    unsigned slices = 0;
    struct command command = {.kind = COMMAND_SESSION_END, .now_ms = 2000, .session_count = 1};
    struct applied applied;
    for (int i = 0; i < 1500; i++)
        fakelock_acquire(&w, 1, "a", 1, 0);
    session = w.clients[1].session;
    command.sessions = &session;
    /* no assertion in between: those take memory themselves */
    alloc_fail_at(1);
    do {
        applied = engine_apply(w.engine, &command, NULL);
        left[slices++] = world_usage(&w).grants;
    } while (applied.more && slices < 4);
    alloc_fail_never();
    ck_assert_uint_eq(alloc_count(), 0);
    ck_assert_uint_eq(slices, 2);
    ck_assert_uint_eq(left[0], 1500 - SESSION_END_MAX);
    ck_assert_uint_eq(left[1], 0);
    ck_assert_uint_eq(world_usage(&w).sessions, 1);
}
END_TEST

START_TEST(nothing_is_granted_to_a_session_that_ends_with_the_owner)
{
    uint64_t sessions[2];
    struct command command = {
        .kind = COMMAND_SESSION_END, .sessions = sessions, .session_count = 2};
    fakelock_acquire(&w, 1, "a", 2000, 0);
    ck_assert_ptr_null(fakelock_acquire(&w, 2, "a", 1, UINT64_MAX));
    ck_assert_ptr_null(fakelock_acquire(&w, 3, "a", 1, UINT64_MAX));
    sessions[0] = w.clients[1].session;
    sessions[1] = w.clients[2].session;
    world_apply(&w, &command);
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_uint_eq(w.seen[0].session, w.clients[3].session);
    ck_assert_uint_eq(w.applied.last, w.applied.first + 1);
}
END_TEST

START_TEST(a_lease_ends_in_time)
{
    Wire__ObjectChanged in = WIRE__OBJECT_CHANGED__INIT;
    in.has_name = true, in.name = world_text("a");
    in.has_since = true, in.since = FAKE_ACQUIRE + 2000;
    world_command(&w, 1, &(struct ask){.holder = FAKE_LEASED}, &in.base);
    ck_assert_uint_eq(engine_due(w.engine), w.now_ms + FAKE_LEASE_MS);
    ck_assert_ptr_null(fakelock_acquire(&w, 2, "a", 1, UINT64_MAX));
    world_tick(&w, FAKE_LEASE_MS);
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_int_eq(w.seen[0].result.kind, RESULT_GRANT);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX);
    /* one that is released has no end */
    fakelock_release(&w, 2, "a", w.seen[0].result.token);
    const struct seen *seen = world_command(&w, 1, &(struct ask){.holder = FAKE_LEASED}, &in.base);
    ck_assert_uint_eq(engine_due(w.engine), w.now_ms + FAKE_LEASE_MS);
    fakelock_release(&w, 1, "a", seen->result.token);
    ck_assert_uint_eq(engine_due(w.engine), UINT64_MAX);
}
END_TEST

START_TEST(memory_returns)
{
    struct usage before;
    for (int round = 0; round < 2; round++) {
        fakelock_add(&w, 1, "a", "1");
        for (int i = 0; i < 100; i++) {
            fakelock_acquire(&w, 1, "a", 20, 0);
            fakelock_acquire(&w, 2, "a", 20, 100);
        }
        world_tick(&w, 200);
        world_end(&w, 1);
        world_end(&w, 2);
        while (engine_reclaim(w.engine, 100)) {
        }
        if (round == 0)
            before = world_usage(&w);
    }
    ck_assert_uint_eq(world_usage(&w).bytes, before.bytes);
    ck_assert_uint_eq(world_usage(&w).blocks, before.blocks);
}
END_TEST

Suite *suite_grant(void);
Suite *suite_grant(void)
{
    Suite *suite = suite_create("grant");
    TCase *tc = tcase_create("grant");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, released_once_lost_afterwards);
    tcase_add_test(tc, tokens_rise);
    tcase_add_test(tc, a_dead_owner_is_known_to_the_type);
    tcase_add_test(tc, a_session_ends_in_slices_without_memory);
    tcase_add_test(tc, nothing_is_granted_to_a_session_that_ends_with_the_owner);
    tcase_add_test(tc, a_lease_ends_in_time);
    tcase_add_test(tc, memory_returns);
    suite_add_tcase(suite, tc);
    return suite;
}
