/* SPDX-License-Identifier: BSD-2-Clause */
/* condition: the lock in another object: found, kept alive, shared, lost; and that nothing is lost
 * whatever happens. */
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
}

static void teardown(void)
{
    world_free(&w);
}

static const char *says(unsigned who, const char *op, const char *args)
{
    return world_show(&w, call(&w, who, op, args));
}

/* It has taken the lock by the condition and waits there; the id of the wait. */
static uint64_t sleeps(unsigned who, const char *condition)
{
    ck_assert_int_eq(callf(&w, who, "condition.acquire", "name=%s", condition)->result.kind,
                     RESULT_GRANT);
    ck_assert_ptr_null(callf(&w, who, "condition.wait", "name=%s|" FOR_EVER, condition));
    return w.clients[who].id;
}

static enum mgr_code told(unsigned who, uint64_t id)
{
    const struct seen *seen = world_seen(&w, who, id);
    return seen == NULL ? 0 : seen->result.code;
}

static bool woke(unsigned who, uint64_t id)
{
    const struct seen *seen = world_seen(&w, who, id);
    return seen != NULL && seen->result.kind == RESULT_GRANT &&
           bytes_equal(seen->result.value, VAL_TRUE);
}

/* Conditions c and d that share the lock l. */
static void share(const char *type)
{
    callf(&w, 0, "object.create", "name=l|type=%s", type);
    call(&w, 0, "object.create", "name=c|type=condition|lock=l");
    call(&w, 0, "object.create", "name=d|type=condition|lock=l");
}

START_TEST(created_with_a_lock)
{
    world_create(&w, "list", "x", NULL);
    world_create(&w, "lock", "l", NULL);
    world_create(&w, "lock", "m", NULL);
    ck_assert_str_eq(call_show(&w, "object.create", "c", "type=condition|lock=nothing"),
                     "error NO_SUCH_OBJECT: there is no such object");
    ck_assert_str_eq(call_show(&w, "object.create", "c", "type=condition|lock=x"),
                     "error WRONG_TYPE: a condition uses a lock or an rlock, and x is a list");
    ck_assert_str_eq(call_show(&w, "object.create", "l2", "type=lock|lock=l"),
                     "error VALUE: an object of type lock has no lock");
    call_show(&w, "object.create", "own", "type=condition");
    call_show(&w, "object.create", "c", "type=condition|lock=l");
    ck_assert_str_eq(call_show(&w, "object.create", "own", "type=condition|if_absent=1|lock=l"),
                     "error EXISTS: it exists and differs: its own lock, not l");
    ck_assert_str_eq(call_show(&w, "object.create", "c", "type=condition|if_absent=1|lock=m"),
                     "error EXISTS: it exists and differs: lock l, not m");
    char args[100];
    snprintf(args, sizeof args, "name=c|type=condition|if_absent=1|lock=~lock-%" PRIu64,
             engine_object_id(w.engine, bytes_text("l")));
    ck_assert_int_eq(call(&w, 0, "object.create", args)->result.kind, RESULT_VALUE);
    ck_assert_int_eq(
        call(&w, 0, "object.create", "name=c|type=condition|if_absent=1|lock=l")->result.kind,
        RESULT_VALUE);
    ck_assert_int_eq(call(&w, 0, "object.create", "name=c|type=condition|if_absent=1")->result.kind,
                     RESULT_VALUE);
    call(&w, 0, "object.delete", "name=l");
    ck_assert_str_eq(call_show(&w, "object.create", "c", "type=condition|if_absent=1|lock=l"),
                     "error EXISTS: it exists and differs: lock (deleted), not l");
    ck_assert_str_eq(call_show(&w, "object.scan", "c", ""),
                     "[{'lock': '(deleted)', 'sleeping': 0}]");
}
END_TEST

START_TEST(an_anonymous_lock_lives_with_it)
{
    uint64_t id = val_read(world_create(&w, "lock", NULL, NULL)->result.value).ref;
    char name[50];
    snprintf(name, sizeof name, "~lock-%" PRIu64, id);
    callf(&w, 0, "object.create", "name=c|type=condition|lock=%s", name);
    ck_assert_str_eq(call_show(&w, "object.drop", name, ""), "done");
    w.now_ms += 3600 * 1000;
    world_gc(&w);
    ck_assert_int_eq(call(&w, 1, "condition.acquire", "name=c")->result.kind, RESULT_GRANT);
    ck_assert_str_eq(says(1, "condition.release", "name=c"), "done");
    call(&w, 0, "object.delete", "name=c");
    w.now_ms += 3600 * 1000;
    world_gc(&w);
    ck_assert_ptr_null(object_by_id(w.engine, id));
}
END_TEST

START_TEST(created_without_memory)
{
    world_create(&w, "rlock", "l", NULL);
    ck_assert_uint_ge(call_without_memory(&w, "object.create", "name=c|type=condition|lock=l"), 4);
    ck_assert_str_eq(call_show(&w, "condition.locked", "c", ""), "False");
    ck_assert_str_eq(call_show(&w, "object.create", "d", "type=condition|init=1"),
                     "error VALUE: an object of type condition has no initial value");
}
END_TEST

/* It is one lock, whatever way it is taken. */
START_TEST(one_lock_for_all)
{
    char args[64];
    share("rlock");
    uint64_t token = call(&w, 1, "rlock.acquire", "name=l")->result.token;
    ck_assert_str_eq(says(2, "condition.acquire", "name=c"), "error BUSY: somebody owns it");
    ck_assert_str_eq(says(2, "condition.locked", "name=d"), "True");
    ck_assert_str_eq(says(1, "condition.held", "name=d"), "True");
    ck_assert_uint_eq(call(&w, 1, "condition.acquire", "name=c")->result.depth, 2);
    ck_assert_str_eq(says(1, "condition.release", "name=d"), "done");
    snprintf(args, sizeof args, "name=d|token=%" PRIu64, token);
    ck_assert_str_eq(says(2, "condition.release", args), "done");
    ck_assert_str_eq(says(2, "condition.release", args), "lost");
    ck_assert_str_eq(says(2, "rlock.locked", "name=l"), "False");
    ck_assert_str_eq(says(2, "condition.release", "name=c"),
                     "error RUNTIME: cannot release un-acquired lock");
    ck_assert_uint_eq(
        call(&w, 2, "condition.acquire", "name=c")->revision,
        object_by_id(w.engine, engine_object_id(w.engine, bytes_text("l")))->changed_at);
}
END_TEST

/* What a read of the condition shows of the lock is as new as the lock's last change. */
START_TEST(a_read_is_as_new_as_the_lock)
{
    share("lock");
    uint64_t revision = call(&w, 1, "lock.acquire", "name=l")->revision;
    ck_assert_uint_eq(call(&w, 2, "condition.locked", "name=c")->changed_at, revision);
    ck_assert_uint_eq(call(&w, 1, "condition.held", "name=c")->changed_at, revision);
}
END_TEST

START_TEST(each_condition_has_its_own_waiters)
{
    share("lock");
    uint64_t of_c = sleeps(1, "c"), of_d = sleeps(2, "d"), next = sleeps(3, "c");
    call(&w, 0, "lock.acquire", "name=l");
    ck_assert_str_eq(says(0, "condition.notify", "name=d|count=5"), "done");
    ck_assert_str_eq(says(0, "condition.notify", "name=c"), "done");
    says(0, "lock.release", "name=l");
    ck_assert(woke(2, of_d));
    ck_assert_uint_eq(w.seen_count, 2);
    /* it dies with the lock in its hand: one of another condition is next */
    world_end(&w, 2);
    ck_assert(woke(1, of_c));
    says(1, "lock.release", "name=l");
    ck_assert_uint_eq(w.seen_count, 1);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    world_cancel(&w, 3, next, ERR_CANCELLED);
}
END_TEST

/* All at once: the notified one, the next one who would get its notify, and the lock's owner. */
START_TEST(many_die_together)
{
    share("lock");
    sleeps(1, "c");
    sleeps(2, "c");
    uint64_t alive = sleeps(3, "c");
    call(&w, 4, "lock.acquire", "name=l");
    call(&w, 4, "condition.notify", "name=c");
    uint64_t sessions[] = {w.clients[4].session, w.clients[1].session, w.clients[2].session};
    world_apply(&w, &(struct command){.kind = COMMAND_SESSION_END,
                                      .sessions = sessions,
                                      .session_count = 3,
                                      .code = ERR_SESSION_LOST});
    ck_assert(woke(3, alive));
    ck_assert_uint_eq(w.seen_count, 1);
}
END_TEST

START_TEST(the_lock_is_deleted)
{
    share(_i == 0 ? "lock" : "rlock");
    uint64_t notified = sleeps(1, "c"), asleep = sleeps(2, "c"), other = sleeps(3, "d");
    ck_assert_int_eq(call(&w, 4, "condition.acquire", "name=c")->result.kind, RESULT_GRANT);
    says(4, "condition.notify", "name=c");
    ck_assert_ptr_null(call(&w, 5, "condition.acquire", "name=c|" FOR_EVER));
    uint64_t plain = w.clients[5].id;
    ck_assert_str_eq(says(0, "object.delete", "name=l|force=1"), "done");
    ck_assert_int_eq(told(1, notified), ERR_LOCK_LOST);
    ck_assert_int_eq(told(2, asleep), ERR_LOCK_LOST);
    ck_assert_int_eq(told(3, other), ERR_LOCK_LOST);
    ck_assert_int_eq(told(5, plain), ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    static const char *const methods[] = {"acquire", "release", "locked",    "held",
                                          "wait",    "notify",  "notify_all"};
    const char *lost = "error LOCK_LOST: the lock of the condition was deleted";
    world_create(&w, "lock", "l", NULL); /* a namesake is another lock */
    for (unsigned i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char op[64];
        snprintf(op, sizeof op, "condition.%s", methods[i]);
        ck_assert_str_eq(says(4, op, "name=c"), lost);
    }
    ck_assert_str_eq(says(4, "condition.renew", "name=c|token=1"), lost);
    ck_assert_str_eq(says(0, "object.delete", "name=c"), "done");
    ck_assert_str_eq(says(0, "object.delete", "name=d|force=1"), "done");
}
END_TEST

/* Its only waiter, notified, waits for the lock: nothing keeps the condition. */
START_TEST(the_condition_is_deleted)
{
    share("lock");
    uint64_t asleep = sleeps(2, "d"), notified = sleeps(1, "c"), second = sleeps(3, "c");
    call(&w, 4, "lock.acquire", "name=l");
    says(4, "condition.notify", "name=c");
    ck_assert_int_eq(call(&w, 0, "object.delete", "name=c")->result.code, ERR_IN_USE);
    ck_assert_str_eq(says(0, "object.delete", "name=c|force=1"), "done");
    ck_assert_int_eq(told(3, second), ERR_NO_SUCH_OBJECT);
    call(&w, 0, "object.create", "name=c|type=condition|lock=l");
    uint64_t third;
    says(4, "lock.release", "name=l");
    ck_assert(woke(1, notified));
    says(1, "lock.release", "name=l");
    third = sleeps(5, "c");
    /* a notify of what is gone is not passed on to a namesake */
    ck_assert_uint_eq(world_usage(&w).waiters, 2);
    world_cancel(&w, 2, asleep, ERR_CANCELLED);
    world_cancel(&w, 5, third, ERR_CANCELLED);
}
END_TEST

START_TEST(deleted_with_its_own_lock)
{
    world_create(&w, "condition", "c", NULL);
    uint64_t notified = sleeps(1, "c"), asleep = sleeps(2, "c");
    call(&w, 4, "condition.acquire", "name=c");
    says(4, "condition.notify", "name=c");
    ck_assert_int_eq(call(&w, 0, "object.delete", "name=c")->result.code, ERR_IN_USE);
    ck_assert_str_eq(says(0, "object.delete", "name=c|force=1"), "done");
    ck_assert_int_eq(told(1, notified), ERR_NO_SUCH_OBJECT);
    ck_assert_int_eq(told(2, asleep), ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
}
END_TEST

/* ---- whatever happens ---- */

static uint64_t dice;

static unsigned roll(unsigned sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice >> 33) % sides;
}

static const char *const conditions[] = {"c", "d", "own"};

static void random_leave(unsigned who)
{
    if (w.clients[who].session == 0)
        return;
    if (roll(5) == 0)
        world_end(&w, who);
    else
        world_cancel(&w, who, w.clients[who].id - roll(3), ERR_CANCELLED);
}

static void random_step(void)
{
    const char *name = conditions[roll(3)];
    unsigned who = 1 + roll(8);
    switch (roll(8)) {
    case 0:
    case 1:
        callf(&w, who, "condition.acquire", "name=%s|wait_ms=%u", name, roll(3) * 40);
        break;
    case 2:
    case 3:
        callf(&w, who, "condition.wait", "name=%s|wait_ms=%u|reacquire_ms=%u", name, roll(4) * 50,
              roll(80));
        break;
    case 4:
        callf(&w, who, "condition.notify", "name=%s|count=%u", name, roll(3));
        break;
    case 5:
        callf(&w, who, "condition.release", "name=%s", name);
        break;
    case 6:
        world_tick(&w, roll(60));
        break;
    default:
        random_leave(who);
    }
}

/* One owner at most, and nobody waits for what is free. */
static void must_be_sound(const char *name)
{
    struct object *object = object_by_id(w.engine, engine_object_id(w.engine, bytes_text(name)));
    must(object->grant_count <= 1);
    must(object->grants != NULL || object->ops->owned_queue(object)->first == NULL);
}

START_TEST(nobody_waits_for_what_is_free)
{
    dice = (uint64_t)_i + 1;
    share(_i % 2 == 0 ? "lock" : "rlock");
    world_create(&w, "condition", "own", NULL);
    for (unsigned i = 0; i < 3000; i++) {
        random_step();
        must_be_sound("l");
        must_be_sound("own");
        if (roll(500) == 0) {
            call(&w, 0, "object.delete", "name=d|force=1");
            call(&w, 0, "object.create", "name=d|type=condition|lock=l");
        }
    }
}
END_TEST

Suite *suite_condition_lock(void);
Suite *suite_condition_lock(void)
{
    Suite *suite = suite_create("condition_lock");
    TCase *tcase = tcase_create("condition_lock");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, created_with_a_lock);
    tcase_add_test(tcase, an_anonymous_lock_lives_with_it);
    tcase_add_test(tcase, created_without_memory);
    tcase_add_test(tcase, one_lock_for_all);
    tcase_add_test(tcase, a_read_is_as_new_as_the_lock);
    tcase_add_test(tcase, each_condition_has_its_own_waiters);
    tcase_add_test(tcase, many_die_together);
    tcase_add_loop_test(tcase, the_lock_is_deleted, 0, 2);
    tcase_add_test(tcase, the_condition_is_deleted);
    tcase_add_test(tcase, deleted_with_its_own_lock);
    tcase_add_loop_test(tcase, nobody_waits_for_what_is_free, 0, 8);
    suite_add_tcase(suite, tcase);
    return suite;
}
