/* SPDX-License-Identifier: BSD-2-Clause */
/* After much was deleted the memory goes back to the system, and that is not tried too often. */
#include <check.h>
#include <stdlib.h>

#include "daemon/base/trim.h"
#include "tests/support/alloc.h"

#define MIB (UINT64_C(1) << 20)

START_TEST(only_after_much_was_freed)
{
    struct trim trim = {0};
    ck_assert(!trim_due(&trim, 100 * MIB, 0));
    ck_assert(!trim_due(&trim, 90 * MIB, 0));
    ck_assert(!trim_due(&trim, 120 * MIB, 0)); /* the most there was */
    ck_assert(trim_due(&trim, 88 * MIB, 0));
    ck_assert(!trim_due(&trim, 89 * MIB, 0));
}
END_TEST

START_TEST(rests_after_it)
{
    struct trim trim = {0};
    ck_assert(!trim_due(&trim, 100 * MIB, 0));
    ck_assert(trim_due(&trim, 0, 10));
    trim_run(&trim, 0, 10);
    ck_assert_uint_eq(trim.times, 1);
    ck_assert_uint_ge(trim.rest_until_ms, 30);
    ck_assert_uint_ge(trim.rest_until_ms - 10, trim.longest_us / 1000);
    ck_assert(!trim_due(&trim, 0, 5000000));
    ck_assert(!trim_due(&trim, 100 * MIB, 20));
    ck_assert(!trim_due(&trim, 0, 20)); /* too soon */
    ck_assert(trim_due(&trim, 0, trim.rest_until_ms));
}
END_TEST

/* How often memory was asked for. */
static size_t sorts(struct trim *trim, uint64_t used)
{
    alloc_fail_at(0);
    trim_sort(trim, used);
    return alloc_count();
}

/* The list of what is freed grew until somebody asked for memory, and a trim stood still for it. */
START_TEST(what_is_freed_is_put_in_order_as_it_comes)
{
    struct trim trim = {0};
    ck_assert_uint_eq(sorts(&trim, 100 * MIB), 0);
    ck_assert_uint_eq(sorts(&trim, 100 * MIB - 1000), 0);
    ck_assert_uint_eq(sorts(&trim, 99 * MIB), 4);
    ck_assert_uint_eq(sorts(&trim, 99 * MIB), 0);
    ck_assert_uint_eq(sorts(&trim, 200 * MIB), 0);
    ck_assert_uint_eq(sorts(&trim, 190 * MIB), 40);
}
END_TEST

START_TEST(says_what_is_in_memory)
{
    uint64_t before = trim_resident_bytes();
    volatile char *block = malloc(32 * MIB);
    ck_assert_ptr_nonnull((void *)(uintptr_t)block);
    for (size_t at = 0; at < 32 * MIB; at += 512)
        block[at] = 1;
    ck_assert_uint_gt(trim_resident_bytes(), before + 16 * MIB);
    free((void *)(uintptr_t)block);
}
END_TEST

Suite *suite_trim(void);

Suite *suite_trim(void)
{
    Suite *suite = suite_create("trim");
    TCase *tests = tcase_create("trim");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, only_after_much_was_freed);
    tcase_add_test(tests, rests_after_it);
    tcase_add_test(tests, what_is_freed_is_put_in_order_as_it_comes);
    tcase_add_test(tests, says_what_is_in_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
