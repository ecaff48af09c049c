/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of words, run as a command. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stddef.h>

struct cli;

/* Finds the command, binds its words, runs it; its exit code. Errors have been reported. */
int run_words(struct cli *cli, char **words, size_t count);

#endif
