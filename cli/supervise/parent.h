/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that the user started: passes signals on, lends the terminal, gives the exit code,
 * and ends the programs when the supervisor is gone or silent. */
#ifndef CLI_PARENT_H
#define CLI_PARENT_H

#include <signal.h>

#include "cli/base/cli.h"
#include "cli/supervise/lease_deadline.h"
#include "cli/supervise/outcome.h"

/* What becomes of the forked process: it guards, tells the parent by the socket, and returns. mask:
 * the blocked signals that programs begin with. */
typedef void supervisor_fn(struct cli *cli, int parent, const sigset_t *mask, void *arg);

struct parent_plan {
    supervisor_fn *guard;
    void *arg;
    struct lease_deadline deadline;
    bool terminal;                /* there is one program, and it may have the terminal */
    const char *operation, *name; /* what may have to be waited for, for people; NULL: nothing */
};

/* Forks the supervisor, and comes back when it is over. What went wrong has been said. */
struct outcome parent_run(struct cli *cli, const struct parent_plan *plan);
/* Writes the line for --status-fd (< 0: none), and gives the exit code; own: of -E, or < 0. */
int parent_finish(struct cli *cli, const struct outcome *outcome, int status_fd, int own);

#endif
