/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends of runs: their exit codes and their lines. */
#include <check.h>
#include <signal.h>
#include <sys/wait.h>

#include "cli/supervise/outcome.h"

static const struct {
    struct outcome outcome;
    int code, replaced; /* without and with -E 99 */
    const char *line;
} table[] = {
    {{.kind = OUTCOME_CHILD}, 0, 0, "child 0\n"},
    {{.kind = OUTCOME_CHILD, .number = 255}, 255, 255, "child 255\n"},
    {{.kind = OUTCOME_SIGNAL, .number = 9}, 137, 137, "signal 9\n"},
    {{.kind = OUTCOME_LOST}, 76, 99, "lost\n"},
    {{.kind = OUTCOME_LOST, .child_ended = true}, 76, 99, "lost child 0\n"},
    {{OUTCOME_LOST, 0, true, true, 15}, 76, 99, "lost signal 15\n"},
    {{.kind = OUTCOME_BUSY}, 1, 99, "busy\n"},
    {{.kind = OUTCOME_TIMEOUT}, 75, 99, "timeout\n"},
    {{.kind = OUTCOME_FAILED, .number = 69}, 69, 99, "failed 69\n"},
    {{.kind = OUTCOME_NOT_RUN, .number = 127}, 127, 99, "not-run 127\n"},
    {{.kind = OUTCOME_INTERRUPT, .number = 2}, 130, 99, "interrupted 2\n"},
};

START_TEST(each_end_has_a_code_and_a_line)
{
    struct buf line;
    struct outcome outcome = outcome_unpack(outcome_pack(&table[_i].outcome));
    ck_assert_int_eq(outcome_code(&outcome, -1), table[_i].code);
    ck_assert_int_eq(outcome_code(&outcome, 99), table[_i].replaced);
    buf_init(&line);
    outcome_line(&outcome, &line);
    ck_assert_uint_eq(line.len, strlen(table[_i].line));
    ck_assert_mem_eq(line.data, table[_i].line, line.len);
    buf_free(&line);
}
END_TEST

START_TEST(a_loss_stays_one_whatever_the_program_gave)
{
    struct outcome outcome = {.kind = OUTCOME_LOST};
    outcome_of_wait(&outcome, W_EXITCODE(7, 0));
    ck_assert_int_eq(outcome_code(&outcome, -1), 76);
    ck_assert(outcome.child_ended);
    ck_assert_uint_eq(outcome.child_number, 7);
    outcome = (struct outcome){.kind = OUTCOME_CHILD};
    outcome_of_wait(&outcome, W_EXITCODE(0, SIGTERM));
    ck_assert_int_eq(outcome_code(&outcome, -1), 128 + SIGTERM);
}
END_TEST

Suite *suite_outcome(void);
Suite *suite_outcome(void)
{
    Suite *suite = suite_create("outcome");
    TCase *tests = tcase_create("outcome");
    tcase_add_loop_test(tests, each_end_has_a_code_and_a_line, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tests, a_loss_stays_one_whatever_the_program_gave);
    suite_add_tcase(suite, tests);
    return suite;
}
