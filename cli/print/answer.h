/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints answers as the options ask for. */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include "cli/base/cli.h"

struct style answer_style(struct cli *cli);
/* Prints a value, or the part of it that --pick names. The exit code: 0 unless it was reported. */
int answer_print(struct cli *cli, struct bytes value) __attribute__((warn_unused_result));
/* The same of what is told about things: in text as lines and tables. */
int answer_print_rows(struct cli *cli, struct bytes value) __attribute__((warn_unused_result));

#endif
