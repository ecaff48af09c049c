/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon/base/descriptors.c: clients never take the daemon's own descriptors. */
#include "daemon/base/descriptors.h"

#include <check.h>
#include <sys/resource.h>

Suite *suite_descriptors(void);

START_TEST(the_soft_limit_is_raised)
{
    struct rlimit before, after;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit low = {64, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    ck_assert_uint_eq(descriptors_limit(), before.rlim_max);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &after), 0);
    ck_assert_uint_eq(after.rlim_cur, before.rlim_max);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(some_are_kept)
{
    ck_assert_uint_eq(descriptors_for_connections(65536), 65536 - 64);
    ck_assert_uint_eq(descriptors_for_connections(128), 64);
    ck_assert_uint_eq(descriptors_for_connections(64), 32);
    ck_assert_uint_eq(descriptors_for_connections(UINT64_MAX), UINT64_MAX - 64);
}
END_TEST

Suite *suite_descriptors(void)
{
    Suite *suite = suite_create("descriptors");
    TCase *tc = tcase_create("descriptors");
    tcase_add_test(tc, the_soft_limit_is_raised);
    tcase_add_test(tc, some_are_kept);
    suite_add_tcase(suite, tc);
    return suite;
}
