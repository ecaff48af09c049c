/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells a person at a terminal what a long wait is for, and who is in the way. */
#ifndef CLI_WAIT_NOTICE_H
#define CLI_WAIT_NOTICE_H

#include <sys/types.h>

#include "cli/base/cli.h"

struct wait_notice {
    pid_t child; /* 0: none */
};

/* In a while, from a process and a connection of its own, which never hold up the wait. operation
 * is what waits; name, the object, NULL: say nothing. */
void wait_notice_begin(struct wait_notice *notice, struct cli *cli, const char *operation,
                       const struct mgr_arg *name);
/* Who has the object of a lock, and for how long, for the error that a wait ends with: ", held by
 * me@host:4711 for 2.5s"; nothing when nobody has it or it cannot be asked for soon. */
void wait_notice_put_holders(const struct cli *cli, const char *name, struct buf *out);
/* The wait is over. */
void wait_notice_end(struct wait_notice *notice);

#endif
