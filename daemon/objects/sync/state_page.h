/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that have a state and no content: what `show` prints of them. */
#ifndef OBJECTS_STATE_PAGE_H
#define OBJECTS_STATE_PAGE_H

#include "daemon/engine/core.h"

/* object_ops.scan for such a type: a page of one dict, with the rows of its info. */
int state_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit);

/* For create: refuses an initial value: -1, fail() was called. */
int state_no_init(struct ctx *ctx, const Wire__ObjectCreate *in)
    __attribute__((warn_unused_result));

#endif
