/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of bench/histogram.c. */
#include <check.h>

#include "bench/histogram.h"

Suite *suite_bench_histogram(void);

static struct histogram histogram; /* too large for a stack that is watched */

static void setup(void)
{
    histogram = (struct histogram){0};
}

START_TEST(test_empty)
{
    ck_assert_uint_eq(histogram_quantile(&histogram, 0.5), 0);
    ck_assert_uint_eq(histogram.most, 0);
}
END_TEST

START_TEST(test_small_values_are_exact)
{
    for (uint64_t i = 0; i < HISTOGRAM_SUB; i++)
        histogram_add(&histogram, i);
    for (uint64_t i = 0; i < HISTOGRAM_SUB; i++)
        ck_assert_uint_eq(histogram_quantile(&histogram, (double)i / HISTOGRAM_SUB), i);
}
END_TEST

/* Every value comes back as the least of its bucket, at most one part in 64 below it. */
START_TEST(test_error_is_bounded)
{
    for (unsigned power = 0; power < 64; power++) {
        for (int64_t beside = -1; beside <= 1; beside++) {
            uint64_t value = (UINT64_C(1) << power) + (uint64_t)beside;
            setup();
            histogram_add(&histogram, value);
            uint64_t back = histogram_quantile(&histogram, 0.5);
            ck_assert_uint_le(back, value);
            ck_assert_uint_le(value - back, value / HISTOGRAM_SUB);
            ck_assert_uint_eq(histogram.most, value);
        }
    }
}
END_TEST

START_TEST(test_quantiles)
{
    for (uint64_t i = 1; i <= 100000; i++)
        histogram_add(&histogram, i);
    static const double quantiles[] = {0.01, 0.5, 0.99, 0.999, 0.9999};
    for (unsigned i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double got = (double)histogram_quantile(&histogram, quantiles[i]);
        ck_assert_double_le(got, quantiles[i] * 100000 + 1);
        ck_assert_double_ge(got, quantiles[i] * 100000 * 63 / 64 - 1);
    }
    ck_assert_uint_eq(histogram_quantile(&histogram, 1), 100000);
    ck_assert_uint_eq(histogram.total, 100000);
}
END_TEST

Suite *suite_bench_histogram(void)
{
    Suite *suite = suite_create("bench_histogram");
    TCase *tcase = tcase_create("histogram");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_empty);
    tcase_add_test(tcase, test_small_values_are_exact);
    tcase_add_test(tcase, test_error_is_bounded);
    tcase_add_test(tcase, test_quantiles);
    suite_add_tcase(suite, tcase);
    return suite;
}
