/* SPDX-License-Identifier: BSD-2-Clause */
/* semaphore: free + lent = all, at any time; several permits at once, in turn. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"

#define FOR_EVER "wait_ms=18446744073709551615"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    w.engine->options.limits.lease_max_ms = 60000;
}

static void teardown(void)
{
    world_free(&w);
}

/* Makes "s". */
static void create(unsigned permits, bool bounded)
{
    const struct seen *seen =
        callf(&w, 0, "object.create", "name=s|type=semaphore|init=%u|bounded=%d", permits, bounded);
    ck_assert_int_eq(seen->result.kind, RESULT_VALUE);
}

static const struct seen *does(unsigned who, const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "semaphore.%s", method);
    return callf(&w, who, op, "name=s%s%s", *args == '\0' ? "" : "|", args);
}

static const char *says(unsigned who, const char *method, const char *args)
{
    return world_show(&w, does(who, method, args));
}

static uint64_t takes(unsigned who, unsigned permits)
{
    const struct seen *seen = callf(&w, who, "semaphore.acquire", "name=s|permits=%u", permits);
    ck_assert_msg(seen->result.kind == RESULT_GRANT, "%s", world_show(&w, seen));
    ck_assert_uint_eq(seen->result.token, seen->revision);
    ck_assert_uint_eq(seen->result.depth, permits);
    return seen->result.token;
}

static uint64_t parks(unsigned who, unsigned permits, const char *wait)
{
    ck_assert_ptr_null(callf(&w, who, "semaphore.acquire", "name=s|permits=%u|%s", permits, wait));
    return w.clients[who].id;
}

static bool granted(unsigned who, uint64_t id)
{
    const struct seen *seen = world_seen(&w, who, id);
    ck_assert(seen == NULL || seen->result.kind == RESULT_GRANT);
    return seen != NULL;
}

static const char *gives_by_token(unsigned who, uint64_t token, const char *args)
{
    return world_show(
        &w, callf(&w, who, "semaphore.release", "name=s|token=%" PRIu64 "%s", token, args));
}

START_TEST(created_with_permits)
{
    static const struct {
        const char *args, *said; /* said NULL: it works */
    } rows[] = {
        {"", NULL},
        {"|init=0", NULL},
        {"|init=true", "error TYPE: the permits of a semaphore are an int, not bool"},
        {"|init=false", "error TYPE: the permits of a semaphore are an int, not bool"},
        {"|init=9223372036854775807", NULL},
        {"|init=9223372036854775808", "error OVERFLOW: a semaphore has 2^63-1 permits at most"},
        {"|init=-1", "error VALUE: semaphore initial value must be >= 0"},
        {"|init=-9223372036854775809", "error VALUE: semaphore initial value must be >= 0"},
        {"|init=1.5", "error TYPE: the permits of a semaphore are an int, not float"},
        {"|init=null", "error TYPE: the permits of a semaphore are an int, not NoneType"},
        {"|init=[1]", "error TYPE: the permits of a semaphore are an int, not list"},
        {"|maxsize=1", "error VALUE: an object of type semaphore has no maxsize"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct seen *seen =
            callf(&w, 0, "object.create", "name=s%u|type=semaphore%s", i, rows[i].args);
        ck_assert_msg((seen->result.kind == RESULT_VALUE) == (rows[i].said == NULL), "%s: %s",
                      rows[i].args, world_show(&w, seen));
        if (rows[i].said != NULL)
            ck_assert_str_eq(world_show(&w, seen), rows[i].said);
    }
    ck_assert_str_eq(call_show(&w, "semaphore.value", "s0", ""), "1");
    ck_assert_str_eq(call_show(&w, "semaphore.value", "s1", ""), "0");
}
END_TEST

START_TEST(the_same_again_or_not)
{
    create(2, false);
    ck_assert_int_eq(
        call(&w, 0, "object.create", "name=s|type=semaphore|if_absent=1|init=7")->result.kind,
        RESULT_VALUE);
    ck_assert_str_eq(
        world_show(&w, call(&w, 0, "object.create", "name=s|type=semaphore|if_absent=1|bounded=1")),
        "error EXISTS: it exists and differs: not bounded");
}
END_TEST

START_TEST(lent_and_given_back)
{
    create(3, true);
    ck_assert_str_eq(says(0, "value", ""), "3");
    ck_assert_str_eq(says(1, "held", ""), "False");
    uint64_t first = takes(1, 1), two = takes(1, 2);
    ck_assert_str_eq(says(0, "value", ""), "0");
    ck_assert_str_eq(says(1, "held", ""), "True");
    ck_assert_str_eq(says(1, "held", "holder=1"), "False");
    ck_assert_str_eq(says(2, "acquire", ""), "error BUSY: not enough permits are free");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    /* the newest first */
    ck_assert_str_eq(says(1, "release", ""), "done");
    ck_assert_uint_eq(grant_find(w.engine, two)->count, 1);
    ck_assert_str_eq(says(1, "release", "permits=2"), "done");
    ck_assert_ptr_null(grant_find(w.engine, two));
    ck_assert_ptr_null(grant_find(w.engine, first));
    ck_assert_str_eq(says(0, "value", ""), "3");
}
END_TEST

START_TEST(asked_for_too_much)
{
    create(3, true);
    ck_assert_str_eq(says(1, "acquire", "permits=0"), "error VALUE: permits must be at least 1");
    ck_assert_str_eq(says(1, "acquire", "permits=18446744073709551615"),
                     "error VALUE: permits must be 2^63-1 at most");
    ck_assert_str_eq(says(1, "acquire", "permits=4|wait_ms=100"),
                     "error VALUE: there are only 3 permits in all");
    /* what is unbounded may grow */
    call(&w, 0, "object.create", "name=u|type=semaphore|init=3");
    ck_assert_str_eq(world_show(&w, call(&w, 1, "semaphore.acquire", "name=u|permits=4")),
                     "error BUSY: not enough permits are free");
    ck_assert_ptr_null(call(&w, 1, "semaphore.acquire", "name=u|permits=4|wait_ms=100"));
    call(&w, 0, "semaphore.release", "name=u|any=1");
    ck_assert_uint_eq(w.seen_count, 2);
    ck_assert_uint_eq(w.seen[1].result.depth, 4);
}
END_TEST

START_TEST(given_back_by_token)
{
    create(5, true);
    uint64_t token = takes(1, 4), other = takes(2, 1);
    ck_assert_str_eq(gives_by_token(3, token, "|permits=5"),
                     "error OVER_RELEASE: the grant has only 4 permits");
    ck_assert_str_eq(gives_by_token(3, token, "|permits=0"),
                     "error VALUE: permits must be at least 1");
    ck_assert_str_eq(gives_by_token(3, token, "|permits=1"), "done");
    ck_assert_str_eq(says(0, "value", ""), "1");
    ck_assert_str_eq(gives_by_token(3, token, ""), "done");
    ck_assert_str_eq(says(0, "value", ""), "4");
    ck_assert_str_eq(gives_by_token(1, token, ""), "lost");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(gives_by_token(1, engine_revision(w.engine) + 1, ""),
                     "error NOT_OWNER: there never was such a token");
    call(&w, 0, "object.create", "name=u|type=semaphore");
    uint64_t foreign = call(&w, 1, "semaphore.acquire", "name=u")->result.token;
    ck_assert_str_eq(gives_by_token(1, foreign, ""),
                     "error NOT_OWNER: the token is of another object");
    ck_assert_ptr_nonnull(grant_find(w.engine, other));
    ck_assert_str_eq(says(0, "value", ""), "4");
}
END_TEST

START_TEST(given_back_by_others)
{
    create(3, true);
    ck_assert_str_eq(says(1, "release", ""),
                     "error OVER_RELEASE: Semaphore released too many times");
    takes(1, 1);
    takes(2, 2);
    ck_assert_str_eq(says(3, "release", ""), "error NOT_OWNER: this owner has only 0 permits");
    ck_assert_str_eq(says(1, "release", "permits=2"),
                     "error NOT_OWNER: this owner has only 1 permits");
    ck_assert_str_eq(says(2, "release", "permits=3"),
                     "error NOT_OWNER: this owner has only 2 permits");
    ck_assert_str_eq(says(0, "value", ""), "0");
    /* own first, then the oldest of anybody's */
    ck_assert_str_eq(says(2, "release", "any=1"), "done");
    ck_assert_str_eq(says(1, "held", ""), "True");
    ck_assert_str_eq(says(3, "release", "any=1"), "done");
    ck_assert_str_eq(says(1, "held", ""), "False");
    ck_assert_str_eq(says(3, "release", "any=1|permits=2"),
                     "error OVER_RELEASE: Semaphore released too many times");
    ck_assert_str_eq(says(0, "value", ""), "2");
    ck_assert_str_eq(says(3, "release", "any=1"), "done");
    ck_assert_str_eq(says(3, "release", "any=1"),
                     "error OVER_RELEASE: Semaphore released too many times");
    ck_assert_str_eq(says(0, "value", ""), "3");
}
END_TEST

START_TEST(an_unbounded_one_grows)
{
    create(1, false);
    takes(1, 1);
    ck_assert_str_eq(says(2, "release", ""), "error NOT_OWNER: this owner has only 0 permits");
    ck_assert_str_eq(says(2, "release", "any=1|permits=4"), "done");
    ck_assert_str_eq(says(0, "value", ""), "4");
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    ck_assert_str_eq(says(1, "release", ""), "error NOT_OWNER: this owner has only 0 permits");
    ck_assert_str_eq(says(2, "release", "any=1|permits=9223372036854775807"),
                     "error OVERFLOW: a semaphore has 2^63-1 permits at most");
    ck_assert_str_eq(says(0, "value", ""), "4");
}
END_TEST

/* The head keeps its turn, and nobody passes it. */
START_TEST(many_permits_keep_their_turn)
{
    create(5, false);
    uint64_t held = takes(0, 4);
    uint64_t head = parks(1, 3, FOR_EVER);
    uint64_t small = parks(2, 1, FOR_EVER);
    ck_assert_str_eq(says(3, "acquire", ""), "error BUSY: not enough permits are free");
    gives_by_token(0, held, "|permits=1");
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_uint_eq(world_usage(&w).waiters, 2);
    gives_by_token(0, held, "");
    ck_assert_uint_eq(w.seen_count, 3);
    ck_assert(granted(1, head) && granted(2, small));
    ck_assert_uint_eq(w.seen[1].result.token, w.applied.first + 1);
    ck_assert_uint_eq(w.seen[2].result.token, w.applied.first + 2);
    ck_assert_uint_eq(w.seen[1].result.depth, 3);
    ck_assert_uint_eq(grant_find(w.engine, w.applied.last)->object->changed_at, w.applied.last);
    ck_assert_str_eq(says(0, "value", ""), "1");
}
END_TEST

/* However the head leaves, those behind it are looked at. */
START_TEST(the_next_are_looked_at)
{
    create(2, false);
    takes(0, 1);
    uint64_t head = parks(1, 2, "wait_ms=100");
    uint64_t second = parks(2, 1, FOR_EVER);
    switch (_i) {
    case 0:
        world_tick(&w, 100);
        ck_assert_int_eq(world_seen(&w, 1, head)->result.code, ERR_TIMEOUT);
        break;
    case 1:
        world_cancel(&w, 1, head, ERR_CANCELLED);
        ck_assert_int_eq(world_seen(&w, 1, head)->result.code, ERR_CANCELLED);
        break;
    default:
        world_end(&w, 1);
    }
    ck_assert(granted(2, second));
    ck_assert_str_eq(says(0, "value", ""), "0");
}
END_TEST

START_TEST(permits_of_the_dead_come_back)
{
    create(4, true);
    takes(1, 1);
    takes(1, 2);
    takes(2, 1);
    uint64_t waiting = parks(3, 3, FOR_EVER);
    world_end(&w, 1);
    ck_assert(granted(3, waiting));
    ck_assert_uint_eq(world_seen(&w, 3, waiting)->result.previous_token, 0);
    ck_assert_str_eq(says(0, "value", ""), "0");
    world_end(&w, 2);
    world_end(&w, 3);
    ck_assert_str_eq(says(0, "value", ""), "4");
}
END_TEST

START_TEST(resized)
{
    create(3, true);
    uint64_t held = takes(1, 3);
    uint64_t two = parks(2, 2, FOR_EVER);
    uint64_t one = parks(3, 1, FOR_EVER);
    ck_assert_str_eq(says(0, "resize", "permits=3"), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(says(0, "resize", "permits=1"), "done");
    /* who can never be served any more is told so */
    ck_assert_int_eq(world_seen(&w, 2, two)->result.code, ERR_VALUE);
    ck_assert_str_eq(says(0, "value", ""), "-2");
    gives_by_token(1, held, "|permits=2");
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_str_eq(says(0, "value", ""), "0");
    ck_assert_str_eq(says(0, "resize", "permits=2"), "done");
    ck_assert(granted(3, one));
    ck_assert_str_eq(says(0, "resize", "permits=0"), "done");
    ck_assert_str_eq(says(0, "value", ""), "-2");
    ck_assert_str_eq(says(0, "resize", "permits=9223372036854775808"),
                     "error VALUE: permits must be 2^63-1 at most");
    says(3, "release", "");
    says(1, "release", "");
    ck_assert_str_eq(says(0, "value", ""), "0");
    ck_assert_str_eq(says(1, "acquire", "wait_ms=5"),
                     "error VALUE: there are only 0 permits in all");
}
END_TEST

START_TEST(a_token_serves_and_its_lease_starts_again)
{
    char args[64];
    create(2, true);
    world_create(&w, "value", "v", "1");
    uint64_t token = takes(1, 2);
    snprintf(args, sizeof args, "token=%" PRIu64, token);
    ck_assert_str_eq(says(2, "held", args), "True");
    snprintf(args, sizeof args, "token=%" PRIu64 "|lease_ms=500", token);
    ck_assert_uint_eq(does(1, "renew", args)->result.depth,
                      2); /* its first one: from itself only */
    ck_assert_uint_eq(does(2, "renew", args)->result.depth, 2);
    ck_assert_uint_eq(w.applied.renewed, w.clients[1].session);
    snprintf(args, sizeof args, "name=v|value=2|require=%" PRIu64, token);
    ck_assert_str_eq(world_show(&w, call(&w, 2, "value.set", args)), "done");
    says(1, "release", "permits=2");
    ck_assert_int_eq(call(&w, 2, "value.set", args)->result.code, ERR_STALE_TOKEN);
    snprintf(args, sizeof args, "token=%" PRIu64, token);
    ck_assert_str_eq(says(2, "renew", args), "error LOCK_LOST: the grant is gone");
}
END_TEST

START_TEST(the_state_is_told)
{
    create(3, true);
    takes(1, 2);
    ck_assert_str_eq(call_show(&w, "object.scan", "s", ""),
                     "[{'permits': 3, 'free': 1, 'bounded': True}]");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "s", ""), "'permits': 3"));
}
END_TEST

/* A release that would drop hundreds of thousands of grants holds nobody up: it is refused as a
 * whole, whether they are the caller's or others'. One of fewer permits goes. So is the search for
 * an owner among too many. */
START_TEST(many_grants_at_once_are_work)
{
    create(200, false);
    for (unsigned i = 0; i < 200; i++)
        must(does(1 + i % 2, "acquire", i % 4 < 2 ? "holder=3" : "")->result.kind == RESULT_GRANT);
    char before[80];
    snprintf(before, sizeof before, "%s", world_digest(&w));
    w.engine->options.limits.work = 1000;
    ck_assert_int_eq(does(1, "release", "holder=3|permits=50")->result.code, ERR_LIMIT);
    ck_assert_int_eq(does(1, "release", "holder=3|permits=50|any=1")->result.code, ERR_LIMIT);
    ck_assert_int_eq(does(5, "release", "permits=60|any=1")->result.code, ERR_LIMIT);
    w.engine->options.limits.work = 200;
    ck_assert_int_eq(does(1, "held", "holder=4")->result.code, ERR_LIMIT);
    w.engine->options.limits.work = 1000;
    ck_assert_int_eq(does(1, "held", "holder=4")->result.kind, RESULT_VALUE);
    ck_assert_str_eq(world_digest(&w), before);
    ck_assert_int_eq(does(1, "release", "holder=3|permits=10")->result.kind, RESULT_DONE);
    ck_assert_int_eq(does(1, "release", "holder=3|permits=10|any=1")->result.kind, RESULT_DONE);
    w.engine->options.limits.work = 10000;
    ck_assert_int_eq(does(5, "release", "permits=60|any=1")->result.kind, RESULT_DONE);
    ck_assert_uint_eq(world_usage(&w).grants, 120);
    ck_assert_int_eq(does(1, "release", "holder=3|permits=60|any=1")->result.kind, RESULT_DONE);
    ck_assert_uint_eq(world_usage(&w).grants, 60);
}
END_TEST

START_TEST(without_memory)
{
    create(1, true);
    takes(1, 1);
    ck_assert_uint_ge(call_without_memory(&w, "semaphore.acquire", "name=s|wait_ms=100"), 3);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    world_tick(&w, 100);
    says(1, "release", "");
    call_without_memory(&w, "semaphore.acquire", "name=s");
    ck_assert_str_eq(says(0, "held", ""), "True");
}
END_TEST

/* ---- free + lent = all, whatever happens ---- */

static uint64_t dice;

static unsigned roll(unsigned sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice >> 33) % sides;
}

static void random_step(unsigned permits)
{
    unsigned who = 1 + roll(8);
    switch (roll(7)) {
    case 0:
    case 1:
        callf(&w, who, "semaphore.acquire", "name=s|permits=%u|wait_ms=%u", 1 + roll(permits),
              roll(3) * 50);
        break;
    case 2:
    case 3:
        callf(&w, who, "semaphore.release", "name=s|permits=%u", 1 + roll(2));
        break;
    case 4:
        callf(&w, who, "semaphore.release", "name=s|any=1|permits=%u", 1 + roll(2));
        break;
    case 5:
        world_tick(&w, roll(40));
        break;
    default:
        if (w.clients[who].session != 0 && roll(4) == 0)
            world_end(&w, who);
        else if (w.clients[who].session != 0)
            world_cancel(&w, who, w.clients[who].id - roll(3), ERR_CANCELLED);
    }
}

/* Those who wait could not be served: the first one wants more than there is. */
static void must_be_sound(uint64_t permits)
{
    struct object *object = object_by_id(w.engine, engine_object_id(w.engine, bytes_text("s")));
    const struct waitq *queue = object->ops->owned_queue(object);
    uint64_t lent = 0;
    char said[200];
    for (const struct grant *at = object->grants; at != NULL; at = at->object_next) {
        must(at->count > 0);
        lent += at->count;
    }
    must(lent <= permits);
    must(queue->first == NULL || queue->first->want > permits - lent);
    snprintf(said, sizeof said, "%" PRIu64, permits - lent);
    must(strcmp(call_show(&w, "semaphore.value", "s", ""), said) == 0);
}

START_TEST(nothing_is_lost_and_nothing_won)
{
    dice = (uint64_t)_i + 1;
    create(4, true);
    for (unsigned i = 0; i < 3000; i++) {
        random_step(4);
        must_be_sound(4);
    }
}
END_TEST

Suite *suite_semaphore(void);
Suite *suite_semaphore(void)
{
    Suite *suite = suite_create("semaphore");
    TCase *tcase = tcase_create("semaphore");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, created_with_permits);
    tcase_add_test(tcase, the_same_again_or_not);
    tcase_add_test(tcase, lent_and_given_back);
    tcase_add_test(tcase, asked_for_too_much);
    tcase_add_test(tcase, given_back_by_token);
    tcase_add_test(tcase, given_back_by_others);
    tcase_add_test(tcase, an_unbounded_one_grows);
    tcase_add_test(tcase, many_permits_keep_their_turn);
    tcase_add_loop_test(tcase, the_next_are_looked_at, 0, 3);
    tcase_add_test(tcase, permits_of_the_dead_come_back);
    tcase_add_test(tcase, resized);
    tcase_add_test(tcase, a_token_serves_and_its_lease_starts_again);
    tcase_add_test(tcase, the_state_is_told);
    tcase_add_test(tcase, many_grants_at_once_are_work);
    tcase_add_test(tcase, without_memory);
    tcase_add_loop_test(tcase, nothing_is_lost_and_nothing_won, 0, 8);
    suite_add_tcase(suite, tcase);
    return suite;
}
