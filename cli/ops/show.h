/* SPDX-License-Identifier: BSD-2-Clause */
/* Printing whole objects. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/ops/content.h"

/* Prints the content of an object as the options ask for. The exit code: reported. */
int show_object(struct cli *cli, const char *name, const struct content *content, bool deep)
    __attribute__((warn_unused_result));

#endif
