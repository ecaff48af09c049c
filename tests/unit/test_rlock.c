/* SPDX-License-Identifier: BSD-2-Clause */
/* rlock: levels. What it has in common with others is in test_mutex.c. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

#define FOR_EVER "wait_ms=18446744073709551615"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_create(&w, "rlock", "r", NULL);
}

static void teardown(void)
{
    world_free(&w);
}

static const struct seen *acquire(unsigned who, const char *args)
{
    return callf(&w, who, "rlock.acquire", "name=r%s%s", *args == '\0' ? "" : "|", args);
}

static uint64_t parks(unsigned who, const char *args)
{
    ck_assert_ptr_null(acquire(who, args));
    return w.clients[who].id;
}

static const char *release(unsigned who)
{
    return world_show(&w, call(&w, who, "rlock.release", "name=r"));
}

START_TEST(the_owner_acquires_again)
{
    uint64_t token = acquire(1, "")->result.token;
    uint64_t waiting = parks(2, FOR_EVER);
    const struct seen *seen = acquire(1, ""); /* ahead of those who wait */
    ck_assert_uint_eq(seen->result.token, token);
    ck_assert_uint_eq(seen->result.depth, 2);
    ck_assert_uint_gt(seen->revision, token);
    ck_assert_uint_eq(acquire(1, FOR_EVER)->result.depth, 3);
    ck_assert_str_eq(release(1), "done");
    /* by the token: a level too */
    ck_assert_str_eq(world_show(&w, callf(&w, 3, "rlock.release", "name=r|token=%" PRIu64, token)),
                     "done");
    ck_assert_str_eq(world_show(&w, call(&w, 1, "rlock.held", "name=r")), "True");
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    ck_assert_str_eq(world_show(&w, call(&w, 3, "rlock.release", "name=r|any=1")), "done");
    ck_assert_uint_eq(world_seen(&w, 2, waiting)->result.depth, 1);
    ck_assert_uint_gt(world_seen(&w, 2, waiting)->result.token, token);
    ck_assert_str_eq(release(1), "error NOT_OWNER: cannot release un-acquired lock");
}
END_TEST

START_TEST(levels_end_with_the_session)
{
    uint64_t token = acquire(1, "")->result.token;
    acquire(1, "");
    uint64_t waiting = parks(2, FOR_EVER);
    world_end(&w, 1);
    ck_assert_uint_eq(world_seen(&w, 2, waiting)->result.previous_token, token);
    /* told at every level, until the last one is given back */
    ck_assert_uint_eq(acquire(2, "")->result.previous_token, token);
    release(2);
    ck_assert_uint_eq(acquire(2, "")->result.previous_token, token);
    release(2);
    release(2);
    ck_assert_uint_eq(acquire(2, "")->result.previous_token, 0);
}
END_TEST

/* What an owner-to-be has asked for twice it gets twice, though others wait between. */
START_TEST(acquires_of_one_owner_come_together)
{
    acquire(0, "");
    uint64_t first = parks(1, FOR_EVER);
    uint64_t between = parks(2, FOR_EVER);
    uint64_t second = parks(1, FOR_EVER);
    uint64_t stranger = parks(1, "holder=4|" FOR_EVER);
    release(0);
    ck_assert_uint_eq(w.seen_count, 3);
    uint64_t token = world_seen(&w, 1, first)->result.token;
    ck_assert_uint_eq(world_seen(&w, 1, second)->result.token, token);
    ck_assert_uint_eq(world_seen(&w, 1, second)->result.depth, 2);
    ck_assert_uint_eq(world_seen(&w, 1, second)->revision, token + 1);
    release(1);
    release(1);
    ck_assert_uint_eq(world_seen(&w, 2, between)->result.depth, 1);
    release(2);
    ck_assert_uint_eq(world_seen(&w, 1, stranger)->result.depth, 1);
    ck_assert_uint_eq(world_usage(&w).grants, 1);
}
END_TEST

Suite *suite_rlock(void);
Suite *suite_rlock(void)
{
    Suite *suite = suite_create("rlock");
    TCase *tcase = tcase_create("rlock");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_owner_acquires_again);
    tcase_add_test(tcase, levels_end_with_the_session);
    tcase_add_test(tcase, acquires_of_one_owner_come_together);
    suite_add_tcase(suite, tcase);
    return suite;
}
