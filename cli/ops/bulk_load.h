/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading many items from standard input: list extend, set update, dict update,
 * queue put-many with `-`. */
#ifndef CLI_BULK_LOAD_H
#define CLI_BULK_LOAD_H

#include "cli/base/cli.h"
#include "cli/syntax/grammar.h"

/* Whether the words ask for it. */
bool load_wanted(const struct cli *cli, const struct binding *binding);
/* Reads, sends in batches, says how far it came when something fails. */
int load_run(struct cli *cli, const struct binding *binding) __attribute__((warn_unused_result));

#endif
