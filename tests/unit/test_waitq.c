/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of thousands, some of them away: each grant goes to the first of those who are there. */
#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "daemon/objects/lock.h"
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
    memset(away, 0, sizeof(away));
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

    for (size_t i = 0; i < count && next == NULL; i++) {
        next = asked[i].over || away[asked[i].who] ? NULL : &asked[i];
    }
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
    for (size_t i = 0; i < count; i++) {
        asked[i].over |= asked[i].who == who;
    }
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
        if (owner || free_before) {
            check_owner(0, next_owner());
        } else {
            must(w.seen_count == 0);
        }
        return;
    }
    away[who] = !away[who];
    if (away[who]) {
        world_away(&w, who);
    } else {
        world_back(&w, who);
    }
    if (free_before) {
        check_owner(0, next_owner());
    } else {
        must(w.seen_count == 0);
    }
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

        if (random % 4 == 0 || token == 0) {
            happens(random / 4);
        } else {
            give_back();
        }
    }
    for (unsigned who = 1; who <= SESSIONS; who++) {
        bool free_before = token == 0;

        away[who] = false;
        world_back(&w, who);
        if (free_before) {
            check_owner(0, next_owner());
        }
    }
    while (next_owner() != NULL) {
        give_back();
    }
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

START_TEST(a_walk_meets_all_in_order)
{
    struct waitq_walk walk;
    const struct waiter *at;
    uint64_t last = 0, met = 0;

    all_ask();
    for (unsigned who = 1; who <= SESSIONS; who += 2) {
        world_away(&w, who);
    }
    for (unsigned who = 1; who <= SESSIONS; who += 4) {
        world_back(&w, who);
    }
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
    tcase_add_test(tc, a_walk_meets_all_in_order);
    suite_add_tcase(suite, tc);
    return suite;
}
