/* SPDX-License-Identifier: BSD-2-Clause */
/* No program begins once its lease may be over. */
#include <check.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/supervise/message.h"
#include "cli/supervise/nanoseconds.h"
#include "cli/supervise/supervisor.h"

enum { LEASE_MS = 10000, PROGRAM_CODE = 7 };

static int ends[2];
static int killed, losses;

static void message_kill(struct supervisor *supervisor, int number)
{
    (void)supervisor;
    killed = number;
}

static void message_loss(struct supervisor *supervisor)
{
    (void)supervisor;
    losses++;
}

static const struct supervisor_job job = {.kill = message_kill, .lost = message_loss};

/* One whose last answered heartbeat was sent so long ago; < 0: none was. */
static struct supervisor silent_for(int64_t ms)
{
    struct supervisor supervisor = {.job = &job, .parent = ends[1]};
    killed = losses = 0;
    ck_assert(message_ends(ends));
    supervisor.parent = ends[1];
    ck_assert(lease_deadline_init(&supervisor.deadline, LEASE_MS, -1));
    supervisor.since_ns = ms < 0 ? 0 : session_thread_now() - ms * NS_PER_MS;
    return supervisor;
}

/* What a program that it lets go ends with. */
static int ends_with(struct supervisor *supervisor, bool *went)
{
    static char *const argv[] = {"sh", "-c", "exit 7", NULL};
    struct child program;
    struct buf variables;
    sigset_t mask;
    int status = 0;
    sigemptyset(&mask);
    const struct child_plan plan = {argv, -1, &mask};
    ck_assert(child_prepare(&program, &plan));
    buf_init(&variables);
    child_variable(&variables, "A", "1");
    *went = supervisor_go(supervisor, &program, &variables);
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
    struct supervisor supervisor = silent_for(0);
    bool went;
    ck_assert_int_eq(ends_with(&supervisor, &went), PROGRAM_CODE);
    ck_assert(went);
    ck_assert_int_eq(supervisor.loss, LOSS_NONE);
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
    struct supervisor supervisor = silent_for(late[_i].silent_ms);
    struct message note;
    bool went;
    ck_assert_int_eq(ends_with(&supervisor, &went), PROGRAM_NOT_RUN);
    ck_assert(!went);
    ck_assert_int_eq(supervisor.loss, LOSS_SILENCE);
    ck_assert_int_eq(losses, 1);
    ck_assert_int_eq(killed, late[_i].killed);
    ck_assert_int_eq(message_take(ends[0], &note), MESSAGE_TAKEN);
    ck_assert_int_eq(note.kind, MESSAGE_LOST);
    ck_assert_int_eq(note.number, LOSS_SILENCE);
    close_ends();
}
END_TEST

START_TEST(none_begins_before_a_heartbeat_or_after_a_loss)
{
    struct supervisor supervisor = silent_for(-1);
    bool went;
    ck_assert_int_eq(ends_with(&supervisor, &went), PROGRAM_NOT_RUN);
    ck_assert(!went);
    close_ends();
    supervisor = silent_for(0);
    supervisor.loss = LOSS_SESSION;
    ck_assert_int_eq(ends_with(&supervisor, &went), PROGRAM_NOT_RUN);
    ck_assert(!went);
    ck_assert_int_eq(losses, 0); /* once is enough */
    close_ends();
}
END_TEST

Suite *suite_supervisor(void);
Suite *suite_supervisor(void)
{
    Suite *suite = suite_create("supervisor");
    TCase *tests = tcase_create("supervisor");
    tcase_add_test(tests, a_program_begins_under_a_sure_lease);
    tcase_add_loop_test(tests, none_begins_under_a_lease_that_may_be_over, 0,
                        sizeof late / sizeof late[0]);
    tcase_add_test(tests, none_begins_before_a_heartbeat_or_after_a_loss);
    suite_add_tcase(suite, tests);
    return suite;
}
