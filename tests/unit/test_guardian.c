/* SPDX-License-Identifier: BSD-2-Clause */
/* No program begins once its lease may be over. */
#include <check.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/supervise/message.h"
#include "cli/supervise/supervisor.h"

#define NS_PER_MS INT64_C(1000000)

enum { LEASE_MS = 10000, PROGRAM_CODE = 7 };

static int ends[2];
static int killed, losses;

static void note_kill(struct guardian *guardian, int number)
{
    (void)guardian;
    killed = number;
}

static void note_loss(struct guardian *guardian)
{
    (void)guardian;
    losses++;
}

static const struct guardian_job job = {.kill = note_kill, .lost = note_loss};

/* One whose last answered heartbeat was sent so long ago; < 0: none was. */
static struct guardian silent_for(int64_t ms)
{
    struct guardian guardian = {.job = &job, .front = ends[1]};
    killed = losses = 0;
    ck_assert(note_ends(ends));
    guardian.front = ends[1];
    ck_assert(fence_init(&guardian.fence, LEASE_MS, -1));
    guardian.since_ns = ms < 0 ? 0 : keeper_now() - ms * NS_PER_MS;
    return guardian;
}

/* What a program that it lets go ends with. */
static int ends_with(struct guardian *guardian, bool *went)
{
    static char *const argv[] = {"sh", "-c", "exit 7", NULL};
    struct program program;
    struct buf variables;
    sigset_t mask;
    int status = 0;
    sigemptyset(&mask);
    const struct program_plan plan = {argv, -1, &mask};
    ck_assert(program_prepare(&program, &plan));
    buf_init(&variables);
    program_variable(&variables, "A", "1");
    *went = guardian_go(guardian, &program, &variables);
    buf_free(&variables);
    ck_assert_int_eq(waitpid(program.pid, &status, 0), program.pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void close_ends(void)
{
    close(ends[0]);
    close(ends[1]);
}

START_TEST(a_program_begins_under_a_sure_lease)
{
    struct guardian guardian = silent_for(0);
    bool went;
    ck_assert_int_eq(ends_with(&guardian, &went), PROGRAM_CODE);
    ck_assert(went);
    ck_assert_int_eq(guardian.loss, LOSS_NONE);
    close_ends();
}
END_TEST

static const struct {
    int64_t silent_ms;
    int killed;
} late[] = {
    {LEASE_MS - 2100, SIGCONT}, /* to be asked to end by now: SIGTERM, and SIGCONT */
    {LEASE_MS - 100, SIGKILL},  /* to be dead by now */
    {100 * LEASE_MS, SIGKILL},  /* somebody else's since long */
};

/* This process stood still between the heartbeat's answer and here. */
START_TEST(none_begins_under_a_lease_that_may_be_over)
{
    struct guardian guardian = silent_for(late[_i].silent_ms);
    struct note note;
    bool went;
    ck_assert_int_eq(ends_with(&guardian, &went), PROGRAM_NOT_RUN);
    ck_assert(!went);
    ck_assert_int_eq(guardian.loss, LOSS_SILENCE);
    ck_assert_int_eq(losses, 1);
    ck_assert_int_eq(killed, late[_i].killed);
    ck_assert_int_eq(note_take(ends[0], &note), NOTE_TAKEN);
    ck_assert_int_eq(note.kind, NOTE_LOST);
    ck_assert_int_eq(note.number, LOSS_SILENCE);
    close_ends();
}
END_TEST

START_TEST(none_begins_before_a_heartbeat_or_after_a_loss)
{
    struct guardian guardian = silent_for(-1);
    bool went;
    ck_assert_int_eq(ends_with(&guardian, &went), PROGRAM_NOT_RUN);
    ck_assert(!went);
    close_ends();
    guardian = silent_for(0);
    guardian.loss = LOSS_SESSION;
    ck_assert_int_eq(ends_with(&guardian, &went), PROGRAM_NOT_RUN);
    ck_assert(!went);
    ck_assert_int_eq(losses, 0); /* once is enough */
    close_ends();
}
END_TEST

Suite *suite_guardian(void);
Suite *suite_guardian(void)
{
    Suite *suite = suite_create("guardian");
    TCase *tests = tcase_create("guardian");
    tcase_add_test(tests, a_program_begins_under_a_sure_lease);
    tcase_add_loop_test(tests, none_begins_under_a_lease_that_may_be_over, 0,
                        sizeof late / sizeof late[0]);
    tcase_add_test(tests, none_begins_before_a_heartbeat_or_after_a_loss);
    suite_add_tcase(suite, tests);
    return suite;
}
