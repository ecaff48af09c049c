/* SPDX-License-Identifier: BSD-2-Clause */
/* The reentrant locks of the runs around a program, in its environment: MGRCTL_HELD. */
#ifndef CLI_HELD_H
#define CLI_HELD_H

#include "wire/base/buf.h"

/* The token of the innermost run around this process that owns the rlock; 0: there is none. Whether
 * it is alive, and one of the daemon at hand, only the daemon knows. */
uint64_t held_token(const char *name);
/* The variable for a program below: what it is here, and one more. */
void held_variable(const char *name, uint64_t token, struct buf *out);

#endif
