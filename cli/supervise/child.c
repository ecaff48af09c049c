/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that waits to be told how to begin, so that it stands in the right session and group
 * before there is anything to protect. */
#include "cli/supervise/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/signals.h"

/* ---- looking it up ---- */

static int try_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return PROGRAM_NOT_FOUND;
    if (S_ISDIR(info.st_mode))
        errno = EISDIR;
    else if (access(path, X_OK) == 0)
        return 0;
    return PROGRAM_NOT_RUN;
}

static int try_folder(const char *folder, size_t len, const char *name)
{
    char path[PATH_MAX];
    int used = snprintf(path, sizeof path, "%.*s%s%s", (int)len, folder, len == 0 ? "" : "/", name);
    if (used < 0 || (size_t)used >= sizeof path)
        return PROGRAM_NOT_FOUND;
    return try_path(path);
}

int child_find(const char *name)
{
    const char *path = getenv("PATH");
    int code = PROGRAM_NOT_FOUND;
    if (strchr(name, '/') != NULL)
        return try_path(name);
    if (path == NULL)
        path = "/bin:/usr/bin";
    while (*name != '\0') {
        size_t len = strcspn(path, ":");
        int found = try_folder(path, len, name);
        if (found == 0)
            return 0;
        if (found == PROGRAM_NOT_RUN)
            code = found;
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
    errno = code == PROGRAM_NOT_RUN ? EACCES : ENOENT;
    return code;
}

/* ---- beginning ---- */

void child_variable(struct buf *out, const char *name, const char *value)
{
    buf_put_text(out, name);
    if (value != NULL) {
        buf_put_u8(out, '=');
        buf_put_text(out, value);
    }
    buf_put_u8(out, '\0'); /* putenv takes a name alone out */
}

/* The variables; empty: it shall not begin. */
static size_t wait_for_go(int go, char *variables, size_t size)
{
    ssize_t n;
    do
        n = read(go, variables, size);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

static void become(const struct child_plan *plan, int go)
{
    static char variables[PIPE_BUF]; /* of this process alone: what putenv takes must stay */
    size_t len = wait_for_go(go, variables, sizeof variables);
    if (len == 0)
        _exit(PROGRAM_NOT_RUN);
    for (size_t at = 0; at < len; at += strlen(variables + at) + 1)
        if (putenv(variables + at) != 0)
            _exit(PROGRAM_NOT_RUN);
    if (plan->in >= 0 && dup2(plan->in, STDIN_FILENO) < 0)
        _exit(PROGRAM_NOT_RUN);
    signals_restore();
    sigprocmask(SIG_SETMASK, plan->mask, NULL);
    execvp(plan->argv[0], plan->argv);
    int error = errno;
    dprintf(STDERR_FILENO, "mgrctl: %s: %s\n", plan->argv[0], strerror(error));
    _exit(error == ENOENT  ? PROGRAM_NOT_FOUND
          : error == E2BIG ? PROGRAM_TOO_LONG
                           : PROGRAM_NOT_RUN);
}

bool child_prepare(struct child *program, const struct child_plan *plan)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    program->pid = fork();
    if (program->pid == 0) {
        close(ends[1]);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
        become(plan, ends[0]);
    }
    int error = errno;
    close(ends[0]);
    program->go = ends[1];
    if (program->pid > 0) {
        setpgid(program->pid, program->pid); /* whoever is first: the group is there from now on */
        return true;
    }
    close(ends[1]);
    errno = error;
    return false;
}

bool child_go(struct child *program, struct bytes variables)
{
    ssize_t n = write(program->go, variables.data, variables.len);
    close(program->go);
    program->go = -1;
    return n == (ssize_t)variables.len;
}

void child_cancel(struct child *program)
{
    if (program->go >= 0)
        close(program->go);
    program->go = -1;
}
