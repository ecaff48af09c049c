/* SPDX-License-Identifier: BSD-2-Clause */
/* What to try after an operation failed. */
#ifndef CLI_HINTS_H
#define CLI_HINTS_H

#include "cli/syntax/arguments.h"

/* Looks at the failure, asks the daemon where that helps, and says what to type. */
void hints_give(struct cli *cli, const struct binding *binding, const struct arguments *arguments,
                enum mgr_status status);
/* Lists the types, after an operation refused a word that is none. word may be NULL. */
void hints_type(struct cli *cli, enum mgr_status status, const char *word);

#endif
