/* SPDX-License-Identifier: BSD-2-Clause */
/* Refs counted per target: against a plain table, and with all memory promised before. */
#include "tests/support/fakes.h"

#include <stdlib.h>

#include "daemon/engine/refs.h"
#include "daemon/engine/refs_index.h"
#include "tests/support/alloc.h"

enum { TARGETS = 300 };

static struct fakes f;
static struct object *from;
static struct object *targets[TARGETS];

static void setup(void)
{
    fakes_init(&f);
    from = fake_create(&f, "list", "from");
    for (size_t i = 0; i < TARGETS; i++)
        targets[i] = fake_create(&f, "list", NULL);
}

static void teardown(void)
{
    fakes_free(&f);
}

/* The list holds just what the table says. */
static void check_list(const uint64_t *wanted)
{
    size_t distinct = 0;
    for (size_t i = 0; i < TARGETS; i++) {
        distinct += wanted[i] > 0;
        ck_assert_uint_eq(targets[i]->referrers, wanted[i]);
    }
    ck_assert_uint_eq(refs_targets(from), distinct);
    for (size_t i = 0; i < distinct; i++) {
        const struct ref *ref = &from->refs->list[i];
        ck_assert_uint_eq(ref->count, wanted[ref->target - targets[0]->id]);
    }
}

START_TEST(counts_like_a_table)
{
    static uint64_t wanted[TARGETS];
    unsigned short seed[3] = {3, 2, 1};
    for (int round = 0; round < 30000; round++) {
        size_t i = (size_t)(nrand48(seed) % TARGETS);
        bool grow = nrand48(seed) % 8 < (round / 3000 % 2 == 0 ? 6 : 2);
        if (grow) {
            ck_assert_int_eq(fakes_put(&f, from, targets[i]->id), 0);
            wanted[i]++;
        } else {
            fakes_drop(&f, from, targets[i]->id); /* of none: nothing */
            wanted[i] -= wanted[i] > 0;
        }
        if (round % 500 == 0)
            check_list(wanted);
    }
    check_list(wanted);
    refs_clear(fakes_ctx(&f), from);
    ck_assert_uint_eq(refs_targets(from), 0);
}
END_TEST

/* ---- the index ---- */

/* A ref to whatever has that id, if anything has. */
static void add_ref(uint64_t id)
{
    struct ctx *ctx = fakes_ctx(&f);
    struct bytes value = fake_refs(&id, 1);
    ck_assert_int_eq(refs_reserve_moved(ctx, from, value), 0);
    refs_add(ctx, from, value);
}

/* Each ref is found where it stands. */
static void check_index(void)
{
    for (size_t i = 0; i < from->refs->count; i++)
        ck_assert_uint_eq(refs_index_find(from->refs, from->refs->list[i].target), i);
    ck_assert_uint_eq(refs_index_find(from->refs, 1), EDGE_NOWHERE);
}

/* Rehashing all of a million refs for one more held everybody up: one ref moves a few places, the
 * old table is empty before the next growth, and all is found in between. */
START_TEST(grows_a_few_places_at_a_time)
{
    enum { MANY = 5000, FIRST = 1000000 };
    size_t moving = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        size_t places = from->refs == NULL ? 0 : from->refs->now.count;
        size_t before = from->refs == NULL || from->refs->old.count == 0 ? 0 : from->refs->moved;
        bool was_moving = from->refs != NULL && from->refs->old.count > 0;
        add_ref(FIRST + i);
        const struct refs *refs = from->refs;
        if (refs->now.count != places)
            ck_assert(!was_moving);
        if (refs->old.count > 0) {
            moving++;
            ck_assert_uint_le(refs->moved, before + EDGE_INDEX_MOVES);
            if (i % 7 == 0) { /* takes one out of each table, and puts one in */
                fakes_drop(&f, from, FIRST + i / 2);
                fakes_drop(&f, from, FIRST + i);
                ck_assert_uint_eq(refs_index_find(refs, FIRST + i / 2), EDGE_NOWHERE);
                add_ref(FIRST + i);
                add_ref(FIRST + i / 2);
            }
        }
        if (i % 1000 == 0 || (refs->old.count > 0 && i % 300 == 0))
            check_index();
    }
    ck_assert_uint_gt(moving, MANY / 8);
    ck_assert_uint_eq(refs_targets(from), MANY);
    for (uint64_t i = 0; i < MANY; i++)
        fakes_drop(&f, from, FIRST + i * 7919 % MANY);
    ck_assert_ptr_null(from->refs);
}
END_TEST

START_TEST(one_value_with_many)
{
    uint64_t ids[TARGETS];
    struct bytes value;
    for (size_t i = 0; i < TARGETS; i++)
        ids[i] = targets[i / 2]->id; /* each twice */
    value = fake_refs(ids, TARGETS);
    ck_assert_int_eq(refs_reserve(fakes_ctx(&f), from, value), 0);
    refs_add(&f.ctx, from, value);
    ck_assert_uint_eq(refs_targets(from), TARGETS / 2);
    ck_assert_uint_eq(targets[7]->referrers, 2);
    refs_drop(fakes_ctx(&f), from, value);
    ck_assert_ptr_null(from->refs);
    ck_assert_uint_eq(targets[7]->referrers, 0);
}
END_TEST

START_TEST(refs_to_itself)
{
    ck_assert_int_eq(fakes_put(&f, from, from->id), 0);
    ck_assert_uint_eq(refs_targets(from), 1);
    ck_assert_uint_eq(from->referrers, 0);
    fakes_drop(&f, from, from->id);
    ck_assert_uint_eq(from->referrers, 0);
    ck_assert_ptr_null(from->refs);
}
END_TEST

START_TEST(targets_that_are_gone)
{
    uint64_t id = targets[0]->id;
    ck_assert_int_eq(fakes_put(&f, from, id), 0);
    fakes_destroy(&f, targets[0]);
    ck_assert_uint_eq(refs_targets(from), 1);
    ck_assert_int_eq(fakes_put(&f, from, id), -1);
    ck_assert_int_eq(f.ctx.result.code, ERR_NO_SUCH_OBJECT);
    /* what is inside somewhere may go elsewhere */
    struct bytes value = fake_refs(&id, 1);
    ck_assert_int_eq(refs_reserve_moved(fakes_ctx(&f), targets[1], value), 0);
    refs_add(&f.ctx, targets[1], value);
    ck_assert_uint_eq(refs_targets(targets[1]), 1);
    fakes_drop(&f, targets[1], id);
    fakes_drop(&f, from, id);
    ck_assert_uint_eq(refs_targets(from), 0);
}
END_TEST

/* What was promised is there, in whatever order it is used, and takes no memory. */
START_TEST(promises_add_up)
{
    uint64_t ids[100];
    uint8_t first[1000];
    struct bytes value;
    for (size_t i = 0; i < 100; i++)
        ids[i] = targets[i]->id;
    value = fake_refs(ids, 50);
    memcpy(first, value.data, value.len);
    struct bytes a = bytes_of(first, value.len), b = fake_refs(ids + 50, 50);
    struct ctx *ctx = fakes_ctx(&f);
    ck_assert_int_eq(refs_reserve(ctx, from, a), 0);
    ck_assert_int_eq(refs_reserve(ctx, from, b), 0);
    alloc_fail_at(0);
    refs_add(ctx, from, a);
    refs_add(ctx, from, b);
    size_t count = alloc_count();
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(refs_targets(from), 100);
    /* replaced altogether: room is kept between the drop and the add */
    ctx = fakes_ctx(&f);
    ck_assert_int_eq(refs_reserve(ctx, from, b), 0);
    alloc_fail_at(0);
    refs_drop(ctx, from, a);
    refs_drop(ctx, from, b);
    refs_add(ctx, from, b);
    refs_clear(ctx, from);
    refs_add(ctx, from, b);
    count = alloc_count();
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(refs_targets(from), 50);
    ck_assert_uint_eq(targets[0]->referrers, 0);
    ck_assert_uint_eq(targets[99]->referrers, 1);
}
END_TEST

/* Room promised for one object made another one, which went in the same command, drop its refs in
 * one go. */
START_TEST(what_goes_is_dropped_in_slices_whatever_is_promised)
{
    enum { MANY = REFS_AT_ONCE + 1 };
    struct object *other = fake_create(&f, "list", "other");
    uint64_t ids[MANY];
    for (size_t i = 0; i < MANY; i++) {
        ids[i] = targets[i]->id;
        ck_assert_int_eq(fakes_put(&f, other, ids[i]), 0);
    }
    struct ctx *ctx = fakes_ctx(&f);
    ck_assert_int_eq(refs_reserve(ctx, from, fake_refs(ids, 1)), 0);
    object_destroy(ctx, other);
    ck_assert_ptr_nonnull(f.engine->gc.dying);
    ck_assert_uint_eq(targets[0]->referrers, 1);
    (void)fakes_gc(&f, MANY);
    ck_assert_uint_eq(targets[0]->referrers, 0);
}
END_TEST

START_TEST(no_memory)
{
    uint64_t ids[TARGETS];
    for (size_t i = 0; i < TARGETS; i++)
        ids[i] = targets[i]->id;
    for (size_t size = 1; size < TARGETS; size *= 4) {
        struct bytes value = fake_refs(ids, size);
        int done = -1;
        refs_clear(fakes_ctx(&f), from);
        for (size_t n = 1; done != 0; n++) {
            struct ctx *ctx = fakes_ctx(&f);
            alloc_fail_at(n);
            done = refs_reserve(ctx, from, value);
            size_t count = alloc_count();
            alloc_fail_never();
            ck_assert(done == 0 || ctx->result.code == ERR_NOMEM);
            ck_assert(done == 0 || count >= n);
            ck_assert_uint_eq(refs_targets(from), 0);
            if (done == 0) {
                refs_add(ctx, from, value);
                ck_assert_uint_eq(refs_targets(from), size);
            }
        }
    }
}
END_TEST

struct words {
    uint64_t words[4096];
    size_t count;
};

static void save_word(void *arg, const void *data, size_t len)
{
    struct words *saved = arg;
    ck_assert_uint_eq(len, 8);
    memcpy(&saved->words[saved->count++], data, 8);
}

START_TEST(saves_in_order)
{
    static struct words saved;
    struct writer out = {save_word, &saved};
    refs_save(from, &out);
    ck_assert_uint_eq(saved.count, 1);
    ck_assert_uint_eq(saved.words[0], 0);
    saved.count = 0;
    for (size_t i = 20; i > 0; i--)
        ck_assert_int_eq(fakes_put(&f, from, targets[i]->id), 0);
    refs_save(from, &out);
    ck_assert_uint_eq(saved.count, 41);
    ck_assert_uint_eq(saved.words[0], 20);
    ck_assert_uint_eq(saved.words[1], targets[20]->id);
    ck_assert_uint_eq(saved.words[40], 1);
}
END_TEST

Suite *suite_refs(void);

Suite *suite_refs(void)
{
    Suite *suite = suite_create("refs");
    TCase *tests = tcase_create("refs");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, counts_like_a_table);
    tcase_add_test(tests, grows_a_few_places_at_a_time);
    tcase_add_test(tests, one_value_with_many);
    tcase_add_test(tests, refs_to_itself);
    tcase_add_test(tests, targets_that_are_gone);
    tcase_add_test(tests, promises_add_up);
    tcase_add_test(tests, what_goes_is_dropped_in_slices_whatever_is_promised);
    tcase_add_test(tests, no_memory);
    tcase_add_test(tests, saves_in_order);
    suite_add_tcase(suite, tests);
    return suite;
}
