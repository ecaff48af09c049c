/* SPDX-License-Identifier: BSD-2-Clause */
/* barrier: parties that wait for each other, and all ways to break it. */
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"

#define FOR_EVER "18446744073709551615"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_create(&w, "barrier", "b", "3");
}

static void teardown(void)
{
    world_free(&w);
}

static const struct seen *comes(unsigned who, const char *name, const char *wait_ms)
{
    char args[64];
    snprintf(args, sizeof args, "name=%s|wait_ms=%s", name, wait_ms);
    return call(&w, who, "barrier.wait", args);
}

/* Client `who` waits; the id of its request. */
static uint64_t waits(unsigned who, const char *wait_ms)
{
    ck_assert_ptr_null(comes(who, "b", wait_ms));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_PARKED);
    return w.clients[who].id;
}

static const char *told(unsigned who, uint64_t id)
{
    return world_show(&w, world_seen(&w, who, id));
}

#define BROKEN "error BROKEN_BARRIER: the barrier is broken"

/* waiting, broken, generation */
static void state_is(const char *state)
{
    char text[128];
    const char *waiting = call_show(&w, "barrier.waiting", "b", "");
    const char *broken = call_show(&w, "barrier.broken", "b", "");
    snprintf(text, sizeof text, "%s %s %s", waiting, broken,
             call_show(&w, "barrier.generation", "b", ""));
    ck_assert_str_eq(text, state);
}

START_TEST(what_it_is_made_with)
{
    static const char *const rows[][2] = {
        {"", "error VALUE: a barrier needs the number of its parties"},
        {"init=0", "error VALUE: parties must be > 0"},
        {"init=-1", "error VALUE: parties must be > 0"},
        {"init=1.5", "error TYPE: the number of parties must be a whole number of 64 bits"},
        {"init=99999999999999999999",
         "error TYPE: the number of parties must be a whole number of 64 bits"},
        {"init=true", "error TYPE: the number of parties must be a whole number of 64 bits"},
        {"init=2|maxsize=1", "error VALUE: an object of type barrier has no maxsize"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char args[128];
        snprintf(args, sizeof args, "type=barrier|name=n%s%s", *rows[i][0] == 0 ? "" : "|",
                 rows[i][0]);
        ck_assert_str_eq(world_show(&w, call(&w, 0, "object.create", args)), rows[i][1]);
    }
    ck_assert_str_eq(call_show(&w, "barrier.parties", "b", ""), "3");
    ck_assert_str_eq(call_show(&w, "object.scan", "b", ""),
                     "[{'parties': 3, 'arrived': 0, 'broken': False, 'generation': 0}]");
    ck_assert_str_eq(call_show(&w, "object.scan", "b", "cursor=x"),
                     "error VALUE: the cursor is not one of this object");
}
END_TEST

START_TEST(if_absent_tells_what_differs)
{
    static const struct {
        const char *args, *differs; /* NULL: it fits */
    } rows[] = {
        {"init=3", NULL},
        {"patience_ms=18446744073709551615", NULL},
        {"init=2", "3 parties, not 2"},
        {"patience_ms=6", "patience none, not 6 ms"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char args[128];
        snprintf(args, sizeof args, "name=b|type=barrier|if_absent=1|%s", rows[i].args);
        const char *reply = world_show(&w, call(&w, 0, "object.create", args));
        if (rows[i].differs == NULL)
            ck_assert_msg(strncmp(reply, "error", 5) != 0, "%s", reply);
        else
            ck_assert_msg(strstr(reply, rows[i].differs) != NULL, "%s", reply);
    }
}
END_TEST

START_TEST(all_come_together_each_with_its_index)
{
    uint64_t first = waits(1, FOR_EVER);
    uint64_t second = waits(2, "1000");
    state_is("2 False 0");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "b", ""), "'arrived': 2"));
    const struct seen *last = comes(3, "b", "0");
    ck_assert_str_eq(world_show(&w, last), "2");
    ck_assert_uint_eq(w.seen_count, 3);
    ck_assert_ptr_eq(last, &w.seen[0]);
    ck_assert_str_eq(told(1, first), "0");
    ck_assert_str_eq(told(2, second), "1");
    ck_assert_uint_eq(w.seen[1].revision, w.applied.first + 1);
    ck_assert_uint_eq(w.seen[2].revision, w.applied.first + 2);
    state_is("0 False 1");
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(again_and_again)
{
    for (unsigned round = 0; round < 100; round++) {
        uint64_t ids[2] = {waits(round % 3, "10"), waits((round + 1) % 3, FOR_EVER)};
        must(strcmp(world_show(&w, comes((round + 2) % 3, "b", FOR_EVER)), "2") == 0);
        must(strcmp(told(round % 3, ids[0]), "0") == 0);
        must(strcmp(told((round + 1) % 3, ids[1]), "1") == 0);
    }
    state_is("0 False 100");
}
END_TEST

START_TEST(one_party_never_waits)
{
    world_create(&w, "barrier", "alone", "1");
    ck_assert_str_eq(world_show(&w, comes(0, "alone", "0")), "0");
    ck_assert_str_eq(world_show(&w, comes(0, "alone", FOR_EVER)), "0");
    ck_assert_str_eq(call_show(&w, "barrier.generation", "alone", ""), "2");
}
END_TEST

/* A resend attaches to the request that waits: it is one party. */
START_TEST(a_resend_counts_once)
{
    uint64_t id = waits(1, FOR_EVER);
    Wire__BarrierWait in = WIRE__BARRIER_WAIT__INIT;
    in.has_name = true, in.name = world_text("b");
    ck_assert_ptr_null(
        world_command(&w, 1, &(struct ask){.id = id, .wait_ms = UINT64_MAX}, &in.base));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    state_is("1 False 0");
}
END_TEST

enum leaving { TIMES_OUT, CANCELLED, DIES, TRIES, ABORTS, LEAVINGS };

START_TEST(whoever_leaves_breaks_it_for_all)
{
    uint64_t stays = waits(1, FOR_EVER);
    uint64_t leaves = _i == TRIES || _i == ABORTS ? 0 : waits(2, "100");
    if (_i == TIMES_OUT) {
        world_tick(&w, 100);
        ck_assert_str_eq(told(2, leaves), BROKEN);
    } else if (_i == CANCELLED) {
        world_cancel(&w, 2, leaves, ERR_CANCELLED);
        ck_assert_int_eq(world_seen(&w, 2, leaves)->result.code, ERR_CANCELLED);
    } else if (_i == DIES) {
        world_end(&w, 2);
    } else if (_i == TRIES) {
        ck_assert_str_eq(world_show(&w, comes(2, "b", "0")), BROKEN);
    } else {
        ck_assert_str_eq(world_show(&w, call(&w, 2, "barrier.abort", "name=b")), "done");
    }
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    ck_assert_str_eq(told(1, stays), BROKEN);
    ck_assert_uint_eq(w.seen_count, _i == DIES ? 1 : 2);
    state_is("0 True 0");
    ck_assert_uint_eq(world_usage(&w).timers, 0);
    ck_assert_str_eq(world_show(&w, comes(3, "b", FOR_EVER)), BROKEN);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(call_show(&w, "barrier.abort", "b", ""), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(call_show(&w, "barrier.reset", "b", ""), "done");
    state_is("0 False 1");
    waits(1, FOR_EVER);
}
END_TEST

START_TEST(a_try_that_breaks_is_answered_the_same_again)
{
    Wire__BarrierWait in = WIRE__BARRIER_WAIT__INIT;
    in.has_name = true, in.name = world_text("b");
    ck_assert_str_eq(world_show(&w, comes(1, "b", "0")), BROKEN);
    call_show(&w, "barrier.reset", "b", "");
    const struct seen *again = world_command(&w, 1, &(struct ask){.id = w.clients[1].id}, &in.base);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_str_eq(world_show(&w, again), BROKEN);
    state_is("0 False 1");
}
END_TEST

START_TEST(reset_sends_away_who_waits)
{
    uint64_t ids[2] = {waits(1, FOR_EVER), waits(2, "50")};
    ck_assert_str_eq(call_show(&w, "barrier.reset", "b", ""), "done");
    ck_assert_str_eq(told(1, ids[0]), BROKEN);
    ck_assert_str_eq(told(2, ids[1]), BROKEN);
    state_is("0 False 1");
    waits(1, FOR_EVER);
    waits(2, FOR_EVER);
    ck_assert_str_eq(world_show(&w, comes(3, "b", "0")), "2");
    state_is("0 False 2");
}
END_TEST

START_TEST(all_time_out_at_once)
{
    uint64_t ids[2] = {waits(1, "100"), waits(2, "100")};
    world_tick(&w, 500);
    ck_assert_uint_eq(w.seen_count, 2);
    ck_assert_str_eq(told(1, ids[0]), BROKEN);
    ck_assert_str_eq(told(2, ids[1]), BROKEN);
    state_is("0 True 0");
}
END_TEST

START_TEST(patience_bounds_waits_without_an_end)
{
    call(&w, 0, "object.create", "name=p|type=barrier|init=2|patience_ms=70");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "p", ""), "'patience_ms': 70"));
    ck_assert_ptr_null(comes(1, "p", FOR_EVER));
    world_tick(&w, 69);
    ck_assert_uint_eq(w.seen_count, 0);
    world_tick(&w, 1);
    ck_assert_str_eq(told(1, w.clients[1].id), BROKEN);
    call_show(&w, "barrier.reset", "p", "");
    ck_assert_ptr_null(comes(1, "p", "200")); /* its own is what counts */
    world_tick(&w, 199);
    ck_assert_uint_eq(w.seen_count, 0);
    world_tick(&w, 1);
    ck_assert_uint_eq(w.seen_count, 1);
    call(&w, 0, "object.create", "name=none|type=barrier|init=2|patience_ms=0");
    ck_assert_str_eq(world_show(&w, comes(1, "none", FOR_EVER)), BROKEN);
}
END_TEST

START_TEST(deleted_under_those_who_wait)
{
    call(&w, 0, "object.create", "name=t|type=barrier|init=3|ttl_ms=50");
    ck_assert_ptr_null(comes(1, "t", FOR_EVER));
    ck_assert_ptr_null(comes(2, "t", "1000"));
    call(&w, 0, "object.delete", "name=t|force=1");
    ck_assert_uint_eq(w.seen_count, 3);
    ck_assert_int_eq(w.seen[1].result.code, ERR_NO_SUCH_OBJECT);
    ck_assert_int_eq(w.seen[2].result.code, ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

enum { MANY = 3000 };

START_TEST(many_parties)
{
    world_create(&w, "barrier", "many", "3000");
    w.window = 1 << 15;
    for (unsigned i = 1; i < MANY; i++)
        must(call(&w, 1, "barrier.wait", "name=many|wait_ms=60000") == NULL);
    ck_assert_str_eq(world_show(&w, comes(2, "many", "0")), "2999");
    ck_assert_uint_eq(w.seen_count, 1 + SLICE_MAX);
    for (unsigned i = 1, at = 1; i < MANY; i++, at++) {
        if (at == w.seen_count) {
            world_apply(&w, &(struct command){.kind = COMMAND_REST});
            at = 0;
        }
        must(w.seen[at].id == i);
        must(val_read(w.seen[at].result.value).integer == i - 1);
    }
    ck_assert(!w.applied.more);
}
END_TEST

START_TEST(without_memory)
{
    static const char *const rows[][2] = {
        {"barrier.wait", "name=b|wait_ms=100"},
        {"barrier.reset", "name=b"},
        {"barrier.wait", "name=b"},
        {"barrier.reset", "name=b"},
        {"barrier.abort", "name=b"},
        {"barrier.parties", "name=b"},
        {"barrier.generation", "name=b"},
        {"object.scan", "name=b"},
        {"barrier.wait", "name=one"},
        {"object.create", "name=n|type=barrier|init=4"},
    };
    size_t refused = 0;
    world_create(&w, "barrier", "one", "1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused += call_without_memory(&w, rows[i][0], rows[i][1]);
    ck_assert_uint_gt(refused, 4);
    state_is("0 True 2");
}
END_TEST

Suite *suite_barrier(void);

Suite *suite_barrier(void)
{
    Suite *suite = suite_create("barrier");
    TCase *tcase = tcase_create("barrier");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_it_is_made_with);
    tcase_add_test(tcase, if_absent_tells_what_differs);
    tcase_add_test(tcase, all_come_together_each_with_its_index);
    tcase_add_test(tcase, again_and_again);
    tcase_add_test(tcase, one_party_never_waits);
    tcase_add_test(tcase, a_resend_counts_once);
    tcase_add_loop_test(tcase, whoever_leaves_breaks_it_for_all, 0, LEAVINGS);
    tcase_add_test(tcase, a_try_that_breaks_is_answered_the_same_again);
    tcase_add_test(tcase, reset_sends_away_who_waits);
    tcase_add_test(tcase, all_time_out_at_once);
    tcase_add_test(tcase, patience_bounds_waits_without_an_end);
    tcase_add_test(tcase, deleted_under_those_who_wait);
    tcase_add_test(tcase, many_parties);
    tcase_add_test(tcase, without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
