/* SPDX-License-Identifier: BSD-2-Clause */
/* What people are told: who owns an object, who waits for it, held by whom. */
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"

#define FOR_EVER "wait_ms=18446744073709551615"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_create(&w, "lock", "l", NULL);
    world_create(&w, "semaphore", "s", "2");
    world_create(&w, "condition", "c", NULL);
    world_create(&w, "event", "e", NULL);
}

static void teardown(void)
{
    world_free(&w);
}

static const char *shown(const char *op, const char *args)
{
    return world_show(&w, call(&w, 0, op, args));
}

static uint64_t takes(unsigned who, const char *op, const char *args)
{
    const struct seen *seen = call(&w, who, op, args);
    ck_assert_ptr_nonnull(seen);
    ck_assert_int_eq(seen->result.kind, RESULT_GRANT);
    return seen->result.token;
}

static void waits(unsigned who, const char *op, const char *args)
{
    ck_assert_ptr_null(call(&w, who, op, args));
}

/* The part must be in what was shown. */
static void has(const char *shown_text, const char *part)
{
    ck_assert_msg(strstr(shown_text, part) != NULL, "no %s in %s", part, shown_text);
}

START_TEST(info_tells_owners_and_who_waits)
{
    char text[400];
    has(shown("object.info", "name=l"), "'owners': [], 'waiting': []");
    uint64_t token = takes(1, "lock.acquire", "name=l");
    waits(2, "lock.acquire", "name=l|wait_ms=500");
    waits(3, "lock.acquire", "name=l|" FOR_EVER);
    world_tick(&w, 100);
    const char *info = shown("object.info", "name=l");
    snprintf(text, sizeof text,
             "'owners': [{'client': 'test@world', 'address': 'unix', 'session': '%llu', 'holder': "
             "'0', 'token': '%llu', 'count': 1, 'age_ms': 100, 'lease_ms': 0}]",
             (unsigned long long)w.clients[1].session, (unsigned long long)token);
    has(info, text);
    snprintf(text, sizeof text,
             "'waiting': [{'client': 'test@world', 'address': 'unix', 'session': '%llu', 'holder': "
             "'0', 'id': '1', 'operation': 'lock acquire', 'waited_ms': 100, 'left_ms': 400, "
             "'away': False}, ",
             (unsigned long long)w.clients[2].session);
    has(info, text);
    has(info, "'left_ms': None, 'away': False}]}");
    has(info, "one valid token at a time");
    has(info, "tokens strictly increase");
    has(info, "so pass the token on");
    ck_assert_ptr_null(strstr(info, "_more"));
}
END_TEST

START_TEST(who_has_no_connection_is_away)
{
    takes(1, "lock.acquire", "name=l");
    waits(2, "lock.acquire", "name=l|" FOR_EVER);
    waits(2, "event.wait", "name=e|" FOR_EVER);
    world_away(&w, 2);
    has(shown("object.info", "name=l"), "'left_ms': None, 'away': True");
    has(shown("object.waits", "name=l"), "'left_ms': None, 'away': True");
    has(shown("object.waits", "name=e"), "'left_ms': None, 'away': True");
    world_back(&w, 2);
    has(shown("object.waits", "name=l"), "'left_ms': None, 'away': False");
}
END_TEST

START_TEST(info_says_what_it_leaves_out)
{
    w.window = 1024;
    world_create(&w, "semaphore", "many", "150");
    for (unsigned i = 0; i < 150; i++)
        must(call(&w, 1, "semaphore.acquire", "name=many") != NULL);
    for (unsigned i = 0; i < 130; i++)
        must(call(&w, 2, "semaphore.acquire", "name=many|wait_ms=1000") == NULL);
    char next[100];
    snprintf(next, sizeof next, "name=many|since=%llu|wait_ms=1000",
             (unsigned long long)engine_revision(w.engine));
    waits(3, "object.changed", next);
    const char *info = shown("object.info", "name=many");
    has(info, "'owners_more': 50");
    has(info, "'waiting_more': 30");
    ck_assert_ptr_null(strstr(info, "object changed"));
    has(shown("object.waits", "name=many"), "'held_by_more': 50");
    has(shown("object.waits", "name=many"), "'operation': 'object changed'");
}
END_TEST

/* Those who watch stand among those who wait, and are as many as they like: an info goes past so
 * many, and no further. */
START_TEST(info_is_not_held_up_by_watchers)
{
    w.window = 16384;
    waits(1, "event.wait", "name=e|" FOR_EVER);
    for (unsigned i = 0; i < 10000; i++)
        must(call(&w, 2, "object.changed", "name=e|" FOR_EVER) == NULL);
    waits(1, "event.wait", "name=e|" FOR_EVER);
    const char *info = shown("object.info", "name=e");
    has(info, "'operation': 'event wait'");
    has(info, "'waiters': 2, ");
    has(info, "'waiting_more': 1");
}
END_TEST

START_TEST(waits_tell_by_whom_it_is_held)
{
    char text[400];
    uint64_t token = takes(1, "lock.acquire", "name=l");
    uint64_t permits = takes(1, "semaphore.acquire", "name=s|permits=2");
    waits(2, "lock.acquire", "name=l|" FOR_EVER);
    waits(3, "semaphore.acquire", "name=s|permits=2|" FOR_EVER);
    waits(4, "event.wait", "name=e|wait_ms=50");
    snprintf(text, sizeof text,
             "'want': None, 'held_by': [{'session': '%llu', 'client': 'test@world', 'holder': '0', "
             "'token': '%llu'}]",
             (unsigned long long)w.clients[1].session, (unsigned long long)token);
    has(shown("object.waits", "name=l"), text);
    snprintf(text, sizeof text,
             "'want': 2, 'held_by': [{'session': '%llu', 'client': 'test@world', 'holder': '0', "
             "'token': '%llu'}]",
             (unsigned long long)w.clients[1].session, (unsigned long long)permits);
    has(shown("object.waits", "name=s"), text);
    const char *event = shown("object.waits", "name=e");
    has(event, "[{'object': 'e', 'type': 'event', 'id': '1', 'operation': 'event wait', ");
    has(event, "'left_ms': 50, 'away': False, 'want': None, 'held_by': []}]");
    has(shown("object.waits", ""), text);
    has(shown("object.waits", "name=none"), "error NO_SUCH_OBJECT");
}
END_TEST

/* It is what the request asked for, also when that is gone. */
START_TEST(waits_tell_what_they_act_under)
{
    char args[100], text[100];
    takes(1, "lock.acquire", "name=l");
    uint64_t outer = takes(1, "semaphore.acquire", "name=s");
    snprintf(args, sizeof args, "name=l|require=%llu|" FOR_EVER, (unsigned long long)outer);
    snprintf(text, sizeof text, "'holder': '0', 'under': '%llu', ", (unsigned long long)outer);
    waits(2, "lock.acquire", "name=l|" FOR_EVER);
    ck_assert_ptr_null(strstr(shown("object.waits", "name=l"), "'under'"));
    waits(3, "lock.acquire", args);
    has(shown("object.waits", "name=l"), text);
    call(&w, 1, "semaphore.release", "name=s");
    has(shown("object.waits", "name=l"), text);
}
END_TEST

/* A notified one waits for the lock's owner; before it waits for nobody. */
START_TEST(a_notified_waiter_waits_for_the_owner)
{
    takes(1, "condition.acquire", "name=c");
    waits(1, "condition.wait", "name=c|" FOR_EVER);
    has(shown("object.waits", "name=c"), "'held_by': []");
    takes(2, "condition.acquire", "name=c");
    has(shown("object.waits", "name=c"), "'held_by': []");
    call(&w, 2, "condition.notify", "name=c");
    const char *text = shown("object.waits", "name=c");
    has(text, "'operation': 'condition wait'");
    has(text, "'held_by': [{'session': '");
}
END_TEST

enum { MANY = 12000 };

START_TEST(waits_are_bounded_and_say_so)
{
    w.window = 1 << 14;
    for (unsigned i = 0; i < MANY; i++)
        must(call(&w, 1, "event.wait", "name=e|wait_ms=60000") == NULL);
    has(shown("object.waits", ""), ", {'more': 2000}]");
    has(shown("object.waits", "name=e"), ", {'more': 2000}]");
    ck_assert_ptr_null(strstr(shown("object.waits", "name=l"), "more"));
}
END_TEST

START_TEST(without_memory)
{
    size_t refused = 0;
    takes(1, "lock.acquire", "name=l");
    waits(2, "lock.acquire", "name=l|" FOR_EVER);
    refused += call_without_memory(&w, "object.waits", "");
    refused += call_without_memory(&w, "object.waits", "name=l");
    refused += call_without_memory(&w, "object.info", "name=l");
    ck_assert_uint_gt(refused, 2);
}
END_TEST

Suite *suite_object_waits(void);

Suite *suite_object_waits(void)
{
    Suite *suite = suite_create("object_waits");
    TCase *tcase = tcase_create("object_waits");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, info_tells_owners_and_who_waits);
    tcase_add_test(tcase, who_has_no_connection_is_away);
    tcase_add_test(tcase, info_says_what_it_leaves_out);
    tcase_add_test(tcase, info_is_not_held_up_by_watchers);
    tcase_add_test(tcase, waits_tell_by_whom_it_is_held);
    tcase_add_test(tcase, waits_tell_what_they_act_under);
    tcase_add_test(tcase, a_notified_waiter_waits_for_the_owner);
    tcase_add_test(tcase, waits_are_bounded_and_say_so);
    tcase_add_test(tcase, without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
