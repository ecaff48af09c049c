/* SPDX-License-Identifier: BSD-2-Clause */
/* lock: its owner waits for itself, many end with their session; nothing
 * worse. What it has in common with others is in test_mutex.c. */
#include <inttypes.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

#define FOR_EVER "wait_ms=18446744073709551615"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_create(&w, "lock", "l", NULL);
}

static void teardown(void)
{
    world_free(&w);
}

static const struct seen *acquire(unsigned who)
{
    return call(&w, who, "lock.acquire", "name=l");
}

static const char *release(unsigned who)
{
    return world_show(&w, call(&w, who, "lock.release", "name=l"));
}

START_TEST(its_owner_waits_for_itself)
{
    acquire(1);
    ck_assert_str_eq(world_show(&w, acquire(1)), "error BUSY: somebody owns it");
    ck_assert_ptr_null(call(&w, 1, "lock.acquire", "name=l|" FOR_EVER));
    uint64_t id = w.clients[1].id;
    ck_assert_str_eq(release(1), "done");
    ck_assert_int_eq(world_seen(&w, 1, id)->result.kind, RESULT_GRANT);
    ck_assert_uint_eq(world_seen(&w, 1, id)->result.depth, 1);
}
END_TEST

START_TEST(two_acquires_of_one_owner_are_two_turns)
{
    acquire(0);
    ck_assert_ptr_null(call(&w, 1, "lock.acquire", "name=l|" FOR_EVER));
    ck_assert_ptr_null(call(&w, 1, "lock.acquire", "name=l|" FOR_EVER));
    release(0);
    ck_assert_uint_eq(w.seen_count, 2);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    release(1);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

START_TEST(a_session_ends_with_many)
{
    enum { MANY = 2500 }; /* more than go at once */
    for (unsigned i = 0; i < MANY; i++) {
        callf(&w, 0, "object.create", "name=l%u|type=lock", i);
        ck_assert(callf(&w, 1, "lock.acquire", "name=l%u", i)->result.kind == RESULT_GRANT);
    }
    for (unsigned i = 0; i < 600; i++)
        ck_assert_ptr_null(callf(&w, 2 + i % 60, "lock.acquire", "name=l%u|" FOR_EVER, i));
    struct applied applied = world_end(&w, 1);
    ck_assert(applied.more);
    ck_assert_uint_eq(applied.last - applied.first, 600); /* a step for each who waited */
    ck_assert_uint_eq(world_usage(&w).grants, 600);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_str_eq(call_show(&w, "lock.locked", "l599", ""), "True");
    ck_assert_str_eq(call_show(&w, "lock.locked", "l600", ""), "False");
}
END_TEST

/* The linger that who's session has after it, or another one, renewed the lease of its lock. */
static uint64_t linger_after(unsigned who, unsigned asks, uint64_t token)
{
    struct session_view view;
    callf(&w, asks, "lock.renew", "name=l|token=%" PRIu64 "|lease_ms=9000", token);
    ck_assert(engine_session_view(w.engine, w.clients[who].session, &view));
    ck_assert_uint_eq(view.lease_ms, 9000);
    return view.linger_ms;
}

START_TEST(the_owner_raises_its_linger_to_its_lease)
{
    w.engine->options.limits.lease_max_ms = 60000;
    uint64_t token = acquire(1)->result.token;
    struct session *session = session_find(w.engine, w.clients[1].session);
    session->lease_ms = 9000; /* from its hello, with the linger of 5 s */
    ck_assert_uint_eq(linger_after(1, 2, token), 5000);
    ck_assert_uint_eq(linger_after(1, 1, token), 9000);
    ck_assert_uint_eq(linger_after(1, 1, token), 9000);
}
END_TEST

Suite *suite_lock(void);
Suite *suite_lock(void)
{
    Suite *suite = suite_create("lock");
    TCase *tcase = tcase_create("lock");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, its_owner_waits_for_itself);
    tcase_add_test(tcase, two_acquires_of_one_owner_are_two_turns);
    tcase_add_test(tcase, a_session_ends_with_many);
    tcase_add_test(tcase, the_owner_raises_its_linger_to_its_lease);
    suite_add_tcase(suite, tcase);
    return suite;
}
