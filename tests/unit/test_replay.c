/* SPDX-License-Identifier: BSD-2-Clause */
/* The same commands give the same state and the same answers, whatever the hash key. */
#include "tests/support/fakelock.h"
#include "tests/support/replay.h"

enum { COMMANDS = 100000 };

START_TEST(a_long_random_life)
{
    struct replay_report report = replay_run(&fakelock_handlers, fakelock_step, COMMANDS, 1);
    ck_assert_msg(report.what == NULL, "%s differ at command %zu", report.what, report.differs_at);
    ck_assert_uint_ge(report.commands, COMMANDS); /* a step may be several */
}
END_TEST

START_TEST(many_short_ones)
{
    for (uint64_t seed = 2; seed < 22; seed++) {
        struct replay_report report = replay_run(&fakelock_handlers, fakelock_step, 500, seed);
        ck_assert_msg(report.what == NULL, "seed %llu: %s differ at command %zu",
                      (unsigned long long)seed, report.what, report.differs_at);
    }
}
END_TEST

START_TEST(a_handler_that_depends_on_the_hash_key_is_caught)
{
    struct replay_report report = replay_run(&fakelock_planted, fakelock_step, COMMANDS / 10, 1);
    ck_assert_ptr_nonnull(report.what);
    ck_assert_uint_lt(report.differs_at, COMMANDS / 10);
}
END_TEST

Suite *suite_replay(void);
Suite *suite_replay(void)
{
    Suite *suite = suite_create("replay");
    TCase *tc = tcase_create("replay");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, a_long_random_life);
    tcase_add_test(tc, many_short_ones);
    tcase_add_test(tc, a_handler_that_depends_on_the_hash_key_is_caught);
    suite_add_tcase(suite, tc);
    return suite;
}
