/* SPDX-License-Identifier: BSD-2-Clause */
/* event: a flag that many may wait for. */
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_create(&w, "event", "e", NULL);
}

static void teardown(void)
{
    world_free(&w);
}

/* Client `who` waits; the id of its request. */
static uint64_t waits(unsigned who, const char *wait_ms)
{
    char args[64];
    snprintf(args, sizeof args, "name=e|wait_ms=%s", wait_ms);
    ck_assert_ptr_null(call(&w, who, "event.wait", args));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_PARKED);
    return w.clients[who].id;
}

static const char *told(unsigned who, uint64_t id)
{
    return world_show(&w, world_seen(&w, who, id));
}

static const char *info(const char *row)
{
    return strstr(call_show(&w, "object.info", "e", ""), row);
}

START_TEST(operations)
{
    static const struct {
        const char *op, *args, *reply;
        enum outcome outcome;
    } rows[] = {
        {"event.is_set", "", "False", OUTCOME_NONE},
        {"event.wait", "", "False", OUTCOME_NONE},
        {"event.clear", "", "done", OUTCOME_NONE},
        {"event.set", "", "done", OUTCOME_EFFECT},
        {"event.set", "", "done", OUTCOME_NONE},
        {"event.is_set", "", "True", OUTCOME_NONE},
        {"event.wait", "", "True", OUTCOME_NONE},
        {"event.wait", "wait_ms=5", "True", OUTCOME_NONE},
        {"object.scan", "", "[{'set': True}]", OUTCOME_NONE},
        {"object.scan", "cursor=x", "error VALUE: the cursor is not one of this object",
         OUTCOME_NONE},
        {"event.clear", "", "done", OUTCOME_EFFECT},
        {"event.is_set", "", "False", OUTCOME_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w.applied.outcome = OUTCOME_NONE;
        ck_assert_str_eq(call_show(&w, rows[i].op, "e", rows[i].args), rows[i].reply);
        ck_assert_msg(w.applied.outcome == rows[i].outcome, "%s %s", rows[i].op, rows[i].args);
    }
    ck_assert_ptr_nonnull(info("'set': False"));
    ck_assert_ptr_nonnull(info("'length': None"));
}
END_TEST

START_TEST(starts_as_init_says)
{
    static const char *const rows[][2] = {
        {"init=true", "True"}, {"init=false", "False"}, {"init=null", "False"}, {"", "False"}};
    for (size_t i = 0; i < 4; i++) {
        char args[64];
        snprintf(args, sizeof args, "type=event|name=n%zu|%s", i, rows[i][0]);
        ck_assert_ptr_null(strstr(world_show(&w, call(&w, 0, "object.create", args)), "error"));
        snprintf(args, sizeof args, "name=n%zu", i);
        ck_assert_str_eq(world_show(&w, call(&w, 0, "event.is_set", args)), rows[i][1]);
    }
    ck_assert_str_eq(world_show(&w, world_create(&w, "event", "n", "1")),
                     "error TYPE: an event starts as true (set) or false");
    ck_assert_str_eq(
        world_show(&w, call(&w, 0, "object.create", "name=n|type=event|patience_ms=1")),
        "error VALUE: an object of type event has no patience");
}
END_TEST

START_TEST(set_wakes_all_in_order)
{
    uint64_t ids[6];
    for (unsigned who = 1; who < 6; who++)
        ids[who] = waits(who, who % 2 == 0 ? "1000" : "18446744073709551615");
    call(&w, 0, "event.set", "name=e");
    ck_assert_uint_eq(w.seen_count, 6);
    for (unsigned who = 1; who < 6; who++) {
        ck_assert_uint_eq(w.seen[who].session, w.clients[who].session);
        ck_assert_uint_eq(w.seen[who].revision, w.applied.first + who);
        ck_assert_str_eq(told(who, ids[who]), "True");
    }
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(time_over_is_false)
{
    uint64_t first = waits(1, "100");
    uint64_t second = waits(2, "200");
    world_tick(&w, 99);
    ck_assert_uint_eq(w.seen_count, 0);
    world_tick(&w, 1);
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_str_eq(told(1, first), "False");
    call(&w, 0, "event.set", "name=e");
    ck_assert_str_eq(told(2, second), "True");
}
END_TEST

/* Whoever waits when the flag goes up was woken, though it goes down at once. */
START_TEST(set_then_clear_loses_nobody)
{
    uint64_t id = waits(1, "1000");
    call(&w, 0, "event.set", "name=e");
    ck_assert_str_eq(told(1, id), "True");
    call(&w, 0, "event.clear", "name=e");
    waits(1, "1000");
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
}
END_TEST

START_TEST(leaving)
{
    uint64_t cancelled = waits(1, "1000");
    uint64_t stays = waits(2, "1000");
    waits(3, "1000");
    world_cancel(&w, 1, cancelled, ERR_CANCELLED);
    ck_assert_int_eq(w.seen[0].result.code, ERR_CANCELLED);
    world_end(&w, 3);
    ck_assert_uint_eq(w.seen_count, 0);
    call(&w, 0, "object.delete", "name=e|force=1");
    ck_assert_uint_eq(w.seen_count, 2);
    ck_assert_int_eq(world_seen(&w, 2, stays)->result.code, ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

enum { MANY = 3000 };

/* One client with a wide window: each wake costs the same, however many wait. */
START_TEST(wakes_many)
{
    w.window = 1 << 15;
    for (unsigned i = 0; i < MANY; i++)
        must(call(&w, 1, "event.wait", "name=e|wait_ms=60000") == NULL);
    call(&w, 0, "event.set", "name=e");
    ck_assert_uint_eq(w.seen_count, SLICE_MAX + 1);
    for (unsigned i = 0, at = 1; i < MANY; i++, at++) {
        if (at == w.seen_count) {
            world_apply(&w, &(struct command){.kind = COMMAND_REST});
            at = 0;
        }
        must(w.seen[at].id == i + 1);
    }
    ck_assert(!w.applied.more);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

START_TEST(without_memory)
{
    static const char *const rows[][2] = {
        {"event.wait", "name=e|wait_ms=100"},
        {"event.set", "name=e"},
        {"event.clear", "name=e"},
        {"event.is_set", "name=e"},
        {"object.scan", "name=e"},
        {"object.create", "name=n|type=event|init=true"},
    };
    size_t refused = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused += call_without_memory(&w, rows[i][0], rows[i][1]);
    ck_assert_uint_gt(refused, 4);
}
END_TEST

Suite *suite_event(void);

Suite *suite_event(void)
{
    Suite *suite = suite_create("event");
    TCase *tcase = tcase_create("event");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, operations);
    tcase_add_test(tcase, starts_as_init_says);
    tcase_add_test(tcase, set_wakes_all_in_order);
    tcase_add_test(tcase, time_over_is_false);
    tcase_add_test(tcase, set_then_clear_loses_nobody);
    tcase_add_test(tcase, leaving);
    tcase_add_test(tcase, wakes_many);
    tcase_add_test(tcase, without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
