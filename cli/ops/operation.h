/* SPDX-License-Identifier: BSD-2-Clause */
/* Calling an operation of the op table with bound words. */
#ifndef CLI_OPERATION_H
#define CLI_OPERATION_H

#include "cli/base/cli.h"
#include "cli/syntax/arguments.h"
#include "cli/syntax/help.h"

/* Calls it, waiting as --timeout says; with --create makes the object that is missing
 * (created_settle when all is reported). */
enum mgr_status operation_call(struct cli *cli, const struct binding *binding,
                               const struct arguments *arguments, struct mgr_value **result)
    __attribute__((warn_unused_result));

/* With --revision: prints the revision at which an answer was given. */
void operation_print_revision(struct cli *cli, uint64_t revision);
/* Prints a result as the operation's row says. The exit code, reported. */
int operation_print(struct cli *cli, const struct binding *binding, struct mgr_view result)
    __attribute__((warn_unused_result));

#endif
