/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon/base/meter.c: the longest turn is remembered. */
#include "daemon/base/meter.h"

#include <check.h>
#include <time.h>

Suite *suite_meter(void);

static uint64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void burn(uint64_t us)
{
    for (uint64_t until = cpu_us() + us; cpu_us() < until;)
        ;
}

START_TEST(test_the_longest_turn)
{
    struct meter meter;
    meter_init(&meter);
    ck_assert_uint_eq(meter.longest_cpu_us, 0);
    meter_begin(&meter);
    burn(3000);
    meter_end(&meter);
    uint64_t longest = meter.longest_cpu_us;
    ck_assert_uint_ge(longest, 3000);
    ck_assert_uint_ge(meter.longest_wall_us, 2999); /* two clocks, each cut to microseconds */
    meter_begin(&meter);
    burn(100);
    meter_end(&meter);
    ck_assert_uint_eq(meter.longest_cpu_us, longest);
    ck_assert_uint_eq(meter.turns, 2);
    ck_assert_uint_ge(meter.slow_turns, 1);
    meter_begin(&meter);
    burn(longest + 1000);
    meter_end(&meter);
    ck_assert_uint_gt(meter.longest_cpu_us, longest);
}
END_TEST

Suite *suite_meter(void)
{
    Suite *suite = suite_create("meter");
    TCase *tc = tcase_create("meter");
    tcase_add_test(tc, test_the_longest_turn);
    suite_add_tcase(suite, tc);
    return suite;
}
