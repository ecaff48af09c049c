/* SPDX-License-Identifier: BSD-2-Clause */
/* An object with many who wait for it, or own something of it, is gone at the step that deletes it,
 * and all of them hear of it in slices: no command tells more than one, and each is told once what
 * the deletion means to it, whatever comes between two slices. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

enum { SLICE = 3, CROWD = 10, OTHER = 40 };

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_slice(&w, SLICE);
}

static void teardown(void)
{
    world_free(&w);
}

static struct applied rest(void)
{
    return world_apply(&w, &(struct command){.kind = COMMAND_REST});
}

/* Clients first .. first + CROWD - 1 wait with that operation. */
static void crowd(unsigned first, const char *op, const char *args)
{
    for (unsigned i = 0; i < CROWD; i++)
        must(call(&w, first + i, op, args) == NULL);
}

/* How many the last command told, itself not counted: all of them that. What is due is fired in
 * slices of its own. */
static unsigned told(enum mgr_code code)
{
    unsigned count = 0;
    for (size_t i = 0; i < w.seen_count; i++) {
        if (w.seen[i].session != w.clients[0].session) {
            ck_assert_int_eq(w.seen[i].result.kind, RESULT_ERROR);
            ck_assert_int_eq(w.seen[i].result.code, code);
            count++;
        }
    }
    ck_assert_uint_le(count, 2 * SLICE);
    return count;
}

/* What is left, with a start before each slice. Gives how many were told. */
static unsigned told_by_rest(enum mgr_code code)
{
    unsigned count = 0;
    while (engine_wants_rest(w.engine)) {
        reload_go_on(&w);
        must(rest().outcome == OUTCOME_EFFECT);
        ck_assert_uint_le(w.seen_count, SLICE);
        count += told(code);
    }
    return count;
}

/* Client 0 deletes it; nobody finds it from then on, though those who wait are still there. */
static void delete_it(const char *type, const char *name)
{
    char tilde[80];
    snprintf(tilde, sizeof tilde, "~%s-%llu", type,
             (unsigned long long)engine_object_id(w.engine, bytes_text(name)));
    must(callf(&w, 0, "object.delete", "name=%s|force=1", name)->result.kind == RESULT_DONE);
    ck_assert_uint_eq(engine_object_id(w.engine, bytes_text(name)), 0);
    ck_assert_uint_eq(engine_object_id(w.engine, bytes_text(tilde)), 0);
}

/* ---- each type ---- */

static const struct sort {
    const char *type, *make, *first, *wait;
} sorts[] = {
    {"lock", "", "lock.acquire|name=o", "lock.acquire|name=o|wait_ms=900"},
    {"rlock", "", "rlock.acquire|name=o", "rlock.acquire|name=o|wait_ms=900"},
    {"condition", "", "condition.acquire|name=o", "condition.acquire|name=o|wait_ms=900"},
    {"semaphore", "|init=1", "semaphore.acquire|name=o", "semaphore.acquire|name=o|wait_ms=900"},
    {"event", "", NULL, "event.wait|name=o|wait_ms=900"},
    {"barrier", "|init=99", NULL, "barrier.wait|name=o|wait_ms=900"},
    {"queue", "", NULL, "queue.get|name=o|wait_ms=900"},
    {"queue", "", NULL, "queue.get|name=o|reserve=1|wait_ms=900"},
    {"queue", "|maxsize=1", "queue.put|name=o|value=1", "queue.put|name=o|value=2|wait_ms=900"},
    {"queue", "", "queue.put|name=o|value=1", "queue.join|name=o|wait_ms=900"},
    {"pipe", "", NULL, "pipe.recv|name=o|wait_ms=900"},
    {"pipe", "", NULL, "pipe.poll|name=o|wait_ms=900"},
    {"dict", "", NULL, "object.changed|name=o|wait_ms=900"},
};
enum { SORTS = sizeof sorts / sizeof sorts[0] };

/* "op|args" by that client. */
static const struct seen *say(unsigned who, const char *text)
{
    const char *args = strchr(text, '|');
    char op[64];
    snprintf(op, sizeof op, "%.*s", (int)(args - text), text);
    return call(&w, who, op, args + 1);
}

static void begin(const struct sort *sort)
{
    must(callf(&w, 0, "object.create", "type=%s|name=o%s", sort->type, sort->make)->result.kind !=
         RESULT_ERROR);
    if (sort->first != NULL)
        must(say(OTHER, sort->first)->result.kind != RESULT_ERROR);
    for (unsigned i = 1; i <= CROWD; i++)
        must(say(i, sort->wait) == NULL);
}

START_TEST(all_who_wait_hear_of_it_in_slices)
{
    const struct sort *sort = &sorts[_i];
    begin(sort);
    uint64_t objects = world_usage(&w).objects;
    delete_it(sort->type, "o");
    ck_assert_uint_eq(w.applied.last - w.applied.first, told(ERR_NO_SUCH_OBJECT));
    unsigned count = told(ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(count, SLICE);
    ck_assert_uint_eq(world_usage(&w).objects, objects - 1);
    must(callf(&w, 0, "object.create", "type=%s|name=o%s", sort->type, sort->make)->result.kind !=
         RESULT_ERROR);
    ck_assert_uint_eq(told_by_rest(ERR_NO_SUCH_OBJECT), CROWD - SLICE);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    ck_assert_uint_eq(world_usage(&w).objects, objects);
    ck_assert_uint_eq(w.engine->ending_count, 0);
    ck_assert_int_eq(rest().outcome, OUTCOME_NONE);
}
END_TEST

/* Their time, a cancel, and the end of a session come between: who is told is told of the deletion.
 */
START_TEST(it_comes_before_time_and_cancel)
{
    begin(&sorts[_i]);
    w.engine->slice = 0;
    delete_it(sorts[_i].type, "o");
    reload_go_on(&w);
    w.engine->slice = 1;
    world_cancel(&w, 5, w.clients[5].id, ERR_CANCELLED);
    const struct seen *seen = world_seen(&w, 5, w.clients[5].id);
    must(seen != NULL);
    ck_assert_int_eq(seen->result.code, ERR_NO_SUCH_OBJECT);
    unsigned count = told(ERR_NO_SUCH_OBJECT);
    w.engine->slice = 0;
    world_end(&w, 9);
    world_away(&w, 8);
    w.engine->slice = SLICE;
    struct applied tick = world_tick(&w, 1000);
    for (;;) {
        count += told(ERR_NO_SUCH_OBJECT);
        reload_go_on(&w);
        if (!tick.more)
            break;
        tick = world_tick(&w, 0);
    }
    count += told_by_rest(ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(count, CROWD - 1); /* the dead one is told nothing */
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(w.engine->ending_count, 0);
}
END_TEST

/* ---- what is owned of it ---- */

/* A token of what is deleted is not alive, though its grant is still to be dropped. */
START_TEST(its_tokens_are_dead_at_once)
{
    uint64_t tokens[CROWD];
    world_create(&w, "semaphore", "s", "10");
    world_create(&w, "dict", "d", NULL);
    for (unsigned i = 0; i < CROWD; i++)
        tokens[i] = call(&w, 1 + i, "semaphore.acquire", "name=s")->result.token;
    delete_it("semaphore", "s");
    ck_assert_uint_eq(world_usage(&w).grants, CROWD - SLICE);
    reload_go_on(&w);
    for (unsigned i = 0; i < CROWD; i++) {
        ck_assert_ptr_null(grant_find(w.engine, tokens[i]));
        ck_assert_uint_eq(engine_owner(w.engine, tokens[i]), 0);
        ck_assert_int_eq(callf(&w, 1 + i, "dict.set", "name=d|key=1|value=2|require=%llu",
                               (unsigned long long)tokens[i])
                             ->result.code,
                         ERR_STALE_TOKEN);
    }
    world_create(&w, "semaphore", "s", "1");
    ck_assert_int_eq(callf(&w, 1, "semaphore.release", "name=s|token=%llu",
                           (unsigned long long)tokens[CROWD - 1])
                         ->result.kind,
                     RESULT_DONE); /* lost */
    world_end(&w, 2);
    for (uint64_t left = world_usage(&w).grants; engine_wants_rest(w.engine);) {
        rest();
        ck_assert_uint_le(left - world_usage(&w).grants, SLICE);
        left = world_usage(&w).grants;
        reload_go_on(&w);
    }
    ck_assert_uint_eq(world_usage(&w).grants, 0);
}
END_TEST

/* Items that are lent, on their way, or brought by who waits: the reply that gave one can still be
 * asked for again. */
START_TEST(items_of_it_go_in_slices)
{
    call(&w, 0, "object.create", "type=queue|name=q|maxsize=8");
    call(&w, 0, "queue.put_many", "name=q|items=[1, 2, 3, 4, 5, 6, 7, 8]");
    for (unsigned i = 1; i <= 8; i++)
        must(callf(&w, i, "queue.get", "name=q|reserve=%d", i % 2)->result.kind == RESULT_GRANT);
    call(&w, 0, "queue.put_many", "name=q|items=[1, 2, 3, 4]");
    crowd(10, "queue.put_many", "name=q|items=[[1], [2], [3]]|wait_ms=900");
    delete_it("queue", "q");
    ck_assert_uint_eq(told(ERR_NO_SUCH_OBJECT) + told_by_rest(ERR_NO_SUCH_OBJECT), CROWD);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    for (unsigned i = 1; i <= 8; i++) {
        w.clients[i].id--; /* the same request once more */
        const struct seen *seen = callf(&w, i, "queue.get", "name=q|reserve=%d", i % 2);
        must(seen != NULL);
        ck_assert_msg(seen->result.kind == RESULT_GRANT, "%u: %s", i, world_show(&w, seen));
        ck_assert_int_eq(val_read(seen->result.value).integer, i);
    }
}
END_TEST

/* One hold of each session. */
START_TEST(holds_of_it_go_in_slices)
{
    world_create(&w, "dict", "d", NULL);
    for (unsigned i = 1; i <= CROWD; i++)
        call(&w, i, "object.hold", "name=d");
    delete_it("dict", "d");
    ck_assert(engine_wants_rest(w.engine));
    world_end(&w, 7);
    reload_go_on(&w);
    while (rest().more) {
    }
    for (struct session *at = w.engine->sessions; at != NULL; at = at->next)
        ck_assert_uint_eq(at->hold_count, 0);
    ck_assert_uint_eq(w.engine->ending_count, 0);
}
END_TEST

/* What nobody refers to, and what had its time, goes in the same way. */
START_TEST(those_who_watch_what_is_collected_hear_of_it)
{
    call(&w, 0, "object.create", "type=dict|name=t|ttl_ms=100");
    crowd(1, "object.changed", "name=t|wait_ms=90000");
    world_tick(&w, 200);
    unsigned count = told(ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(count, SLICE);
    ck_assert_uint_eq(engine_object_id(w.engine, bytes_text("t")), 0);
    world_gc(&w); /* which leaves it alone */
    count += told_by_rest(ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(count, CROWD);
    ck_assert_uint_eq(w.engine->ending_count, 0);
}
END_TEST

/* ---- locks and their conditions ---- */

static const struct seen *sleeps(unsigned who, const char *condition)
{
    must(callf(&w, who, "condition.acquire", "name=%s", condition)->result.kind == RESULT_GRANT);
    return callf(&w, who, "condition.wait", "name=%s|wait_ms=900", condition);
}

/* All conditions of a lock that goes say so at once; who sleeps in them hears of it in slices. */
START_TEST(a_lock_with_many_conditions_goes_in_slices)
{
    world_create(&w, "lock", "l", NULL);
    for (unsigned i = 0; i < CROWD; i++) {
        callf(&w, 0, "object.create", "type=condition|name=c%u|lock=l", i);
        char name[8];
        snprintf(name, sizeof name, "c%u", i);
        must(sleeps(1 + i, name) == NULL);
        must(sleeps(20 + i, name) == NULL);
    }
    must(call(&w, OTHER, "lock.acquire", "name=l")->result.kind == RESULT_GRANT);
    delete_it("lock", "l");
    unsigned count = told(ERR_LOCK_LOST);
    reload_go_on(&w);
    for (unsigned i = 0; i < CROWD; i++) {
        ck_assert_int_eq(callf(&w, 0, "condition.acquire", "name=c%u", i)->result.code,
                         ERR_LOCK_LOST);
    }
    w.engine->slice = 0;
    world_cancel(&w, 7, w.clients[7].id, ERR_CANCELLED);
    count += told(ERR_LOCK_LOST);
    w.engine->slice = SLICE;
    count += told_by_rest(ERR_LOCK_LOST);
    ck_assert_uint_eq(count, 2 * CROWD);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    ck_assert_uint_eq(w.engine->ending_count, 0);
}
END_TEST

/* Those who were notified and wait for the lock lose it, the others wait for what is gone. */
START_TEST(who_was_notified_loses_the_lock)
{
    unsigned lost = 0, gone = 0;
    world_create(&w, "lock", "l", NULL);
    call(&w, 0, "object.create", "type=condition|name=c|lock=l");
    for (unsigned i = 1; i <= 4; i++)
        must(sleeps(i, "c") == NULL);
    must(call(&w, OTHER, "condition.acquire", "name=c")->result.kind == RESULT_GRANT);
    call(&w, OTHER, "condition.notify", "name=c|count=2");
    crowd(10, "lock.acquire", "name=l|wait_ms=900");
    w.engine->slice = 0;
    delete_it("lock", "l");
    w.engine->slice = SLICE;
    while (engine_wants_rest(w.engine)) {
        reload_go_on(&w);
        rest();
        ck_assert_uint_le(w.seen_count, SLICE);
        for (size_t i = 0; i < w.seen_count; i++) {
            lost += w.seen[i].result.code == ERR_LOCK_LOST;
            gone += w.seen[i].result.code == ERR_NO_SUCH_OBJECT;
        }
    }
    ck_assert_uint_eq(lost, 4);
    ck_assert_uint_eq(gone, CROWD);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
}
END_TEST

START_TEST(a_slice_takes_no_memory)
{
    begin(&sorts[0]);
    delete_it("lock", "o");
    struct command command = {.kind = COMMAND_REST, .now_ms = w.now_ms};
    alloc_fail_at(0);
    bool more = engine_apply(w.engine, &command, NULL).more;
    size_t count = alloc_count();
    alloc_fail_never();
    ck_assert(more);
    ck_assert_uint_eq(count, 0);
}
END_TEST

Suite *suite_object_end(void);

Suite *suite_object_end(void)
{
    Suite *suite = suite_create("object_end");
    TCase *tests = tcase_create("object_end");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, all_who_wait_hear_of_it_in_slices, 0, SORTS);
    tcase_add_loop_test(tests, it_comes_before_time_and_cancel, 0, SORTS);
    tcase_add_test(tests, its_tokens_are_dead_at_once);
    tcase_add_test(tests, items_of_it_go_in_slices);
    tcase_add_test(tests, holds_of_it_go_in_slices);
    tcase_add_test(tests, those_who_watch_what_is_collected_hear_of_it);
    tcase_add_test(tests, a_lock_with_many_conditions_goes_in_slices);
    tcase_add_test(tests, who_was_notified_loses_the_lock);
    tcase_add_test(tests, a_slice_takes_no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
