/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon refuses as too much work in one request (limits.work), done in parts. */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include "cli/base/cli.h"
#include "cli/syntax/arguments.h"
#include "wire/proto/ops.h"

/* Whole reads by a scan, as if in one moment: done again when the object changed meanwhile. A
 * list's items looked for here, or one taken out; a list sorted here, and written back in one step:
 * unless it changed, then once more from the beginning. What else such a step is answered is the
 * answer. True: *status is what came of it (MGR_CONFLICT: others were faster each time). False: the
 * operation cannot be done so, or --unchanged-since forbids it; nothing was done, and *result is as
 * it was: the daemon says why when it is asked for the whole. */
bool parts_call(struct cli *cli, const struct op_row *row, const struct arguments *arguments,
                struct mgr_value **result, enum mgr_status *status)
    __attribute__((warn_unused_result));

#endif
