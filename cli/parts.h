/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon refuses as too much work in one request (limits.work), done in parts. */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include "cli/arguments.h"
#include "cli/cli.h"
#include "wire/ops.h"

/* Whole reads by a scan, as if in one moment: done again when the object changed meanwhile. A
 * list's items looked for here. A list sorted here, and written back in one step unless it changed.
 * True: *status is what came of it. False: the operation cannot be done so, or others were faster
 * each time; *result is as it was. */
bool parts_call(struct cli *cli, const struct op_row *row, const struct arguments *arguments,
                struct mgr_value **result, enum mgr_status *status)
    __attribute__((warn_unused_result));

#endif
