/* SPDX-License-Identifier: BSD-2-Clause */
/* What --create made for a command: it goes again when the command fails. */
#ifndef CLI_CREATED_H
#define CLI_CREATED_H

#include "client/mgr.h"
#include "wire/proto/ops.h"

struct cli;

enum { CREATED_MAX = 2 }; /* a queue, and the one that its items go to */

struct created {
    struct {
        struct mgr_arg name; /* borrowed until created_settle */
        uint64_t revision;
    } made[CREATED_MAX];
    size_t count;
};

/* Makes the object of that name which an operation needs, unless it is there: with what the
 * operation begins with. */
enum mgr_status created_make(struct cli *cli, const struct op_row *row, struct mgr_arg name)
    __attribute__((warn_unused_result));
/* The command ended so, and was reported. After a failure what it made is deleted, if nobody did
 * anything with it meanwhile; a wait that ran out, or a try that was in vain, is none. */
void created_settle(struct cli *cli, enum mgr_status status);

#endif
