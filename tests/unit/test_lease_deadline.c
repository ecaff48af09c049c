/* SPDX-License-Identifier: BSD-2-Clause */
/* The arithmetic that keeps two programs from running under one lock. */
#include <check.h>

#include "cli/supervise/lease_deadline.h"

#define MS INT64_C(1000000)

static const struct {
    int64_t lease_ms, grace_ms;        /* given */
    int64_t beat_ms, term_ms, kill_ms; /* after the last heartbeat */
} table[] = {
    {10000, -1, 2500, 7800, 9800},    /* the defaults: 2 s of grace, 200 ms of margin */
    {10000, 0, 2500, 9800, 9800},     /* no grace: killed at once */
    {10000, 2500, 2500, 7300, 9800},  /* a quarter is allowed */
    {1000, -1, 250, 550, 800},        /* the shortest; the default grace is cut */
    {4000, -1, 1000, 2800, 3800},     /*  */
    {60000, -1, 15000, 56800, 58800}, /* 2 % are more than 200 ms */
    {3600000, 1000, 900000, 3527000, 3528000},
};

START_TEST(stages_come_in_time)
{
    struct lease_deadline deadline;
    int64_t since_ns = 12345 * MS + _i;
    ck_assert(lease_deadline_init(&deadline, table[_i].lease_ms, table[_i].grace_ms));
    ck_assert_int_eq(lease_deadline_beat_ns(&deadline), table[_i].beat_ms * MS);
    ck_assert_int_eq(lease_deadline_term_at(&deadline, since_ns),
                     since_ns + table[_i].term_ms * MS);
    ck_assert_int_eq(lease_deadline_kill_at(&deadline, since_ns),
                     since_ns + table[_i].kill_ms * MS);
    ck_assert_int_eq(lease_deadline_end_at(&deadline, since_ns),
                     since_ns + table[_i].lease_ms * MS);
}
END_TEST

START_TEST(each_stage_begins_to_the_nanosecond)
{
    struct lease_deadline deadline;
    int64_t since_ns = INT64_C(1) << 60;
    ck_assert(lease_deadline_init(&deadline, 10000, 1000));
    int64_t term_ns = lease_deadline_term_at(&deadline, since_ns),
            kill_ns = lease_deadline_kill_at(&deadline, since_ns);
    ck_assert_int_eq(lease_deadline_look(&deadline, since_ns, since_ns), LEASE_RUNS);
    ck_assert_int_eq(lease_deadline_look(&deadline, since_ns, term_ns - 1), LEASE_RUNS);
    ck_assert_int_eq(lease_deadline_look(&deadline, since_ns, term_ns), LEASE_TERM);
    ck_assert_int_eq(lease_deadline_look(&deadline, since_ns, kill_ns - 1), LEASE_TERM);
    ck_assert_int_eq(lease_deadline_look(&deadline, since_ns, kill_ns), LEASE_KILL);
    ck_assert_int_eq(lease_deadline_look(&deadline, since_ns, kill_ns + 1000000 * MS), LEASE_KILL);
    /* the next heartbeat was answered: all is well again */
    ck_assert_int_eq(lease_deadline_look(&deadline, term_ns, kill_ns), LEASE_RUNS);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    struct lease_deadline deadline;
    ck_assert(!lease_deadline_init(&deadline, 10000, 2501));
    ck_assert(!lease_deadline_init(&deadline, LEASE_LEAST_MS - 1, -1));
    ck_assert(!lease_deadline_init(&deadline, 0, 0));
    ck_assert(!lease_deadline_init(&deadline, 10000, INT64_MAX));
    ck_assert(lease_deadline_init(&deadline, INT64_MAX, -1)); /* no overflow: as good as for ever */
    ck_assert_int_gt(lease_deadline_kill_at(&deadline, INT64_C(1) << 60), INT64_C(1) << 60);
}
END_TEST

/* Whatever is asked for: two heartbeats may be missed, and the kill leaves time to die. */
START_TEST(every_lease_leaves_room)
{
    for (int64_t lease_ms = LEASE_LEAST_MS; lease_ms < 200000; lease_ms += 37) {
        struct lease_deadline deadline;
        ck_assert(lease_deadline_init(&deadline, lease_ms, lease_ms / 4));
        ck_assert_int_gt(lease_deadline_term_at(&deadline, 0),
                         2 * lease_deadline_beat_ns(&deadline));
        ck_assert_int_eq(lease_deadline_kill_at(&deadline, 0) -
                             lease_deadline_term_at(&deadline, 0),
                         lease_ms / 4 * MS);
        ck_assert_int_ge(lease_deadline_end_at(&deadline, 0) - lease_deadline_kill_at(&deadline, 0),
                         200 * MS);
    }
}
END_TEST

START_TEST(the_daemon_may_grant_less)
{
    struct lease_deadline deadline, same;
    ck_assert(lease_deadline_init(&deadline, 60000, 10000));
    lease_deadline_shorten(&deadline, 8000);
    ck_assert_int_eq(lease_deadline_end_at(&deadline, 0), 8000 * MS);
    ck_assert_int_eq(lease_deadline_kill_at(&deadline, 0), 7800 * MS);
    ck_assert_int_eq(lease_deadline_term_at(&deadline, 0),
                     5800 * MS); /* the grace is cut to a quarter */
    same = deadline;
    lease_deadline_shorten(&deadline, 9000); /* more than it was: nothing changes */
    lease_deadline_shorten(&deadline, 0);    /* not known */
    ck_assert_mem_eq(&deadline, &same, sizeof deadline);
}
END_TEST

Suite *suite_lease_deadline(void);
Suite *suite_lease_deadline(void)
{
    Suite *suite = suite_create("lease_deadline");
    TCase *tests = tcase_create("lease_deadline");
    tcase_add_loop_test(tests, stages_come_in_time, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tests, each_stage_begins_to_the_nanosecond);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_test(tests, every_lease_leaves_room);
    tcase_add_test(tests, the_daemon_may_grant_less);
    suite_add_tcase(suite, tests);
    return suite;
}
