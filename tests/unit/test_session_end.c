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

/* The first slice of the end of these clients. */
static struct applied end(const unsigned *who, size_t count)
{
    uint64_t sessions[WORLD_CLIENTS];
    for (size_t i = 0; i < count; i++)
        sessions[i] = w.clients[who[i]].session;
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
    for (int i = 0; i < GRANTS; i++)
        must(call(&w, 1, "semaphore.acquire", "name=s")->result.kind == RESULT_GRANT);
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
        reload_go_on(&w);
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
        for (int n = 0; n < WAITS; n++)
            must(call(&w, who[i], "lock.acquire", "name=l|wait_ms=90000") == NULL);
    }
    ck_assert_ptr_null(call(&w, 60, "lock.acquire", "name=l|wait_ms=90000"));
    uint64_t id = w.clients[60].id, waiters = world_usage(&w).waiters, slices = 0;
    bool more = end(who, CROWD).more;
    for (; more; slices++) {
        uint64_t now = world_usage(&w).waiters;
        ck_assert_uint_le(waiters - now, SESSION_END_MAX + 128);
        waiters = now;
        ck_assert_uint_eq(w.seen_count, 0);
        reload_go_on(&w);
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

/* What is still being given back is nobody's: no list of sessions has it, and nobody makes its
 * lease longer. */
START_TEST(who_has_ended_is_neither_listed_nor_renewed)
{
    const unsigned one[] = {1};
    struct session_view view;
    uint64_t at = 0, last = 0;
    char args[64];
    world_create(&w, "semaphore", "s", "9");
    for (int i = 0; i < 9; i++)
        last = call(&w, 1, "semaphore.acquire", "name=s")->result.token;
    snprintf(args, sizeof args, "name=s|token=%llu", (unsigned long long)last);
    must(call(&w, 2, "semaphore.renew", args)->result.kind == RESULT_GRANT);
    w.engine->end_slice = 2;
    must(end(one, 1).more);
    ck_assert_int_eq(call(&w, 2, "semaphore.renew", args)->result.code, ERR_LOCK_LOST);
    ck_assert(!engine_session_view(w.engine, w.clients[1].session, &view));
    while (engine_session_next(w.engine, &at))
        ck_assert_uint_ne(at, w.clients[1].session);
    ck_assert_uint_ge(at, w.clients[0].session);
    ck_assert(engine_wants_rest(w.engine));
}
END_TEST

/* ---- who waits, and whose session has ended, though his slice is still to come ---- */

enum { DEAD = 40, ALIVE = 41 };

/* Bye of DEAD stands in the row behind others that have waiters too: its own are still there. */
static void bye_of_dead(void)
{
    const unsigned others[] = {2, 3}, dead[] = {DEAD};
    world_create(&w, "event", "e", NULL);
    must(call(&w, 2, "event.wait", "name=e|wait_ms=90000") == NULL);
    must(call(&w, 3, "event.wait", "name=e|wait_ms=90000") == NULL);
    w.engine->end_slice = 1;
    must(end(others, 2).more);
    struct applied applied =
        world_apply(&w, &(struct command){.kind = COMMAND_SESSION_END,
                                          .sessions = &w.clients[dead[0]].session,
                                          .session_count = 1,
                                          .bye = true,
                                          .code = ERR_SESSION_LOST});
    must(applied.more);
    reload_go_on(&w);
    w.engine->end_slice = 1;
}

static void rest_all(void)
{
    while (engine_wants_rest(w.engine))
        rest();
}

struct give {
    const char *type, *init, *taken, *wait, *give;
};

/* An item would be lost, since Bye says that what is on its way has arrived; a lock would be owned
 * by nobody. */
static const struct give gives[] = {
    {"queue", NULL, NULL, "queue.get", "queue.put|value=7"},
    {"lock", NULL, "lock.acquire", "lock.acquire", "lock.release"},
    {"rlock", NULL, "rlock.acquire", "rlock.acquire", "rlock.release"},
    {"semaphore", "1", "semaphore.acquire", "semaphore.acquire", "semaphore.release"},
};
enum { GIVES = sizeof gives / sizeof gives[0] };

static const struct seen *do_give(const struct give *give)
{
    char op[64], args[64];
    const char *more = strchr(give->give, '|');
    size_t len = more == NULL ? strlen(give->give) : (size_t)(more - give->give);
    snprintf(op, sizeof op, "%.*s", (int)len, give->give);
    snprintf(args, sizeof args, "name=o%s", more == NULL ? "" : more);
    return call(&w, 0, op, args);
}

START_TEST(who_has_ended_is_given_nothing)
{
    const struct give *give = &gives[_i];
    world_create(&w, give->type, "o", give->init);
    if (give->taken != NULL)
        must(call(&w, 0, give->taken, "name=o")->result.kind == RESULT_GRANT);
    must(call(&w, DEAD, give->wait, "name=o|wait_ms=90000") == NULL);
    must(call(&w, ALIVE, give->wait, "name=o|wait_ms=90000") == NULL);
    uint64_t id = w.clients[ALIVE].id, dead = w.clients[DEAD].session;
    bye_of_dead();
    must(do_give(give)->result.kind != RESULT_ERROR);
    for (size_t i = 0; i < w.seen_count; i++)
        ck_assert_uint_ne(w.seen[i].session, dead);
    const struct seen *told = world_seen(&w, ALIVE, id);
    ck_assert_ptr_nonnull(told);
    ck_assert_int_ne(told->result.kind, RESULT_ERROR);
    rest_all();
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

/* He whose waiters are many is not taken out at once either, and nothing is given meanwhile. */
START_TEST(who_has_ended_vanishes_in_slices)
{
    world_create(&w, "lock", "o", NULL);
    call(&w, 0, "lock.acquire", "name=o");
    for (int i = 0; i < 8; i++)
        must(call(&w, DEAD, "lock.acquire", "name=o|wait_ms=90000") == NULL);
    must(call(&w, ALIVE, "lock.acquire", "name=o|wait_ms=90000") == NULL);
    uint64_t id = w.clients[ALIVE].id;
    bye_of_dead();
    uint64_t waiters = world_usage(&w).waiters;
    w.engine->slice = 3;
    call(&w, 0, "lock.release", "name=o");
    ck_assert_uint_eq(world_usage(&w).waiters, waiters - 3);
    ck_assert_ptr_null(world_seen(&w, ALIVE, id));
    reload_go_on(&w);
    rest_all();
    ck_assert_str_ne(call_show(&w, "lock.locked", "o", ""), "False");
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_int_eq(call(&w, ALIVE, "lock.release", "name=o")->result.kind, RESULT_DONE);
}
END_TEST

/* What he would have put does not come any more. */
START_TEST(who_has_ended_puts_nothing)
{
    call(&w, 0, "object.create", "type=queue|name=o|maxsize=1");
    call(&w, 0, "queue.put", "name=o|value=1");
    must(call(&w, DEAD, "queue.put", "name=o|value=2|wait_ms=90000") == NULL);
    must(call(&w, ALIVE, "queue.put", "name=o|value=3|wait_ms=90000") == NULL);
    uint64_t id = w.clients[ALIVE].id;
    bye_of_dead();
    must(call(&w, 0, "queue.get", "name=o") != NULL);
    ck_assert_ptr_nonnull(world_seen(&w, ALIVE, id));
    rest_all();
}
END_TEST

START_TEST(no_barrier_passes_with_who_has_ended)
{
    world_create(&w, "barrier", "o", "3");
    must(call(&w, ALIVE, "barrier.wait", "name=o|wait_ms=90000") == NULL);
    must(call(&w, DEAD, "barrier.wait", "name=o|wait_ms=90000") == NULL);
    uint64_t id = w.clients[ALIVE].id;
    bye_of_dead();
    ck_assert_int_eq(call(&w, 5, "barrier.wait", "name=o|wait_ms=90000")->result.code,
                     ERR_BROKEN_BARRIER);
    const struct seen *told = world_seen(&w, ALIVE, id);
    ck_assert_ptr_nonnull(told);
    ck_assert_int_eq(told->result.code, ERR_BROKEN_BARRIER);
    reload_go_on(&w);
    rest_all();
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_str_eq(call_show(&w, "barrier.broken", "o", ""), "True");
}
END_TEST

/* One notify wakes one who lives. */
START_TEST(no_notify_is_lost_in_who_has_ended)
{
    world_create(&w, "condition", "o", NULL);
    const unsigned who[] = {DEAD, ALIVE};
    for (unsigned i = 0; i < 2; i++) {
        must(call(&w, who[i], "condition.acquire", "name=o")->result.kind == RESULT_GRANT);
        must(call(&w, who[i], "condition.wait", "name=o|wait_ms=90000") == NULL);
    }
    uint64_t id = w.clients[ALIVE].id;
    bye_of_dead();
    must(call(&w, 5, "condition.acquire", "name=o")->result.kind == RESULT_GRANT);
    must(call(&w, 5, "condition.notify", "name=o")->result.kind != RESULT_ERROR);
    must(call(&w, 5, "condition.release", "name=o")->result.kind != RESULT_ERROR);
    const struct seen *told = world_seen(&w, ALIVE, id);
    ck_assert_ptr_nonnull(told);
    ck_assert_int_eq(told->result.kind, RESULT_GRANT);
    rest_all();
}
END_TEST

START_TEST(what_is_due_fires_in_slices)
{
    world_create(&w, "event", "e", NULL);
    w.engine->slice = 3;
    for (unsigned i = 1; i <= 10; i++)
        must(call(&w, i, "event.wait", "name=e|wait_ms=50") == NULL);
    for (size_t told = 0; told < 10;) {
        bool more = world_tick(&w, told == 0 ? 60 : 0).more;
        ck_assert_uint_gt(w.seen_count, 0);
        ck_assert_uint_le(w.seen_count, 3);
        told += w.seen_count;
        ck_assert(more == (told < 10));
        reload_go_on(&w);
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
        snprintf(args, sizeof args, "name=q|token=%llu|delay_ms=50", (unsigned long long)token);
        must(call(&w, 1, "queue.nack", args)->result.kind == RESULT_DONE);
    }
    w.engine->slice = 3;
    ck_assert(world_tick(&w, 60).more);
    ck_assert_str_ne(call_show(&w, "queue.len", "q", ""), "7");
    for (int i = 0; world_tick(&w, 0).more; i++)
        must(i < 7);
    ck_assert_str_eq(call_show(&w, "queue.len", "q", ""), "7");
}
END_TEST

START_TEST(a_slice_takes_no_memory)
{
    const unsigned one[] = {1};
    world_create(&w, "semaphore", "s", "2500");
    for (int i = 0; i < GRANTS; i++)
        must(call(&w, 1, "semaphore.acquire", "name=s")->result.kind == RESULT_GRANT);
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

Suite *suite_session_end(void);

Suite *suite_session_end(void)
{
    Suite *suite = suite_create("session_end");
    TCase *tests = tcase_create("end");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_session_is_over_from_the_first_slice_on);
    tcase_add_test(tests, a_crowd_that_vanishes_goes_in_slices);
    tcase_add_loop_test(tests, what_was_refused_cuts_no_slice, 0, 2);
    tcase_add_test(tests, who_has_ended_is_neither_listed_nor_renewed);
    tcase_add_loop_test(tests, who_has_ended_is_given_nothing, 0, GIVES);
    tcase_add_test(tests, who_has_ended_vanishes_in_slices);
    tcase_add_test(tests, who_has_ended_puts_nothing);
    tcase_add_test(tests, no_barrier_passes_with_who_has_ended);
    tcase_add_test(tests, no_notify_is_lost_in_who_has_ended);
    tcase_add_test(tests, what_is_due_fires_in_slices);
    tcase_add_test(tests, items_that_were_delayed_come_back_in_slices);
    tcase_add_test(tests, a_slice_takes_no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
