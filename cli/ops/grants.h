/* SPDX-License-Identifier: BSD-2-Clause */
/* What is acquired or handed over: whether a command that ends at once may, and how it is told. */
#ifndef CLI_GRANTS_H
#define CLI_GRANTS_H

#include "cli/base/cli.h"
#include "cli/syntax/grammar.h"

/* A grant ends with its session, and that of a single command ends with the command: without a
 * lease it would acquire for nobody. 0: go on; else the exit code, reported. */
int grants_check(struct cli *cli, const struct binding *binding)
    __attribute__((warn_unused_result));
/* Whether a result of this operation is a grant. */
bool grants_is_one(const struct op_row *row, struct mgr_view result);
/* The value that it hands over; empty: none. */
struct bytes grants_value(struct mgr_view grant);
/* Tells people that this owner left behind what they have now. */
void grants_note_death(struct cli *cli, int64_t token);
/* Tells people what a grant says beside its value: redelivered, abandoned. */
void grants_note(struct cli *cli, struct mgr_view grant);
/* Prints the token, the value, or for --reserve both. The exit code, reported. */
int grants_print(struct cli *cli, const struct binding *binding, struct mgr_view grant)
    __attribute__((warn_unused_result));
/* What was acquired shall live for the lease. The exit code, reported. */
int grants_keep(struct cli *cli, const struct binding *binding, struct mgr_view grant)
    __attribute__((warn_unused_result));
/* After an operation that acquires or takes out, and its output: sees to it that what did not reach
 * its reader goes back. The exit code. */
int grants_settle(struct cli *cli, const struct binding *binding, struct mgr_view result, int code)
    __attribute__((warn_unused_result));

#endif
