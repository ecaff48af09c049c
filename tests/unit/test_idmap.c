/* SPDX-License-Identifier: BSD-2-Clause */
/* Ids to pointers: against a plain array, through growth, deletion and trimming. */
#include <check.h>
#include <stdlib.h>

#include "daemon/engine/idmap.h"
#include "daemon/engine/mem.h"
#include "tests/support/alloc.h"

enum { KEYS = 5000 };

static void *value_of(uint64_t key)
{
    return (void *)(uintptr_t)(key * 8 + 1);
}

static struct idmap empty(void)
{
    static const uint8_t hash_key[SIPHASH_KEY_LEN] = "ids to pointers";
    struct idmap map;
    idmap_init(&map, hash_key);
    return map;
}

static void put(struct idmap *map, struct mem *mem, uint64_t key)
{
    ck_assert(idmap_reserve(map, mem));
    idmap_put(map, key, value_of(key));
}

static void check_all(const struct idmap *map, const bool *present)
{
    size_t count = 0;
    for (uint64_t key = 1; key <= KEYS; key++) {
        ck_assert_ptr_eq(idmap_get(map, key), present[key] ? value_of(key) : NULL);
        count += present[key];
    }
    ck_assert_uint_eq(map->count, count);
    ck_assert_ptr_null(idmap_get(map, 0));
}

START_TEST(behaves_as_an_array)
{
    static bool present[KEYS + 1];
    struct idmap map = empty();
    struct mem mem = {0};
    unsigned short seed[3] = {1, 2, 3};
    for (size_t round = 0; round < 200000; round++) {
        uint64_t key = 1 + (uint64_t)nrand48(seed) % KEYS;
        /* mostly grows, then mostly shrinks */
        bool grow = nrand48(seed) % 8 < (round / 20000 % 2 == 0 ? 6 : 2);
        if (grow && !present[key]) {
            put(&map, &mem, key);
            present[key] = true;
        } else if (!grow) {
            ck_assert_ptr_eq(idmap_del(&map, key), present[key] ? value_of(key) : NULL);
            present[key] = false;
        }
        if (nrand48(seed) % 64 == 0)
            (void)idmap_trim(&map, &mem, (size_t)(nrand48(seed) % 50));
        if (round % 5000 == 0)
            check_all(&map, present);
    }
    check_all(&map, present);
    idmap_free(&map, &mem);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(grows_without_a_stall)
{
    struct idmap map = empty();
    struct mem mem = {0};
    size_t both = 0;
    for (uint64_t key = 1; key <= KEYS; key++) {
        size_t moved = map.moved;
        put(&map, &mem, key * 1000003);
        ck_assert_uint_le(map.moved, moved + 8);
        both += map.old.count > 0;
    }
    ck_assert_uint_gt(both, 0); /* there were times with two tables */
    for (uint64_t key = 1; key <= KEYS; key++)
        ck_assert_ptr_nonnull(idmap_get(&map, key * 1000003));
    idmap_free(&map, &mem);
}
END_TEST

START_TEST(promises_hold)
{
    struct idmap map = empty();
    struct mem mem = {0};
    for (int i = 0; i < 1000; i++)
        ck_assert(idmap_reserve(&map, &mem));
    size_t used = mem.used;
    alloc_fail_at(0);
    for (uint64_t key = 1; key <= 999; key++)
        idmap_put(&map, key, value_of(key));
    ck_assert_uint_eq(alloc_count(), 0);
    ck_assert_uint_eq(mem.used, used);
    idmap_unreserve(&map);
    ck_assert_uint_eq(map.reserved, 0);
    ck_assert_uint_eq(map.count, 999);
    idmap_free(&map, &mem);
}
END_TEST

START_TEST(failed_growth_changes_nothing)
{
    struct idmap map = empty();
    struct mem mem = {0};
    for (uint64_t key = 1; key <= 12; key++)
        put(&map, &mem, key);
    size_t used = mem.used;
    alloc_fail_at(1);
    ck_assert(!idmap_reserve(&map, &mem));
    alloc_fail_never();
    ck_assert_uint_eq(mem.used, used);
    ck_assert_uint_eq(map.reserved, 0);
    ck_assert_ptr_eq(idmap_get(&map, 12), value_of(12));
    put(&map, &mem, 13);
    ck_assert_ptr_eq(idmap_get(&map, 13), value_of(13));
    idmap_free(&map, &mem);
}
END_TEST

START_TEST(trims_back_to_its_level)
{
    struct idmap map = empty();
    struct mem mem = {0};
    for (uint64_t key = 1; key <= 100; key++)
        put(&map, &mem, key);
    while (map.old.count > 0) {
        ck_assert(idmap_reserve(&map, &mem));
        idmap_unreserve(&map);
    }
    size_t level = mem.used;
    for (uint64_t key = 101; key <= 100000; key++)
        put(&map, &mem, key);
    for (uint64_t key = 101; key <= 100000; key++)
        ck_assert_ptr_nonnull(idmap_del(&map, key));
    alloc_fail_at(1);
    (void)idmap_trim(&map, &mem, SIZE_MAX); /* without memory it stays as it is */
    alloc_fail_never();
    ck_assert_ptr_nonnull(idmap_get(&map, 100));
    size_t slices = 1;
    while (idmap_trim(&map, &mem, 1000))
        slices++;
    ck_assert_uint_gt(slices, 50);
    ck_assert_uint_eq(mem.used, level);
    ck_assert_ptr_eq(idmap_get(&map, 100), value_of(100));
    for (uint64_t key = 1; key <= 100; key++)
        idmap_del(&map, key);
    ck_assert(!idmap_trim(&map, &mem, 1));
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

/* The longest row of used places: no search looks at more of them. */
static size_t longest_row(const struct idmap_table *table)
{
    size_t longest = 0, row = 0;
    for (size_t i = 0; i < table->count * 2; i++) { /* around the end */
        row = table->places[i % table->count].key == 0 ? 0 : row + 1;
        longest = row > longest ? row : longest;
    }
    return longest;
}

/* Ids that a multiplication by that number brings to one place, in tables of up to 2^32. */
static uint64_t colliding(uint64_t factor, uint64_t n)
{
    uint64_t inverse = factor;
    for (int i = 0; i < 6; i++)
        inverse *= 2 - factor * inverse;
    return (n << 32 | n) * inverse;
}

/* Whoever can choose ids must not be able to choose where they stand: with a hash that is known,
 * each of these looks at all those before it. */
START_TEST(chosen_ids_cost_no_more_than_others)
{
    enum { CHOSEN = 190000, ROW_MAX = 400 };
    struct idmap map = empty();
    struct mem mem = {0};
    for (uint64_t n = 1; n <= CHOSEN; n++)
        put(&map, &mem, colliding(UINT64_C(0x9E3779B97F4A7C15), n));
    ck_assert_uint_le(longest_row(&map.now), ROW_MAX);
    idmap_free(&map, &mem);
    for (uint64_t n = 1; n <= CHOSEN / 4; n++)
        put(&map, &mem, n << 32); /* low bits that are all the same */
    ck_assert_uint_le(longest_row(&map.now), ROW_MAX);
    idmap_free(&map, &mem);
}
END_TEST

/* A table that is being made smaller and has to grow must not move all that is left at once. */
START_TEST(grows_again_without_a_stall)
{
    struct idmap map = empty();
    struct mem mem = {0};
    uint64_t last = 100000;
    for (uint64_t key = 1; key <= last; key++)
        put(&map, &mem, key);
    while (map.old.count > 0) {
        ck_assert(idmap_reserve(&map, &mem));
        idmap_unreserve(&map);
    }
    for (uint64_t key = 1; map.count > map.now.count / 4; key++)
        idmap_del(&map, key);
    ck_assert(idmap_trim(&map, &mem, 1));
    for (size_t left; map.now.count < 1 << 18;) {
        left = map.old.count - map.moved;
        const void *places = map.old.places;
        put(&map, &mem, ++last);
        ck_assert(left <= 8 || (map.old.places == places && map.old.count - map.moved >= left - 8));
    }
    idmap_free(&map, &mem);
}
END_TEST

Suite *suite_idmap(void);

Suite *suite_idmap(void)
{
    Suite *suite = suite_create("idmap");
    TCase *tests = tcase_create("idmap");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, behaves_as_an_array);
    tcase_add_test(tests, grows_without_a_stall);
    tcase_add_test(tests, promises_hold);
    tcase_add_test(tests, failed_growth_changes_nothing);
    tcase_add_test(tests, trims_back_to_its_level);
    tcase_add_test(tests, chosen_ids_cost_no_more_than_others);
    tcase_add_test(tests, grows_again_without_a_stall);
    suite_add_tcase(suite, tests);
    return suite;
}
