/* SPDX-License-Identifier: BSD-2-Clause */
/* What lock, rlock and condition have in common: one owner, in turn, whatever way the last one
 * went. Every test runs for each of them. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "wire.pb-c.h"

#define FOR_EVER "wait_ms=18446744073709551615"

static const struct kind {
    const char *type, *lock; /* lock: the type of the lock that a condition uses; NULL: its own */
    bool reentrant;
} kinds[] = {
    {"lock", NULL, false},        {"rlock", NULL, true},        {"condition", NULL, true},
    {"condition", "lock", false}, {"condition", "rlock", true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static struct world w;
static const struct kind *kind;

static void setup(void)
{
    world_init(&w, objects_handlers());
    w.engine->options.limits.lease_max_ms = 60000;
}

static void teardown(void)
{
    world_free(&w);
}

/* Makes "m" of the i-th kind. */
static void begin(int i)
{
    kind = &kinds[i];
    if (kind->lock != NULL)
        callf(&w, 0, "object.create", "name=its-lock|type=%s", kind->lock);
    const struct seen *seen = callf(&w, 0, "object.create", "name=m|type=%s%s", kind->type,
                                    kind->lock == NULL ? "" : "|lock=its-lock");
    ck_assert_int_eq(seen->result.kind, RESULT_VALUE);
}

static const struct seen *does(unsigned who, const char *method, const char *args)
{
    char op[64];
    snprintf(op, sizeof op, "%s.%s", kind->type, method);
    return callf(&w, who, op, "name=m%s%s", *args == '\0' ? "" : "|", args);
}

static const char *says(unsigned who, const char *method, const char *args)
{
    return world_show(&w, does(who, method, args));
}

static const char *with_token(uint64_t token)
{
    static char args[64];
    snprintf(args, sizeof args, "token=%" PRIu64, token);
    return args;
}

/* It becomes the owner at once; its token. */
static uint64_t takes(unsigned who)
{
    const struct seen *seen = does(who, "acquire", "wait_ms=0");
    ck_assert_ptr_nonnull(seen);
    ck_assert_msg(seen->result.kind == RESULT_GRANT, "%s", world_show(&w, seen));
    ck_assert_uint_eq(seen->result.depth, 1);
    ck_assert_uint_eq(seen->result.token, seen->revision);
    return seen->result.token;
}

/* It waits; the id of the request. */
static uint64_t parks(unsigned who, const char *args)
{
    ck_assert_ptr_null(does(who, "acquire", args));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_PARKED);
    return w.clients[who].id;
}

/* The last command made that request's sender the owner; its token. */
static uint64_t granted(unsigned who, uint64_t id)
{
    const struct seen *seen = world_seen(&w, who, id);
    ck_assert_msg(seen != NULL, "client %u was not told", who);
    ck_assert_msg(seen->result.kind == RESULT_GRANT, "%s", world_show(&w, seen));
    ck_assert_uint_eq(seen->result.token, seen->revision);
    return seen->result.token;
}

START_TEST(taken_and_given_back)
{
    begin(_i);
    ck_assert_str_eq(says(0, "locked", ""), "False");
    ck_assert_str_eq(says(1, "held", ""), "False");
    uint64_t token = takes(1);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    ck_assert_str_eq(says(0, "locked", ""), "True");
    ck_assert_str_eq(says(1, "held", ""), "True");
    ck_assert_str_eq(says(1, "held", "holder=5"), "False");
    ck_assert_str_eq(says(2, "held", ""), "False");
    ck_assert_str_eq(says(2, "held", with_token(token)), "True");
    ck_assert_str_eq(says(2, "held", with_token(token + 1)), "False");
    ck_assert_str_eq(says(2, "acquire", "wait_ms=0"), "error BUSY: somebody owns it");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(says(1, "release", ""), "done");
    ck_assert_str_eq(says(0, "locked", ""), "False");
    ck_assert_str_eq(says(1, "held", ""), "False");
    ck_assert_str_eq(says(2, "held", with_token(token)), "False");
    ck_assert_uint_gt(takes(2), token);
}
END_TEST

START_TEST(given_back_by_those_who_may)
{
    const char *unowned = "error RUNTIME: cannot release un-acquired lock";
    const char *others = "error NOT_OWNER: cannot release un-acquired lock";
    begin(_i);
    if (!kind->reentrant) {
        unowned = "error RUNTIME: release unlocked lock";
        others = "error NOT_OWNER: somebody else owns the lock";
    }
    ck_assert_str_eq(says(1, "release", ""), unowned);
    ck_assert_str_eq(says(1, "release", "any=1"), unowned);
    takes(1);
    ck_assert_str_eq(says(2, "release", ""), others);
    ck_assert_str_eq(says(1, "release", "holder=7"), others);
    ck_assert_str_eq(says(2, "release", "any=1"), "done");
    ck_assert_str_eq(says(1, "release", ""), unowned);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
}
END_TEST

START_TEST(given_back_by_its_token_once)
{
    begin(_i);
    uint64_t token = takes(1);
    ck_assert_str_eq(says(2, "release", with_token(token)), "done");
    ck_assert_str_eq(says(0, "locked", ""), "False");
    ck_assert_str_eq(says(1, "release", with_token(token)), "lost");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    /* nor does it free the next owner's */
    takes(3);
    ck_assert_str_eq(says(1, "release", with_token(token)), "lost");
    ck_assert_str_eq(says(3, "held", ""), "True");
    /* what never was a token, what is one of another object */
    uint64_t later = engine_revision(w.engine) + 1;
    ck_assert_str_eq(says(1, "release", with_token(later)),
                     "error NOT_OWNER: there never was such a token");
    ck_assert_str_eq(says(1, "release", "token=0"),
                     "error NOT_OWNER: there never was such a token");
    callf(&w, 0, "object.create", "name=other|type=lock");
    uint64_t other = call(&w, 1, "lock.acquire", "name=other")->result.token;
    ck_assert_str_eq(says(1, "release", with_token(other)),
                     "error NOT_OWNER: the token is of another object");
    ck_assert_str_eq(says(1, "held", with_token(other)), "False");
    ck_assert_str_eq(says(3, "held", ""), "True");
}
END_TEST

START_TEST(first_come_first_served)
{
    uint64_t ids[6], last;
    begin(_i);
    last = takes(0);
    for (unsigned who = 1; who < 6; who++)
        ids[who] = parks(who, FOR_EVER);
    for (unsigned who = 1; who < 6; who++) {
        ck_assert_str_eq(says(who - 1, "release", ""), "done");
        ck_assert_uint_eq(w.seen_count, 2);
        uint64_t token = granted(who, ids[who]);
        ck_assert_uint_gt(token, last);
        ck_assert_uint_eq(token, w.applied.first + 1);
        ck_assert_uint_eq(grant_find(w.engine, token)->object->changed_at, token);
        last = token;
        /* nobody goes ahead of those who wait */
        ck_assert_str_eq(says(7, "acquire", "wait_ms=0"), "error BUSY: somebody owns it");
    }
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

START_TEST(who_leaves_is_not_served)
{
    begin(_i);
    takes(0);
    uint64_t timed = parks(1, "wait_ms=500");
    uint64_t cancelled = parks(2, FOR_EVER);
    parks(3, FOR_EVER); /* its session will end */
    uint64_t last = parks(4, "wait_ms=2000");
    world_tick(&w, 500);
    ck_assert_str_eq(world_show(&w, world_seen(&w, 1, timed)),
                     "error TIMEOUT: the time to wait ran out");
    world_cancel(&w, 2, cancelled, ERR_CANCELLED);
    ck_assert_int_eq(world_seen(&w, 2, cancelled)->result.code, ERR_CANCELLED);
    world_end(&w, 3);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    says(0, "release", "");
    ck_assert_uint_eq(w.seen_count, 2);
    granted(4, last);
    ck_assert_uint_eq(world_usage(&w).timers, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 1);
}
END_TEST

START_TEST(every_owner_hears_of_one_who_died)
{
    begin(_i);
    uint64_t dead = takes(1);
    uint64_t waiting = parks(2, FOR_EVER);
    world_end(&w, 1);
    granted(2, waiting);
    ck_assert_uint_eq(world_seen(&w, 2, waiting)->result.previous_token, dead);
    /* another death: the newest one is told, also when nobody waits */
    uint64_t second = grant_find(w.engine, w.applied.last)->token;
    world_end(&w, 2);
    ck_assert_str_eq(says(0, "locked", ""), "False");
    const struct seen *seen = does(3, "acquire", "");
    ck_assert_uint_eq(seen->result.previous_token, second);
    /* until somebody gives it back */
    says(3, "release", "");
    ck_assert_uint_eq(does(4, "acquire", "")->result.previous_token, 0);
}
END_TEST

START_TEST(a_token_is_required)
{
    char args[100];
    begin(_i);
    world_create(&w, "value", "v", "1");
    uint64_t token = takes(1);
    snprintf(args, sizeof args, "name=v|value=2|require=%" PRIu64, token);
    ck_assert_str_eq(world_show(&w, call(&w, 2, "value.set", args)), "done");
    says(1, "release", "");
    ck_assert_int_eq(call(&w, 2, "value.set", args)->result.code, ERR_STALE_TOKEN);
}
END_TEST

START_TEST(a_lease_starts_again)
{
    char args[100];
    begin(_i);
    uint64_t token = takes(1);
    snprintf(args, sizeof args, "token=%" PRIu64 "|lease_ms=9000", token);
    ck_assert_int_eq(does(2, "renew", args)->result.code, ERR_VALUE); /* it has none: its own */
    const struct seen *seen = does(1, "renew", args);
    ck_assert_int_eq(seen->result.kind, RESULT_GRANT);
    ck_assert_uint_eq(seen->result.token, token);
    ck_assert_uint_eq(seen->result.lease_ms, 9000);
    ck_assert_uint_eq(w.applied.renewed, w.clients[1].session);
    ck_assert_uint_eq(does(2, "renew", with_token(token))->result.lease_ms, 9000);
    snprintf(args, sizeof args, "token=%" PRIu64 "|lease_ms=60001", token);
    ck_assert_int_eq(does(2, "renew", args)->result.code, ERR_VALUE);
    says(1, "release", "");
    ck_assert_str_eq(says(2, "renew", with_token(token)), "error LOCK_LOST: the grant is gone");
}
END_TEST

/* Two holders of a session are two owners. */
START_TEST(holders_are_owners)
{
    begin(_i);
    ck_assert_int_eq(does(1, "acquire", "holder=1")->result.kind, RESULT_GRANT);
    ck_assert_str_eq(says(1, "acquire", "holder=2"), "error BUSY: somebody owns it");
    uint64_t waiting = parks(1, "holder=2|" FOR_EVER);
    ck_assert_str_eq(says(1, "held", "holder=1"), "True");
    ck_assert_str_eq(says(1, "release", "holder=1"), "done");
    granted(1, waiting);
    ck_assert_str_eq(says(1, "held", "holder=2"), "True");
    ck_assert_str_eq(says(1, "held", "holder=1"), "False");
}
END_TEST

/* One acquire sent twice is one acquire. */
START_TEST(a_resend_attaches_or_repeats)
{
    Wire__LockAcquire lock = WIRE__LOCK_ACQUIRE__INIT;
    Wire__RlockAcquire rlock = WIRE__RLOCK_ACQUIRE__INIT;
    Wire__ConditionAcquire condition = WIRE__CONDITION_ACQUIRE__INIT;
    const ProtobufCMessage *in = &condition.base;
    begin(_i);
    lock.has_name = rlock.has_name = condition.has_name = true;
    lock.name = rlock.name = condition.name = world_text("m");
    if (strcmp(kind->type, "condition") != 0)
        in = kind->reentrant ? &rlock.base : &lock.base;
    takes(1);
    struct ask ask = {.id = parks(2, FOR_EVER), .wait_ms = UINT64_MAX};
    ck_assert_ptr_null(world_ask(&w, 2, &ask, in));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    says(1, "release", "");
    uint64_t token = granted(2, ask.id);
    const struct seen *again = world_ask(&w, 2, &ask, in);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_uint_eq(again->result.token, token);
    ck_assert_uint_eq(again->result.depth, 1);
    ck_assert_uint_eq(world_usage(&w).grants, 1);
}
END_TEST

START_TEST(deleted_while_owned_and_waited_for)
{
    const char *name;
    begin(_i);
    name = kind->lock == NULL ? "m" : "its-lock";
    uint64_t token = takes(1);
    uint64_t waiting = parks(2, FOR_EVER);
    ck_assert_int_eq(callf(&w, 0, "object.delete", "name=%s", name)->result.code, ERR_IN_USE);
    ck_assert_str_eq(world_show(&w, callf(&w, 0, "object.delete", "name=%s|force=1", name)),
                     "done");
    ck_assert_int_eq(world_seen(&w, 2, waiting)->result.code, ERR_NO_SUCH_OBJECT);
    ck_assert_ptr_null(grant_find(w.engine, token));
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    ck_assert_int_eq(does(1, "release", "")->result.code,
                     kind->lock == NULL ? ERR_NO_SUCH_OBJECT : ERR_LOCK_LOST);
}
END_TEST

START_TEST(without_memory)
{
    char op[64];
    begin(_i);
    snprintf(op, sizeof op, "%s.acquire", kind->type);
    takes(1);
    call(&w, 0, "object.hold", "name=m"); /* client 0 has a session */
    ck_assert_uint_ge(call_without_memory(&w, op, "name=m|wait_ms=500"), 3);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    world_tick(&w, 500);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    says(1, "release", "");
    call_without_memory(&w, op, "name=m");
    ck_assert_str_eq(says(0, "held", ""), "True");
}
END_TEST

START_TEST(the_state_is_told)
{
    begin(_i);
    char owner[300];
    if (kind->lock != NULL) {
        ck_assert_str_eq(call_show(&w, "object.scan", "m", ""),
                         "[{'lock': 'its-lock', 'sleeping': 0}]");
        return;
    }
    const char *more = strcmp(kind->type, "condition") == 0 ? ", 'lock': None, 'sleeping': 0" : "";
    snprintf(owner, sizeof owner, "[{'locked': False, 'last_token': None, 'abandoned': None%s}]",
             more);
    ck_assert_str_eq(call_show(&w, "object.scan", "m", ""), owner);
    uint64_t token = takes(1);
    snprintf(owner, sizeof owner,
             "[{'locked': True, 'last_token': '%" PRIu64 "', 'abandoned': None%s}]", token, more);
    ck_assert_str_eq(call_show(&w, "object.scan", "m", ""), owner);
    world_end(&w, 1);
    snprintf(owner, sizeof owner,
             "[{'locked': False, 'last_token': '%" PRIu64 "', 'abandoned': '%" PRIu64 "'%s}]",
             token, token, more);
    ck_assert_str_eq(call_show(&w, "object.scan", "m", ""), owner);
    ck_assert_str_eq(call_show(&w, "object.scan", "m", "cursor=x"),
                     "error VALUE: the cursor is not one of this object");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "m", ""), "'locked': False"));
}
END_TEST

START_TEST(nothing_to_start_with)
{
    const struct seen *seen =
        callf(&w, 0, "object.create", "name=m|type=%s|init=1", kinds[_i].type);
    char said[100];
    snprintf(said, sizeof said, "error VALUE: an object of type %s has no initial value",
             kinds[_i].type);
    ck_assert_str_eq(world_show(&w, seen), said);
}
END_TEST

Suite *suite_mutex(void);
Suite *suite_mutex(void)
{
    Suite *suite = suite_create("mutex");
    TCase *tcase = tcase_create("mutex");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, taken_and_given_back, 0, KINDS);
    tcase_add_loop_test(tcase, given_back_by_those_who_may, 0, KINDS);
    tcase_add_loop_test(tcase, given_back_by_its_token_once, 0, KINDS);
    tcase_add_loop_test(tcase, first_come_first_served, 0, KINDS);
    tcase_add_loop_test(tcase, who_leaves_is_not_served, 0, KINDS);
    tcase_add_loop_test(tcase, every_owner_hears_of_one_who_died, 0, KINDS);
    tcase_add_loop_test(tcase, a_token_is_required, 0, KINDS);
    tcase_add_loop_test(tcase, a_lease_starts_again, 0, KINDS);
    tcase_add_loop_test(tcase, holders_are_owners, 0, KINDS);
    tcase_add_loop_test(tcase, a_resend_attaches_or_repeats, 0, KINDS);
    tcase_add_loop_test(tcase, deleted_while_owned_and_waited_for, 0, KINDS);
    tcase_add_loop_test(tcase, without_memory, 0, KINDS);
    tcase_add_loop_test(tcase, the_state_is_told, 0, KINDS);
    tcase_add_loop_test(tcase, nothing_to_start_with, 0, KINDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
