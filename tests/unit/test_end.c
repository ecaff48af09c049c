/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions end in slices: no command takes away more than one slice, the session is over for
 * everybody from the first one on, and a start in between goes on at the same point. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

enum { GRANTS = 2500, CROWD = 40, WAITS = 100 };

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static struct applied rest(void)
{
    return world_apply(&w, &(struct command){.kind = COMMAND_REST});
}

static void restart(void)
{
    struct world again;
    struct buf state;

    reload_save(w.engine, &state);
    reload(&w, buf_bytes(&state), &again);
    buf_free(&state);
    must(strcmp(world_digest(&w), world_digest(&again)) == 0);
    world_free(&w);
    w = again;
}

/* The first slice of the end of these clients. */
static struct applied end(const unsigned *who, size_t count)
{
    uint64_t sessions[WORLD_CLIENTS];

    for (size_t i = 0; i < count; i++) {
        sessions[i] = w.clients[who[i]].session;
    }
    return world_apply(&w, &(struct command){.kind = COMMAND_SESSION_END,
                                             .sessions = sessions,
                                             .session_count = count,
                                             .give_back = true,
                                             .code = ERR_SESSION_LOST});
}

START_TEST(a_session_is_over_from_the_first_slice_on)
{
    const unsigned one[] = {1};
    uint64_t found = 0;

    world_create(&w, "semaphore", "s", "2500");
    world_create(&w, "lock", "last", NULL);
    for (int i = 0; i < GRANTS; i++) {
        must(call(&w, 1, "semaphore.acquire", "name=s")->result.kind == RESULT_GRANT);
    }
    call(&w, 1, "lock.acquire", "name=last");
    ck_assert_ptr_null(call(&w, 2, "lock.acquire", "name=last|wait_ms=900"));
    uint64_t grants = world_usage(&w).grants;

    ck_assert(end(one, 1).more);
    while (engine_wants_rest(w.engine)) {
        uint64_t now = world_usage(&w).grants;

        ck_assert_uint_le(grants - now, SESSION_END_MAX);
        grants = now;
        ck_assert_int_eq(engine_session_find(w.engine, w.clients[1].token_hash, &found),
                         SESSION_ENDED);
        ck_assert_int_eq(call(&w, 1, "semaphore.acquire", "name=s")->result.code, ERR_SESSION_LOST);
        /* what is free already can be had */
        ck_assert_int_eq(call(&w, 3, "semaphore.acquire", "name=s")->result.kind, RESULT_GRANT);
        call(&w, 3, "semaphore.release", "name=s");
        ck_assert(end(one, 1).outcome == OUTCOME_EFFECT); /* told again: no more than one slice */
        restart();
        rest();
    }
    ck_assert_uint_eq(world_usage(&w).grants, 1);
    struct session_view view;

    must(engine_session_view(w.engine, w.clients[2].session, &view));
    ck_assert_uint_eq(view.grants, 1);
    ck_assert_uint_eq(view.waiters, 0);
    ck_assert(!engine_session_view(w.engine, w.clients[1].session, &view));
}
END_TEST

/* A crowd that waits for a lock vanishes at once: each command takes a part of it, and nobody of it
 * is given the lock meanwhile. */
START_TEST(a_crowd_that_vanishes_goes_in_slices)
{
    unsigned who[CROWD];

    world_create(&w, "lock", "l", NULL);
    w.window = 128;
    call(&w, 0, "lock.acquire", "name=l");
    for (unsigned i = 0; i < CROWD; i++) {
        who[i] = i + 2;
        for (int n = 0; n < WAITS; n++) {
            must(call(&w, who[i], "lock.acquire", "name=l|wait_ms=90000") == NULL);
        }
    }
    ck_assert_ptr_null(call(&w, 60, "lock.acquire", "name=l|wait_ms=90000"));
    uint64_t id = w.clients[60].id, waiters = world_usage(&w).waiters, slices = 0;
    bool more = end(who, CROWD).more;

    for (; more; slices++) {
        uint64_t now = world_usage(&w).waiters;

        ck_assert_uint_le(waiters - now, SESSION_END_MAX + 128);
        waiters = now;
        ck_assert_uint_eq(w.seen_count, 0);
        restart();
        more = rest().more;
    }
    ck_assert_uint_ge(slices, 3);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    ck_assert_uint_eq(world_usage(&w).sessions, 2);
    call(&w, 0, "lock.release", "name=l");
    ck_assert_ptr_nonnull(world_seen(&w, 60, id));
}
END_TEST

/* How many sessions are left after the first slice of the end of many. refused: each has asked for
 * what it does not get, with an id at the end of its window. */
static uint64_t left_of_many(bool refused)
{
    unsigned who[CROWD];

    w.window = 256;
    world_create(&w, "queue", "q", NULL);
    world_create(&w, "lock", "l", NULL);
    call(&w, 0, "lock.acquire", "name=l");
    for (unsigned i = 0; i < CROWD; i++) {
        who[i] = i + 2;
        call(&w, who[i], "queue.put", "name=q|value=1");
        if (refused) {
            w.clients[who[i]].id = 254;
            must(call(&w, who[i], "lock.acquire", "name=l")->result.code == ERR_BUSY);
        }
    }
    w.engine->end_slice = CROWD / 2;
    ck_assert(end(who, CROWD).more);
    return world_usage(&w).sessions;
}

/* A refused request makes the table of slots larger, and leaves no record: if the size of the table
 * cut the slices, a replay would cut them elsewhere. */
START_TEST(what_was_refused_cuts_no_slice)
{
    ck_assert_uint_eq(left_of_many(_i == 1), 1 + CROWD / 2);
}
END_TEST

START_TEST(what_is_due_fires_in_slices)
{
    world_create(&w, "event", "e", NULL);
    w.engine->slice = 3;
    for (unsigned i = 1; i <= 10; i++) {
        must(call(&w, i, "event.wait", "name=e|wait_ms=50") == NULL);
    }
    for (size_t told = 0; told < 10;) {
        bool more = world_tick(&w, told == 0 ? 60 : 0).more;

        ck_assert_uint_gt(w.seen_count, 0);
        ck_assert_uint_le(w.seen_count, 3);
        told += w.seen_count;
        ck_assert(more == (told < 10));
        restart();
        w.engine->slice = 3;
    }
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

START_TEST(items_that_were_delayed_come_back_in_slices)
{
    char args[64];

    world_create(&w, "queue", "q", "[1, 2, 3, 4, 5, 6, 7]");
    for (int i = 0; i < 7; i++) {
        uint64_t token = call(&w, 1, "queue.get", "name=q|reserve=1")->result.token;

        snprintf(args, sizeof(args), "name=q|token=%llu|delay_ms=50", (unsigned long long)token);
        must(call(&w, 1, "queue.nack", args)->result.kind == RESULT_DONE);
    }
    w.engine->slice = 3;
    ck_assert(world_tick(&w, 60).more);
    ck_assert_str_ne(call_show(&w, "queue.len", "q", ""), "7");
    for (int i = 0; world_tick(&w, 0).more; i++) {
        must(i < 7);
    }
    ck_assert_str_eq(call_show(&w, "queue.len", "q", ""), "7");
}
END_TEST

START_TEST(a_slice_takes_no_memory)
{
    const unsigned one[] = {1};

    world_create(&w, "semaphore", "s", "2500");
    for (int i = 0; i < GRANTS; i++) {
        must(call(&w, 1, "semaphore.acquire", "name=s")->result.kind == RESULT_GRANT);
    }
    end(one, 1);
    struct command command = {.kind = COMMAND_REST, .now_ms = w.now_ms};

    alloc_fail_at(0);
    bool more = engine_apply(w.engine, &command, NULL).more;
    size_t count = alloc_count();

    alloc_fail_never();
    ck_assert(more);
    ck_assert_uint_eq(count, 0);
}
END_TEST

Suite *suite_end(void);

Suite *suite_end(void)
{
    Suite *suite = suite_create("end");
    TCase *tests = tcase_create("end");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_session_is_over_from_the_first_slice_on);
    tcase_add_test(tests, a_crowd_that_vanishes_goes_in_slices);
    tcase_add_loop_test(tests, what_was_refused_cuts_no_slice, 0, 2);
    tcase_add_test(tests, what_is_due_fires_in_slices);
    tcase_add_test(tests, items_that_were_delayed_come_back_in_slices);
    tcase_add_test(tests, a_slice_takes_no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
