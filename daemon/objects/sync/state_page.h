/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that have a state and no content: what `show` gives of them. */
#ifndef OBJECTS_STATE_PAGE_H
#define OBJECTS_STATE_PAGE_H

#include "daemon/engine/core.h"

/* object_ops.scan for such a type: a page of one dict, of the rows that its info puts. */
int state_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit);

/* For create: -1 and fail() when an initial value was given. */
int state_no_init(struct ctx *ctx, const Wire__ObjectCreate *in)
    __attribute__((warn_unused_result));

#endif
