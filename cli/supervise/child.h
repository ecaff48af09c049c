/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that mgrctl runs: whether they can be, and how they begin. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire/base/buf.h"

enum {
    PROGRAM_TOO_LONG = 125, /* its arguments are too long for the system */
    PROGRAM_NOT_RUN = 126,
    PROGRAM_NOT_FOUND = 127,
};

/* 0: a program of that name can be run; else its exit code as in sh, errno tells why. */
int child_find(const char *name);

/* A program in a process group of its own that has not begun yet. */
struct child {
    pid_t pid; /* its group too */
    int go;
};
struct child_plan {
    char *const *argv;
    int in;               /* standard input; -1: that of this process */
    const sigset_t *mask; /* blocked signals it begins with */
};
/* Forks. The process waits for child_go, and is killed when this thread ends. False: errno. */
bool child_prepare(struct child *program, const struct child_plan *plan)
    __attribute__((warn_unused_result));
/* Lets it begin with these variables added, as child_variable puts them; at most PIPE_BUF bytes.
 * False: it is gone. */
bool child_go(struct child *program, struct bytes variables);
/* It shall end without having begun. */
void child_cancel(struct child *program);

/* Appends NAME=VALUE and NUL; value NULL: it shall not be set. */
void child_variable(struct buf *out, const char *name, const char *value);

#endif
