/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/value/canon_sort.c: above all with hashes that somebody made collide. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/randval.h"
#include "wire/value/canon_sort.h"

Suite *suite_value_sort(void);

enum { COUNT = 20000, KEY_LEN = 4 };

static void expect_sorted(const uint8_t *base, const struct canon_entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++)
        ck_assert_int_le(canon_compare(bytes_of(base + e[i - 1].at, e[i - 1].key_len),
                                       e[i - 1].hash, bytes_of(base + e[i].at, e[i].key_len),
                                       e[i].hash),
                         0);
}

/* Sorts COUNT random keys whose hashes have so many different values, spread over shift. */
static void sort_random(uint64_t hashes, unsigned shift)
{
    uint64_t seed = hashes + shift;
    uint8_t *base = malloc(COUNT * KEY_LEN);
    struct canon_entry *entries = malloc(COUNT * sizeof *entries);
    uint64_t sum = 0;
    ck_assert(base && entries);
    for (uint32_t i = 0; i < COUNT; i++) {
        for (int k = 0; k < KEY_LEN; k++)
            base[i * KEY_LEN + (uint32_t)k] = (uint8_t)randval_below(&seed, 256);
        entries[i] = (struct canon_entry){.hash = randval_below(&seed, hashes) << shift,
                                          .at = i * KEY_LEN,
                                          .key_len = 1 + (uint32_t)randval_below(&seed, KEY_LEN)};
        sum += i;
    }
    canon_sort(base, entries, COUNT);
    expect_sorted(base, entries, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        sum -= entries[i].at / KEY_LEN;
    ck_assert_uint_eq(sum, 0); /* none lost */
    free(base);
    free(entries);
}

START_TEST(test_any_hashes)
{
    sort_random(UINT64_MAX, 0);
    sort_random(1, 0);
    sort_random(2, 63);
    sort_random(2, 0);
    sort_random(50, 30);
}
END_TEST

START_TEST(test_small_runs)
{
    static const uint8_t base[] = {5, 3, 9, 1, 1, 7, 0};
    for (size_t n = 0; n <= sizeof base; n++) {
        struct canon_entry entries[sizeof base];
        for (size_t i = 0; i < n; i++)
            entries[i] = (struct canon_entry){.at = (uint32_t)i, .key_len = 1};
        canon_sort(base, entries, n);
        expect_sorted(base, entries, n);
    }
}
END_TEST

Suite *suite_value_sort(void)
{
    Suite *suite = suite_create("value_sort");
    TCase *tests = tcase_create("value_sort");
    tcase_add_test(tests, test_any_hashes);
    tcase_add_test(tests, test_small_runs);
    suite_add_tcase(suite, tests);
    return suite;
}
