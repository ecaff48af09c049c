/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of bench/plan.c: what the words of a command line become. */
#include <check.h>

#include "bench/plan.h"

Suite *suite_bench_plan(void);

static enum plan_wish read_words(struct plan *plan, const char *words)
{
    static char copy[256]; /* the plan borrows its texts */
    char *argv[64] = {(char *)"mgr-bench"};
    int argc = 1;
    struct buf why;
    ck_assert_uint_lt(strlen(words), sizeof copy);
    strcpy(copy, words);
    for (char *word = strtok(copy, " "); word != NULL && argc < 63; word = strtok(NULL, " "))
        argv[argc++] = word;
    buf_init(&why);
    enum plan_wish wish = plan_read(plan, argc, argv, &why);
    ck_assert_int_eq(wish == PLAN_BAD, why.len > 0);
    buf_free(&why);
    return wish;
}

START_TEST(test_defaults)
{
    struct plan plan;
    ck_assert_int_eq(read_words(&plan, ""), PLAN_RUN);
    ck_assert_str_eq(plan.server, "127.0.0.1:7600");
    ck_assert_str_eq(plan.protocol->name, "mgr");
    ck_assert_str_eq(plan.workload->name, "get");
    ck_assert_str_eq(plan.prefix, "bench");
    ck_assert_uint_eq(plan.connections, 50);
    ck_assert_uint_eq(plan.pipeline, 1);
    ck_assert_uint_eq(plan.requests, 1000000);
    ck_assert_uint_eq(plan.keys, 1000000);
    ck_assert_uint_eq(plan.value_size, 32);
    ck_assert_uint_eq(plan.format, PLAN_TEXT);
    ck_assert_uint_eq(plan.duration_ms, 0);
}
END_TEST

START_TEST(test_all_at_once)
{
    struct plan plan;
    ck_assert_int_eq(read_words(&plan, "-s unix:/a --protocol resp -w lock -c 3 -P 4 -n 5 -k 6 "
                                       "--hot 2 -d 7 --seed 8 --name x/y --idle 9 --pid 10 -o json "
                                       "--rate 11 --seconds 1.5 -q --no-header"),
                     PLAN_RUN);
    ck_assert_str_eq(plan.server, "unix:/a");
    ck_assert_str_eq(plan.protocol->name, "resp");
    ck_assert_str_eq(plan.workload->name, "lock");
    ck_assert_str_eq(plan.prefix, "x/y");
    const uint64_t numbers[] = {plan.connections, plan.pipeline,   plan.requests,   plan.keys,
                                plan.hot,         plan.value_size, plan.seed,       plan.idle,
                                plan.pid,         plan.rate,       plan.duration_ms};
    const uint64_t wanted[] = {3, 4, 5, 6, 2, 7, 8, 9, 10, 11, 1500};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_uint_eq(numbers[i], wanted[i]);
    ck_assert(plan.quiet && plan.no_header);
    ck_assert_uint_eq(plan.format, PLAN_JSON);
}
END_TEST

START_TEST(test_what_follows)
{
    struct plan plan;
    ck_assert_int_eq(read_words(&plan, "--fill -k 7 -n 100 --csv"), PLAN_RUN);
    ck_assert_str_eq(plan.workload->name, "fill");
    ck_assert_uint_eq(plan.requests, 7);
    ck_assert_uint_eq(plan.format, PLAN_CSV);
    ck_assert_int_eq(read_words(&plan, "--rate 5"), PLAN_RUN);
    ck_assert_uint_eq(plan.pipeline, PROTOCOL_PIPELINE_MAX);
    ck_assert_int_eq(read_words(&plan, "--seconds 2"), PLAN_RUN);
    ck_assert_uint_eq(plan.requests, UINT64_MAX);
    ck_assert_int_eq(read_words(&plan, "-n 0 --idle 3 --hold 250ms"), PLAN_RUN);
    ck_assert_uint_eq(plan.connections, 0);
    ck_assert_uint_eq(plan.hold_ms, 250);
}
END_TEST

START_TEST(test_wishes)
{
    struct plan plan;
    ck_assert_int_eq(read_words(&plan, "-c 3 --help"), PLAN_HELP);
    ck_assert_int_eq(read_words(&plan, "-h"), PLAN_HELP);
    ck_assert_int_eq(read_words(&plan, "--version"), PLAN_VERSION);
    ck_assert_int_eq(read_words(&plan, "--tables"), PLAN_TABLES);
}
END_TEST

Suite *suite_bench_plan(void)
{
    Suite *suite = suite_create("bench_plan");
    TCase *tcase = tcase_create("plan");
    tcase_add_test(tcase, test_defaults);
    tcase_add_test(tcase, test_all_at_once);
    tcase_add_test(tcase, test_what_follows);
    tcase_add_test(tcase, test_wishes);
    suite_add_tcase(suite, tcase);
    return suite;
}
