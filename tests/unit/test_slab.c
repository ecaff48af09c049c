/* SPDX-License-Identifier: BSD-2-Clause */
/* Slabs: blocks do not overlap, are aligned, and their memory goes back. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "daemon/engine/slab.h"
#include "tests/support/alloc.h"
#include "tests/support/randval.h"

enum { BLOCKS = 2000, STEPS = 30000 };

struct held {
    uint8_t *block;
    size_t size;
    uint8_t sign;
};

static void take(struct slabs *slabs, struct held *held, uint64_t *seed)
{
    held->size = 1 + randval_below(seed, SLAB_LARGEST);
    held->sign = (uint8_t)randval_below(seed, 256);
    held->block = slabs_take(slabs, held->size);
    ck_assert_ptr_nonnull(held->block);
    ck_assert_uint_eq((uintptr_t)held->block % SLAB_UNIT, 0);
    memset(held->block, held->sign, held->size);
}

static void give(struct slabs *slabs, struct held *held)
{
    size_t same = 0;
    while (same < held->size && held->block[same] == held->sign)
        same++;
    ck_assert_uint_eq(same, held->size);
    slabs_give(slabs, held->block);
    held->block = NULL;
}

START_TEST(blocks_keep_what_is_in_them)
{
    static struct held held[BLOCKS];
    struct slabs slabs = {0};
    uint64_t seed = 5;
    for (int i = 0; i < STEPS; i++) {
        struct held *at = &held[randval_below(&seed, BLOCKS)];
        if (at->block == NULL)
            take(&slabs, at, &seed);
        else
            give(&slabs, at);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (held[i].block != NULL)
            give(&slabs, &held[i]);
    slabs_free(&slabs); /* whatever is left over is found by the leak check */
}
END_TEST

START_TEST(many_share_one_block_of_malloc)
{
    void *blocks[100];
    struct slabs slabs = {0};
    alloc_fail_at(1000);
    for (size_t i = 0; i < 100; i++)
        blocks[i] = slabs_take(&slabs, 170);
    size_t taken = alloc_count();
    for (int again = 0; again < 10; again++) { /* the last one comes and goes */
        slabs_give(&slabs, blocks[99]);
        blocks[99] = slabs_take(&slabs, 170);
    }
    size_t more = alloc_count() - taken;
    alloc_fail_never();
    ck_assert_uint_eq(taken, 3);
    ck_assert_uint_eq(more, 0);
    for (size_t i = 0; i < 100; i++)
        slabs_give(&slabs, blocks[i]);
    slabs_free(&slabs);
}
END_TEST

START_TEST(no_memory_takes_nothing)
{
    struct slabs slabs = {0};
    alloc_fail_at(1);
    void *none = slabs_take(&slabs, 8);
    alloc_fail_never();
    ck_assert_ptr_null(none);
    void *block = slabs_take(&slabs, 8);
    ck_assert_ptr_nonnull(block);
    slabs_give(&slabs, block);
    slabs_free(&slabs);
}
END_TEST

Suite *suite_slab(void);

Suite *suite_slab(void)
{
    Suite *suite = suite_create("slab");
    TCase *tests = tcase_create("slab");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, blocks_keep_what_is_in_them);
    tcase_add_test(tests, many_share_one_block_of_malloc);
    tcase_add_test(tests, no_memory_takes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
