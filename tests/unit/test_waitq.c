/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of thousands, some of them away: each grant goes to the first of those who are there. */
#include <sanitizer/asan_interface.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "daemon/objects/sync/lock.h"
#include "tests/support/call.h"
#include "tests/support/must.h"

#define FOR_EVER "wait_ms=18446744073709551615"

enum { MANY = 10000, SESSIONS = 63, OWNER = 0 };

static struct world w;

/* Who asked, in order. */
static struct asked {
    unsigned who;
    uint64_t id;
    bool over; /* it was served, or its session has ended */
} asked[MANY];
static size_t count;
static bool away[WORLD_CLIENTS];
static uint64_t token, served_at;

static void setup(void)
{
    world_init(&w, objects_handlers());
    w.window = 256;
    world_create(&w, "lock", "l", NULL);
    token = call(&w, OWNER, "lock.acquire", "name=l")->result.token;
    served_at = 0;
    count = 0;
    memset(away, 0, sizeof away);
}

static void teardown(void)
{
    world_free(&w);
}

static const struct waitq *queue(void)
{
    return &lock_of(object_by_id(w.engine, engine_object_id(w.engine, bytes_text("l"))))
                ->mutex.queue;
}

static void all_ask(void)
{
    for (; count < MANY; count++) {
        unsigned who = 1 + (unsigned)(count % SESSIONS);
        must(call(&w, who, "lock.acquire", "name=l|" FOR_EVER) == NULL);
        asked[count] = (struct asked){who, w.clients[who].id, false};
    }
}

/* Who must be served next; NULL: nobody is there. */
static struct asked *next_owner(void)
{
    struct asked *next = NULL;
    for (size_t i = 0; i < count && next == NULL; i++)
        next = asked[i].over || away[asked[i].who] ? NULL : &asked[i];
    return next;
}

/* From there on the last command says, in the order of revisions, that it and nobody else is. */
static void check_owner(size_t at, struct asked *next)
{
    must(w.seen_count == at + (next != NULL));
    if (next == NULL) {
        token = 0;
        return;
    }
    must(w.seen[at].session == w.clients[next->who].session && w.seen[at].id == next->id);
    must(w.seen[at].result.kind == RESULT_GRANT && w.seen[at].revision > served_at);
    served_at = w.seen[at].revision;
    token = w.seen[at].result.token;
    next->over = true;
}

static void give_back(void)
{
    struct asked *next = next_owner();
    callf(&w, OWNER, "lock.release", "name=l|token=%llu", (unsigned long long)token);
    check_owner(1, next);
}

static void forget(unsigned who)
{
    for (size_t i = 0; i < count; i++)
        asked[i].over |= asked[i].who == who;
}

/* A connection goes, or comes; now and then a session ends, or time goes by. */
static void happens(uint64_t random)
{
    unsigned who = 1 + (unsigned)(random % SESSIONS);
    bool free_before = token == 0;
    if (random / SESSIONS % 40 == 0 && away[who]) {
        forget(who);
        struct grant *grant = grant_find(w.engine, token);
        bool owner = grant != NULL && grant->session->id == w.clients[who].session;
        away[who] = false;
        world_end(&w, who);
        if (owner || free_before)
            check_owner(0, next_owner());
        else
            must(w.seen_count == 0);
        return;
    }
    away[who] = !away[who];
    if (away[who])
        world_away(&w, who);
    else
        world_back(&w, who);
    if (free_before)
        check_owner(0, next_owner());
    else
        must(w.seen_count == 0);
}

/* Each grant is compared with a table that is looked through from the start: nobody who is there is
 * overtaken, and at the end nobody is left who could be served. */
START_TEST(each_grant_goes_to_the_first_who_is_there)
{
    uint64_t seed = 23;
    all_ask();
    for (unsigned i = 0; i < 2 * MANY; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t random = seed >> 33;
        if (random % 4 == 0 || token == 0)
            happens(random / 4);
        else
            give_back();
    }
    for (unsigned who = 1; who <= SESSIONS; who++) {
        bool free_before = token == 0;
        away[who] = false;
        world_back(&w, who);
        if (free_before)
            check_owner(0, next_owner());
    }
    while (next_owner() != NULL)
        give_back();
    ck_assert_uint_eq(queue()->count, 0);
}
END_TEST

/* What a grant looks at: the head of the line and two trees, of which the dead are in none. */
START_TEST(the_dead_in_front_cost_nothing)
{
    all_ask();
    for (unsigned who = 1; who < SESSIONS; who++) {
        away[who] = true;
        world_away(&w, who);
    }
    const struct waiter *head = queue()->first;
    ck_assert_uint_eq(head->session->id, w.clients[SESSIONS].session);
    ck_assert(RB_EMPTY(&queue()->back));
    ck_assert_uint_gt(queue()->count, MANY - MANY / SESSIONS);
    give_back();
    ck_assert_ptr_ne(queue()->first, head);
    ck_assert_uint_eq(served_at, w.applied.last);
}
END_TEST

/* Types that give something to one who waits: how it is asked for, and how it comes. */
static const struct giving {
    const char *type, *params, *first, *ask, *give;
} givings[] = {
    {"lock", NULL, "lock.acquire", "lock.acquire", "lock.release"},
    {"rlock", NULL, "rlock.acquire", "rlock.acquire", "rlock.release"},
    {"condition", NULL, "condition.acquire", "condition.acquire", "condition.release"},
    {"semaphore", "1", "semaphore.acquire", "semaphore.acquire", "semaphore.release"},
    {"queue", NULL, NULL, "queue.get", "queue.put"},
    {"pipe", NULL, NULL, "pipe.recv", "pipe.send"},
};

enum { LIVING = 100 };

/* From now on a look at one of the dead ends the test. Left out is the last one, in whose place the
 * object's list goes on when the first of the living leaves it: their number is touched, if any. */
static size_t bury(const struct object *object)
{
    size_t buried = 0;
    for (struct waiter *at = object->waiters, *next; at != NULL; at = next) {
        next = at->object_next;
        if (at->session->away && next != NULL && next->session->away) {
            ASAN_POISON_MEMORY_REGION(at, sizeof *at);
            buried++;
        }
    }
    return buried;
}

static void unearth(struct waiter *at)
{
    for (; at != NULL; at = at->object_next)
        ASAN_UNPOISON_MEMORY_REGION(at, sizeof *at);
}

/* Ten thousand who are away stand in front of a hundred who are there: what gives to one of these
 * looks at none of those, not even once, though it has to find who is first. */
START_TEST(the_dead_in_front_are_not_looked_at)
{
    const struct giving *giving = &givings[_i];
    uint64_t given = 0;
    world_create(&w, giving->type, "x", giving->params);
    if (giving->first != NULL)
        given = call(&w, OWNER, giving->first, "name=x")->result.token;
    for (unsigned i = 0; i < MANY + LIVING; i++) {
        unsigned who = i < MANY ? 1 + i % (SESSIONS - 1) : SESSIONS;
        must(callf(&w, who, giving->ask, "name=x|holder=%u|" FOR_EVER, i) == NULL);
    }
    for (unsigned who = 1; who < SESSIONS; who++)
        world_away(&w, who);
    struct object *object = object_by_id(w.engine, engine_object_id(w.engine, bytes_text("x")));
    ck_assert_uint_eq(bury(object), MANY - 1);
    for (unsigned i = 0; i < LIVING; i++) {
        if (giving->first != NULL)
            callf(&w, OWNER, giving->give, "name=x|token=%llu", (unsigned long long)given);
        else
            callf(&w, OWNER, giving->give, "name=x|value=%u", i);
        ck_assert_uint_eq(w.seen_count, 2);
        ck_assert_uint_eq(w.seen[1].session, w.clients[SESSIONS].session);
        given = w.seen[1].result.token;
    }
    unearth(object->waiters);
    ck_assert_uint_eq(object->waiter_count, MANY);
}
END_TEST

START_TEST(a_walk_meets_all_in_order)
{
    struct waitq_walk walk;
    const struct waiter *at;
    uint64_t last = 0, met = 0;
    all_ask();
    for (unsigned who = 1; who <= SESSIONS; who += 2)
        world_away(&w, who);
    for (unsigned who = 1; who <= SESSIONS; who += 4)
        world_back(&w, who);
    ck_assert(!RB_EMPTY(&queue()->back) && !RB_EMPTY(&queue()->away) && queue()->first != NULL);
    walk = waitq_walk(queue());
    while ((at = waitq_walk_next(&walk)) != NULL) {
        ck_assert_uint_gt(at->number, last);
        last = at->number;
        met++;
    }
    ck_assert_uint_eq(met, MANY);
    ck_assert_uint_eq(queue()->count, MANY);
}
END_TEST

Suite *suite_waitq(void);
Suite *suite_waitq(void)
{
    Suite *suite = suite_create("waitq");
    TCase *tc = tcase_create("waitq");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, each_grant_goes_to_the_first_who_is_there);
    tcase_add_test(tc, the_dead_in_front_cost_nothing);
    tcase_add_loop_test(tc, the_dead_in_front_are_not_looked_at, 0,
                        (int)(sizeof givings / sizeof givings[0]));
    tcase_add_test(tc, a_walk_meets_all_in_order);
    suite_add_tcase(suite, tc);
    return suite;
}
