/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs: whether they can be run, how they begin, how they are taken back. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/supervise/child.h"

static const struct {
    const char *path, *name;
    int code, error;
} table[] = {
    {"/usr/bin:/bin", "sh", 0, 0},
    {"/nowhere:/bin", "sh", 0, 0},
    {"/nowhere", "sh", PROGRAM_NOT_FOUND, ENOENT},
    {"", "no-such-program", PROGRAM_NOT_FOUND, ENOENT},
    {"/bin", "", PROGRAM_NOT_FOUND, ENOENT},
    {"/nowhere", "/bin/sh", 0, 0},
    {"/bin", "/no/such", PROGRAM_NOT_FOUND, ENOENT},
    {"/bin", "/", PROGRAM_NOT_RUN, EISDIR},
    {"/bin", "/etc/passwd", PROGRAM_NOT_RUN, EACCES},
    {"/etc:/nowhere", "passwd", PROGRAM_NOT_RUN, EACCES},
    {"/etc:/usr/bin:/bin", "passwd-no", PROGRAM_NOT_FOUND, ENOENT},
};

START_TEST(lookup_is_as_in_a_shell)
{
    setenv("PATH", table[_i].path, 1);
    ck_assert_int_eq(child_find(table[_i].name), table[_i].code);
    if (table[_i].code != 0)
        ck_assert_int_eq(errno, table[_i].error);
}
END_TEST

static int wait_for(const struct child *program)
{
    int status = 0;
    ck_assert_int_eq(waitpid(program->pid, &status, 0), program->pid);
    return status;
}

static struct child prepare(char *const *argv)
{
    struct child program;
    static sigset_t mask;
    sigemptyset(&mask);
    const struct child_plan plan = {argv, -1, &mask};
    ck_assert(child_prepare(&program, &plan));
    ck_assert_int_eq(getpgid(program.pid), program.pid); /* a group of its own from the start */
    return program;
}

START_TEST(it_begins_with_variables)
{
    char *const argv[] = {"sh", "-c", "[ \"$A\" = 'x y' ] && [ -z \"${B+set}\" ] && exit 7", NULL};
    struct buf variables;
    setenv("B", "inherited", 1);
    buf_init(&variables);
    child_variable(&variables, "A", "x y");
    child_variable(&variables, "B", NULL);
    struct child program = prepare(argv);
    ck_assert(child_go(&program, buf_bytes(&variables)));
    ck_assert_int_eq(wait_for(&program), W_EXITCODE(7, 0));
    buf_free(&variables);
}
END_TEST

START_TEST(it_can_be_taken_back)
{
    char *const argv[] = {"sh", "-c", "exit 7", NULL};
    struct child program = prepare(argv);
    child_cancel(&program);
    ck_assert_int_eq(wait_for(&program), W_EXITCODE(PROGRAM_NOT_RUN, 0)); /* no success */
    child_cancel(&program);                                               /* once more: nothing */
}
END_TEST

START_TEST(what_cannot_be_run_says_so)
{
    char *const argv[] = {_i == 0 ? "/no/such" : "/etc/passwd", NULL};
    struct buf variables;
    buf_init(&variables);
    child_variable(&variables, "A", "");
    struct child program = prepare(argv);
    ck_assert(child_go(&program, buf_bytes(&variables)));
    ck_assert_int_eq(wait_for(&program),
                     W_EXITCODE(_i == 0 ? PROGRAM_NOT_FOUND : PROGRAM_NOT_RUN, 0));
    buf_free(&variables);
}
END_TEST

Suite *suite_child(void);
Suite *suite_child(void)
{
    Suite *suite = suite_create("child");
    TCase *tests = tcase_create("program");
    tcase_add_loop_test(tests, lookup_is_as_in_a_shell, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tests, it_begins_with_variables);
    tcase_add_test(tests, it_can_be_taken_back);
    tcase_add_loop_test(tests, what_cannot_be_run_says_so, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
