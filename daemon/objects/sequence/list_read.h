/* SPDX-License-Identifier: BSD-2-Clause */
/* list: its object_scan. */
#ifndef OBJECTS_LIST_READ_H
#define OBJECTS_LIST_READ_H

#include "daemon/engine/core.h"

/* Replies with a Page of the list ctx->object. */
int list_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit);

#endif
