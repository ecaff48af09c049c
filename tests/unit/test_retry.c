/* SPDX-License-Identifier: BSD-2-Clause */
/* Back-off between the attempts at one item. */
#include <check.h>

#include "cli/supervise/backoff.h"

static const struct {
    int64_t first_ms;
    uint64_t attempt;
    int64_t delay_ms;
} table[] = {
    {1000, 1, 1000},     {1000, 2, 2000},           {1000, 5, 16000},
    {1000, 9, 256000},   {1000, 10, 300000},        {1000, UINT64_MAX, 300000},
    {0, 7, 0},           {1, 19, 262144},           {1, 20, 300000},
    {600000, 1, 600000}, /* longer than the ceiling: it is what was asked for */
    {600000, 9, 600000}, {INT64_MAX, 3, INT64_MAX},
};

START_TEST(delays_double_up_to_a_ceiling)
{
    ck_assert_int_eq(backoff_delay_ms(table[_i].first_ms, table[_i].attempt), table[_i].delay_ms);
}
END_TEST

START_TEST(the_longest_is_never_shorter)
{
    ck_assert_int_eq(backoff_longest_ms(1000), RETRY_LONGEST_MS);
    ck_assert_int_eq(backoff_longest_ms(0), RETRY_LONGEST_MS);
    ck_assert_int_eq(backoff_longest_ms(RETRY_LONGEST_MS + 1), RETRY_LONGEST_MS + 1);
}
END_TEST

Suite *suite_retry(void);
Suite *suite_retry(void)
{
    Suite *suite = suite_create("retry");
    TCase *tests = tcase_create("retry");
    tcase_add_loop_test(tests, delays_double_up_to_a_ceiling, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tests, the_longest_is_never_shorter);
    suite_add_tcase(suite, tests);
    return suite;
}
