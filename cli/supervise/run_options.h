/* SPDX-License-Identifier: BSD-2-Clause */
/* What `lock run` and `queue each` have in common on the command line. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "cli/supervise/lease_deadline.h"
#include "cli/supervise/outcome.h"
#include "cli/syntax/arguments.h"

struct run_options {
    int64_t lease_ms;
    struct lease_deadline deadline;
    int status_fd; /* -1: none */
    int own_code;  /* -E; -1: not given */
    char **argv;   /* with its NULL; owned */
};

/* 0, or the exit code: reported. Free it in any case. */
int run_options_take(struct cli *cli, const struct binding *binding,
                     const struct arguments *arguments, struct run_options *out);
void run_options_free(struct run_options *options);
/* True: the program cannot be run, which was said, and *outcome tells. */
bool run_check_program(struct cli *cli, const struct run_options *options, struct outcome *outcome);

#endif
