/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon/gate/buffers.c: every byte is counted once, and the largest is found. */
#include "daemon/gate/buffers.h"

#include <check.h>

#include "tests/support/randval.h"

Suite *suite_buffers(void);

enum { SHARES = 50 };

static struct buffers buffers;
static struct share shares[SHARES];

static void setup(void)
{
    buffers_init(&buffers);
    for (unsigned i = 0; i < SHARES; i++)
        shares[i] = (struct share){.bytes = 0};
}

START_TEST(the_largest_that_is_old_enough)
{
    ck_assert_ptr_null(buffers_largest(&buffers, 1, UINT64_MAX));
    buffers_set(&buffers, &shares[0], 5000, 10);
    buffers_set(&buffers, &shares[1], 100000, 20);
    buffers_set(&buffers, &shares[2], 90000, 30);
    buffers_set(&buffers, &shares[3], 1 << 30, 40);
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, UINT64_MAX), &shares[3]);
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, 39), &shares[1]);
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, 19), &shares[0]);
    ck_assert_ptr_null(buffers_largest(&buffers, 1, 9));
    buffers_set(&buffers, &shares[1], 0, 50);
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, 39), &shares[2]);
}
END_TEST

/* A little more, or less, does not make a connection a new one. */
START_TEST(trickling_keeps_the_age)
{
    buffers_set(&buffers, &shares[0], 70000, 10);
    for (uint64_t now_ms = 11; now_ms < 1000; now_ms++)
        buffers_set(&buffers, &shares[0], 70000 + now_ms, now_ms);
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, 10), &shares[0]);
    buffers_set(&buffers, &shares[0], 140000, 1000);
    ck_assert_ptr_null(buffers_largest(&buffers, 1, 999));
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, 1000), &shares[0]);
}
END_TEST

START_TEST(who_moves_much_is_young_again)
{
    buffers_set(&buffers, &shares[0], 1 << 20, 10);
    for (uint64_t now_ms = 11; now_ms < 100; now_ms++)
        buffers_moved(&buffers, &shares[0], 1000, now_ms);
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, 10), &shares[0]);
    buffers_moved(&buffers, &shares[0], BUFFERS_MOVES, 100);
    ck_assert_ptr_null(buffers_largest(&buffers, 1, 99));
    ck_assert_ptr_eq(buffers_largest(&buffers, 1, 100), &shares[0]);
    ck_assert_ptr_null(buffers_largest(&buffers, 1 << 21, 100));
    buffers_moved(&buffers, &shares[1], BUFFERS_MOVES, 100); /* holds nothing */
    ck_assert_uint_eq(buffers.holders, 1);
}
END_TEST

/* One of its class that holds too little stood before all the others: none was found, nobody had to
 * go, and no request was executed any more. */
START_TEST(the_first_of_a_class_is_not_asked_for_all)
{
    const size_t most = 64 << 20, large = 2000000, small = 1 << 20; /* as 1,040,000 are kept */
    buffers_set(&buffers, &shares[0], small, 1);
    for (unsigned i = 1; i < 26; i++)
        buffers_set(&buffers, &shares[i], large, 2);
    size_t least = most / (2 * buffers.holders + 1);
    ck_assert_uint_gt(buffers.used, most - most / 4);
    ck_assert_uint_gt(least, small);
    ck_assert_uint_lt(least, large);
    ck_assert_ptr_nonnull(buffers_largest(&buffers, least, UINT64_MAX));
    ck_assert_ptr_null(buffers_largest(&buffers, 1 << 21, UINT64_MAX));
    ck_assert_ptr_eq(buffers_largest(&buffers, 0, UINT64_MAX), &shares[0]);
}
END_TEST

START_TEST(a_random_life)
{
    uint64_t seed = (uint64_t)_i + 1;
    size_t sum = 0, peak = 0;
    for (uint64_t now_ms = 1; now_ms < 3000; now_ms++) {
        struct share *share = &shares[randval_below(&seed, SHARES)];
        uint64_t bits = randval_below(&seed, 30);
        size_t bytes = bits == 0 ? 0 : (size_t)randval_below(&seed, UINT64_C(1) << bits);
        sum = sum - share->bytes + bytes;
        peak = sum > peak ? sum : peak;
        buffers_set(&buffers, share, bytes, now_ms);
        ck_assert_uint_eq(buffers.used, sum);
        ck_assert_uint_eq(buffers.peak, peak);
        size_t most = 0;
        for (unsigned i = 0; i < SHARES; i++)
            most = shares[i].bytes > most ? shares[i].bytes : most;
        struct share *largest = buffers_largest(&buffers, 1, UINT64_MAX);
        ck_assert_int_eq(largest == NULL, most == 0);
        if (largest != NULL)
            ck_assert_uint_gt(largest->bytes, most / 2);
    }
    for (unsigned i = 0; i < SHARES; i++)
        buffers_set(&buffers, &shares[i], 0, 3000);
    ck_assert_uint_eq(buffers.used, 0);
    ck_assert_uint_eq(buffers.occupied, 0);
    ck_assert_uint_eq(buffers.holders, 0);
}
END_TEST

Suite *suite_buffers(void)
{
    Suite *suite = suite_create("buffers");
    TCase *tc = tcase_create("buffers");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, the_largest_that_is_old_enough);
    tcase_add_test(tc, trickling_keeps_the_age);
    tcase_add_test(tc, who_moves_much_is_young_again);
    tcase_add_test(tc, the_first_of_a_class_is_not_asked_for_all);
    tcase_add_loop_test(tc, a_random_life, 0, 5);
    suite_add_tcase(suite, tc);
    return suite;
}
