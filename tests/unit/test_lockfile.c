/* SPDX-License-Identifier: BSD-2-Clause */
/* A lock that a dead process seems to have for a moment, and one that a living one has. */
#include "daemon/journal/lockfile.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *suite_lockfile(void);

/* A locked file, and a child with a copy of its descriptor, which ends after so many milliseconds.
 */
static pid_t keep_locked(char path[], int ms)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(lockfile_take(fd, false), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)poll(NULL, 0, ms);
        _exit(0);
    }
    ck_assert_int_gt(child, 0);
    close(fd);
    return child;
}

static void end(pid_t child, int fd, const char *path)
{
    (void)kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    close(fd);
    unlink(path);
}

START_TEST(a_copy_that_goes_is_waited_for)
{
    char path[] = "/tmp/mgrd-lockfile-XXXXXX";
    pid_t child = keep_locked(path, 100);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(lockfile_take(fd, false), 0);
    end(child, fd, path);
}
END_TEST

START_TEST(one_that_stays_is_told_of)
{
    char path[] = "/tmp/mgrd-lockfile-XXXXXX";
    pid_t child = keep_locked(path, 60000);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(lockfile_take(fd, true), -EWOULDBLOCK);
    ck_assert_int_eq(lockfile_take(-1, true), -EBADF);
    end(child, fd, path);
}
END_TEST

Suite *suite_lockfile(void)
{
    Suite *suite = suite_create("lockfile");
    TCase *tcase = tcase_create("lockfile");
    tcase_add_test(tcase, a_copy_that_goes_is_waited_for);
    tcase_add_test(tcase, one_that_stays_is_told_of);
    suite_add_tcase(suite, tcase);
    return suite;
}
