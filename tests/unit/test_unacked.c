/* SPDX-License-Identifier: BSD-2-Clause */
/* Items on their way are state: where they came from, and in which order they are let go. */
#include "tests/support/call.h"
#include "tests/support/queue_kit.h"

#include <check.h>
#include <stdio.h>

#include "daemon/objects/handlers.h"

/* Two worlds; what is done to both may differ in one thing. */
static struct world worlds[2];

static void begin(void)
{
    for (int k = 0; k < 2; k++)
        world_init(&worlds[k], objects_handlers());
}

static void end(void)
{
    for (int k = 0; k < 2; k++)
        world_free(&worlds[k]);
}

static bool digests_equal(void)
{
    char first[80];
    snprintf(first, sizeof first, "%s", world_digest(&worlds[0]));
    return strcmp(first, world_digest(&worlds[1])) == 0;
}

/* The same two items, from two queues or from the same two the other way round. */
START_TEST(the_queue_it_came_from_is_state)
{
    for (int k = 0; k < 2; k++) {
        struct world *w = &worlds[k];
        world_create(w, "queue", "a", NULL);
        world_create(w, "queue", "b", NULL);
        ask(w, 0, "queue.put", k == 0 ? "name=a|value=1" : "name=b|value=1");
        ask(w, 0, "queue.put", k == 0 ? "name=b|value=2" : "name=a|value=2");
        ask(w, 1, "queue.get", k == 0 ? "name=a" : "name=b");
        ask(w, 1, "queue.get", k == 0 ? "name=b" : "name=a");
        ask(w, 0, "queue.put", "name=a|value=7");
        ask(w, 0, "queue.put", "name=b|value=7");
        ask(w, 0, "queue.clear", "name=a");
        ask(w, 0, "queue.clear", "name=b");
    }
    ck_assert(!digests_equal());
}
END_TEST

/* A request without effect has made the table of slots larger in one of the worlds, which nobody
 * may see: neither in what is acknowledged nor in its order. */
START_TEST(acknowledged_in_an_order_that_is_state)
{
    for (int k = 0; k < 2; k++) {
        struct world *w = &worlds[k];
        char words[40];
        world_create(w, "queue", "q", NULL);
        world_create(w, "queue", "empty", NULL);
        for (int i = 1; i <= 4; i++) {
            snprintf(words, sizeof words, "o%d", i);
            world_create(w, "list", words, NULL);
            snprintf(words, sizeof words, "name=q|value=!ref o%d", i);
            ask(w, 0, "queue.put", "%s", words);
        }
        w->clients[1].id = 3;
        world_create(w, "event", "e", NULL);
        ask(w, 1, "event.set", "name=e");
        world_ack(w, 1, 4);
        ask(w, 1, "queue.get", "name=q"); /* request 5 */
        if (k == 1) {
            w->clients[1].id = 14;
            ask(w, 1, "queue.get", "name=empty");
        }
        w->clients[1].id = 17;
        ask(w, 1, "queue.get", "name=q"); /* request 18 */
    }
    ck_assert(digests_equal());
    for (int k = 0; k < 2; k++) {
        world_ack(&worlds[k], 1, 18);
        ck_assert_int_eq(worlds[k].applied.outcome, OUTCOME_EFFECT);
    }
    ck_assert(digests_equal());
}
END_TEST

START_TEST(the_second_wait_is_state)
{
    for (int k = 0; k < 2; k++) {
        struct world *w = &worlds[k];
        world_create(w, "condition", "c", NULL);
        ask(w, 1, "condition.acquire", "name=c");
        ask(w, 1, "condition.wait",
            k == 0 ? "name=c|reacquire_ms=5|wait_ms=1000"
                   : "name=c|reacquire_ms=50000|wait_ms=1000");
    }
    ck_assert(!digests_equal());
}
END_TEST

/* Another session may give more time, but not less: the owner does not hear of it. */
START_TEST(only_the_owner_shortens_its_lease)
{
    struct world *w = &worlds[0];
    char words[60];
    world_create(w, "lock", "l", NULL);
    ask(w, 1, "lock.acquire", "name=l");
    snprintf(words, sizeof words, "name=l|token=%llu|lease_ms=5000",
             (unsigned long long)w->seen[0].result.token);
    ck_assert_ptr_nonnull(strstr(ask(w, 2, "lock.renew", "%s", words), "only its owner"));
    ck_assert_ptr_null(strstr(ask(w, 1, "lock.renew", "%s", words), "error"));
    words[strlen(words) - 4] = '4'; /* 4000 */
    ck_assert_ptr_nonnull(strstr(ask(w, 2, "lock.renew", "%s", words), "only its owner"));
    words[strlen(words) - 4] = '6';
    ck_assert_ptr_null(strstr(ask(w, 2, "lock.renew", "%s", words), "error"));
    words[strlen(words) - 4] = '3';
    ck_assert_ptr_null(strstr(ask(w, 1, "lock.renew", "%s", words), "error"));
}
END_TEST

Suite *suite_unacked(void);
Suite *suite_unacked(void)
{
    Suite *suite = suite_create("unacked");
    TCase *tests = tcase_create("handed");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, the_queue_it_came_from_is_state);
    tcase_add_test(tests, acknowledged_in_an_order_that_is_state);
    tcase_add_test(tests, the_second_wait_is_state);
    tcase_add_test(tests, only_the_owner_shortens_its_lease);
    suite_add_tcase(suite, tests);
    return suite;
}
