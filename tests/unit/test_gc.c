/* SPDX-License-Identifier: BSD-2-Clause */
/* Collecting: never what somebody can reach, in the end all that nobody can. */
#include "tests/support/fakes.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/gc.h"
#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/refs.h"
#include "daemon/engine/refs_index.h"
#include "tests/support/alloc.h"

static struct fakes f;

static void setup(void)
{
    fakes_init(&f);
}

static void teardown(void)
{
    fakes_free(&f);
}

/* Slices until there is nothing to do; gives how many. */
static size_t collect(size_t work)
{
    size_t slices = 0;
    while (gc_wanted(f.engine)) {
        (void)fakes_gc(&f, work);
        slices++;
        ck_assert_uint_lt(slices, 1000000);
    }
    return slices;
}

START_TEST(garbage_has_its_grace)
{
    struct object *a = fake_create(&f, "list", NULL);
    uint64_t id = a->id;
    ck_assert(!gc_wanted(f.engine));
    fakes_wait(&f, GC_GRACE_MS - 1);
    ck_assert(!gc_wanted(f.engine));
    (void)fakes_gc(&f, SIZE_MAX); /* asked for before its time */
    ck_assert(fakes_alive(&f, id));
    fakes_wait(&f, 1);
    ck_assert(gc_wanted(f.engine));
    ck_assert_uint_gt(collect(GC_EDGES), 0);
    ck_assert(!fakes_alive(&f, id));
    ck_assert(!gc_wanted(f.engine));
}
END_TEST

START_TEST(what_is_wanted_stays)
{
    struct session *s = fakes_session(&f);
    struct object *named = fake_create(&f, "list", "n");
    struct object *inside = fake_create(&f, "list", NULL);
    struct object *deeper = fake_create(&f, "list", NULL);
    struct object *held = fake_create(&f, "list", NULL);
    struct object *waited = fake_create(&f, "list", NULL);
    struct object *loose = fake_create(&f, "list", NULL);
    uint64_t loose_id = loose->id, waited_id = waited->id, deeper_id = deeper->id;
    ck_assert_int_eq(fakes_put(&f, named, inside->id), 0);
    ck_assert_int_eq(fakes_put(&f, inside, deeper->id), 0);
    ck_assert_int_eq(fakes_hold(&f, s, held), 0);
    waited->waiter_count++;
    fakes_wait(&f, GC_GRACE_MS);
    collect(1);
    ck_assert(!fakes_alive(&f, loose_id));
    ck_assert(fakes_alive(&f, waited_id));
    ck_assert_uint_eq(f.engine->object_count, 5);
    waited->waiter_count--;
    fakes_drop(&f, named, inside->id);
    ck_assert(fakes_unhold(&f, s, held));
    fakes_wait(&f, GC_GRACE_MS);
    collect(1);
    ck_assert(!fakes_alive(&f, deeper_id));
    ck_assert(!fakes_alive(&f, waited_id));
    ck_assert_uint_eq(f.engine->object_count, 1);
}
END_TEST

START_TEST(cycles)
{
    struct object *ring[50];
    struct object *named = fake_create(&f, "list", "n");
    for (size_t i = 0; i < 50; i++)
        ring[i] = fake_create(&f, "list", NULL);
    for (size_t i = 0; i < 50; i++) {
        ck_assert_int_eq(fakes_put(&f, ring[i], ring[(i + 1) % 50]->id), 0);
        ck_assert_int_eq(fakes_put(&f, ring[i], ring[i]->id), 0);
    }
    ck_assert_int_eq(fakes_put(&f, named, ring[20]->id), 0);
    fakes_wait(&f, GC_GRACE_MS);
    collect(7);
    ck_assert_uint_eq(f.engine->object_count, 51);
    fakes_destroy(&f, named);
    fakes_wait(&f, GC_GRACE_MS);
    collect(7);
    ck_assert_uint_eq(f.engine->object_count, 0);
}
END_TEST

START_TEST(long_chain_in_slices)
{
    enum { LENGTH = 100000 };
    struct session *s = fakes_session(&f);
    struct object *head = fake_create(&f, "list", NULL);
    struct object *last = head;
    ck_assert_int_eq(fakes_hold(&f, s, head), 0);
    for (int i = 1; i < LENGTH; i++) {
        struct object *next = fake_create(&f, "list", NULL);
        ck_assert_int_eq(fakes_put(&f, last, next->id), 0);
        last = next;
    }
    fakes_wait(&f, GC_GRACE_MS);
    collect(GC_EDGES);
    ck_assert_uint_eq(f.engine->object_count, LENGTH);
    ck_assert(fakes_unhold(&f, s, head));
    fakes_wait(&f, GC_GRACE_MS);
    size_t slices = 0;
    while (gc_wanted(f.engine)) {
        uint64_t before = f.engine->object_count;
        (void)fakes_gc(&f, GC_EDGES);
        ck_assert_uint_le(before - f.engine->object_count, GC_EDGES);
        slices++;
    }
    ck_assert_uint_eq(f.engine->object_count, 0);
    ck_assert_uint_ge(slices, 2 * LENGTH / GC_EDGES);
    ck_assert_uint_le(slices, 5 * LENGTH / GC_EDGES);
}
END_TEST

/* What goes with many refs inside goes at once; the refs are dropped later, a slice at a time. */
START_TEST(many_refs_in_slices)
{
    enum { MANY = 3000, SLICE = 500 };
    struct object *from = fake_create(&f, "list", "from");
    struct object *target[MANY];
    uint64_t ids[MANY];
    for (size_t i = 0; i < MANY; i++) {
        target[i] = fake_create(&f, "list", NULL);
        ids[i] = target[i]->id;
    }
    struct bytes value = fake_refs(ids, MANY);
    ck_assert_int_eq(refs_reserve(fakes_ctx(&f), from, value), 0);
    refs_add(&f.ctx, from, value);
    fakes_destroy(&f, from);
    ck_assert(gc_wanted(f.engine));
    ck_assert_uint_eq(target[0]->referrers + target[MANY - 1]->referrers, 2);
    ck_assert_uint_eq(collect(SLICE), MANY / SLICE);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_uint_eq(target[i]->referrers, 0);
    ck_assert_uint_eq(f.engine->object_count, MANY); /* no collection began: it is not time */
    fakes_wait(&f, GC_GRACE_MS);
    collect(SLICE);
    ck_assert_uint_eq(f.engine->object_count, 0);
    /* freed with the engine when nobody got to it */
    from = fake_create(&f, "list", "from");
    for (size_t i = 0; i < REFS_AT_ONCE + 1; i++) {
        ids[i] = fake_create(&f, "list", NULL)->id;
        ck_assert_int_eq(fakes_put(&f, from, ids[i]), 0);
    }
    refs_clear(fakes_ctx(&f), from);
    ck_assert_ptr_nonnull(f.engine->gc.dying);
}
END_TEST

START_TEST(condemned_ones_are_not_found)
{
    struct session *s = fakes_session(&f);
    struct object *keep = fake_create(&f, "list", "keep");
    struct object *a = fake_create(&f, "list", NULL);
    struct object *b = fake_create(&f, "list", NULL);
    uint64_t a_id = a->id, b_id = b->id;
    ck_assert_int_eq(fakes_put(&f, a, b_id), 0);
    fakes_wait(&f, GC_GRACE_MS);
    while (f.engine->gc.phase != GC_SWEEP)
        (void)fakes_gc(&f, 1);
    ck_assert_uint_eq(f.engine->object_count, 3); /* still there, but */
    ck_assert(!fakes_alive(&f, a_id));
    ck_assert(!fakes_alive(&f, b_id));
    ck_assert(fakes_alive(&f, keep->id));
    ck_assert_int_eq(fakes_put(&f, keep, b_id), -1);
    ck_assert_int_eq(f.ctx.result.code, ERR_NO_SUCH_OBJECT);
    collect(1);
    ck_assert_uint_eq(f.engine->object_count, 1);
    (void)s;
}
END_TEST

/* Something that moves while it is looked for: from an unseen place to a seen one. */
START_TEST(moved_behind_the_marker)
{
    enum { COUNT = 20 };
    struct object *from = fake_create(&f, "list", "from");
    uint64_t ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = fake_create(&f, "list", NULL)->id;
        ck_assert_int_eq(fakes_put(&f, from, ids[i]), 0);
    }
    fakes_wait(&f, GC_GRACE_MS);
    while (f.engine->gc.ref_at < COUNT / 2)
        (void)fakes_gc(&f, 1);
    fakes_drop(&f, from, ids[0]); /* the last ref takes the first one's place */
    collect(1);
    for (size_t i = 1; i < COUNT; i++)
        ck_assert(fakes_alive(&f, ids[i]));
    fakes_wait(&f, GC_GRACE_MS);
    collect(1);
    ck_assert(!fakes_alive(&f, ids[0]));
}
END_TEST

/* ---- random lives against a plain mark and sweep ---- */

enum { IDS = 4096, SESSIONS = 3 };

struct life {
    unsigned short seed[3];
    struct session *sessions[SESSIONS];
    uint64_t made[IDS]; /* ids of all objects ever, in order */
    size_t made_count;
    bool removed[IDS]; /* by hand */
};

static size_t dice(struct life *life, size_t sides)
{
    return (size_t)nrand48(life->seed) % sides;
}

/* Which of life->made can be reached. */
static void reach(const struct life *life, bool *reached)
{
    bool more = true;
    for (size_t i = 0; i < life->made_count; i++) {
        const struct object *o = object_by_id(f.engine, life->made[i]);
        reached[i] = o != NULL &&
                     (o->name != NULL || o->hold_count > 0 || f.now_ms - o->loose_ms < GC_GRACE_MS);
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < life->made_count; i++) {
            const struct object *o = object_by_id(f.engine, life->made[i]);
            for (size_t e = 0; reached[i] && e < refs_targets(o); e++) {
                uint64_t target = o->refs->list[e].target;
                size_t t = 0;
                while (life->made[t] != target)
                    t++;
                if (!reached[t] && object_by_id(f.engine, target) != NULL)
                    reached[t] = more = true;
            }
        }
    }
}

static struct object *pick(struct life *life)
{
    size_t recent = life->made_count < 60 ? life->made_count : 60;
    return recent == 0
               ? NULL
               : object_by_id(f.engine, life->made[life->made_count - 1 - dice(life, recent)]);
}

static void make(struct life *life)
{
    char name[16];
    size_t owner = dice(life, SESSIONS + 1);
    snprintf(name, sizeof name, "n%zu", life->made_count);
    f.session = owner < SESSIONS ? life->sessions[owner] : NULL;
    struct object *made = fake_create(&f, "list", dice(life, 6) == 0 ? name : NULL);
    ck_assert(fakes_alive(&f, made->id)); /* whatever the collector is at */
    life->made[life->made_count++] = made->id;
}

static void link_or_cut(struct life *life, bool cut)
{
    struct object *from = pick(life);
    struct object *to = pick(life);
    if (from == NULL)
        return;
    if (cut && refs_targets(from) > 0)
        fakes_drop(&f, from, from->refs->list[dice(life, refs_targets(from))].target);
    else if (!cut && to != NULL)
        ck_assert_int_eq(fakes_put(&f, from, to->id), 0);
}

static void remove_one(struct life *life)
{
    struct object *object = pick(life);
    for (size_t i = 0; object != NULL && object->name != NULL && i < life->made_count; i++) {
        if (life->made[i] == object->id) {
            life->removed[i] = true;
            fakes_destroy(&f, object);
            return;
        }
    }
}

/* A slice takes no memory, and nothing that could be reached when it began. */
static void checked_slice(struct life *life)
{
    static bool reached[IDS];
    struct ctx *ctx = fakes_ctx(&f);
    reach(life, reached);
    alloc_fail_at(0);
    (void)gc_run_some(ctx, 1 + dice(life, 12));
    size_t count = alloc_count();
    ck_assert_uint_eq(count, 0);
    for (size_t i = 0; i < life->made_count; i++)
        ck_assert(!reached[i] || fakes_alive(&f, life->made[i]));
}

static void one_event(struct life *life)
{
    struct session *s = life->sessions[dice(life, SESSIONS)];
    struct object *object = pick(life);
    switch (dice(life, 20)) {
    case 0:
    case 1:
    case 2:
        make(life);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        link_or_cut(life, false);
        break;
    case 7:
    case 8:
    case 9:
        link_or_cut(life, true);
        break;
    case 10:
        if (object != NULL)
            ck_assert_int_eq(fakes_hold(&f, s, object), 0);
        break;
    case 11:
    case 12:
        if (s->holds != NULL)
            ck_assert(fakes_unhold(&f, s, s->holds->object));
        break;
    case 13:
        remove_one(life);
        break;
    case 14:
        fakes_wait(&f, dice(life, 30000));
        break;
    default:
        checked_slice(life);
    }
}

/* In the end: just what can be reached is left. */
static void check_end(struct life *life)
{
    static bool reached[IDS];
    for (int i = 0; i < 3; i++) {
        fakes_wait(&f, GC_GRACE_MS);
        collect(GC_EDGES);
    }
    ck_assert_uint_eq(f.engine->gc.timer.slot, 0); /* nothing is planned any more */
    reach(life, reached);
    for (size_t i = 0; i < life->made_count; i++)
        ck_assert_int_eq(reached[i], fakes_alive(&f, life->made[i]));
}

static void live(struct life *life, int seed)
{
    memset(life, 0, sizeof *life);
    life->seed[0] = (unsigned short)seed;
    for (size_t i = 0; i < SESSIONS; i++)
        life->sessions[i] = fakes_session(&f);
    for (int i = 0; i < 2500; i++)
        one_event(life);
}

START_TEST(random_lives)
{
    static struct life life;
    live(&life, _i);
    check_end(&life);
    for (size_t i = 0; i < SESSIONS; i++)
        holds_end(fakes_ctx(&f), life.sessions[i]);
    check_end(&life);
}
END_TEST

START_TEST(same_life_same_state)
{
    static struct life life;
    uint8_t first[32], second[32];
    live(&life, 77);
    (void)fakes_ctx(&f);
    engine_digest(f.engine, first);
    fakes_free(&f);
    fakes_init(&f);
    for (int i = 0; i < 100; i++) /* tables of another size */
        ck_assert(timers_reserve(&f.engine->timers, &f.engine->mem));
    for (int i = 0; i < 100; i++)
        timers_unreserve(&f.engine->timers);
    live(&life, 77);
    (void)fakes_ctx(&f);
    engine_digest(f.engine, second);
    ck_assert_mem_eq(first, second, sizeof first);
}
END_TEST

Suite *suite_gc(void);

Suite *suite_gc(void)
{
    Suite *suite = suite_create("gc");
    TCase *tests = tcase_create("gc");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, garbage_has_its_grace);
    tcase_add_test(tests, what_is_wanted_stays);
    tcase_add_test(tests, cycles);
    tcase_add_test(tests, long_chain_in_slices);
    tcase_add_test(tests, many_refs_in_slices);
    tcase_add_test(tests, condemned_ones_are_not_found);
    tcase_add_test(tests, moved_behind_the_marker);
    tcase_add_loop_test(tests, random_lives, 0, 20);
    tcase_add_test(tests, same_life_same_state);
    suite_add_tcase(suite, tests);
    return suite;
}
