/* SPDX-License-Identifier: BSD-2-Clause */
/* list: what object_scan of one is. */
#ifndef OBJECTS_LIST_READ_H
#define OBJECTS_LIST_READ_H

#include "daemon/engine/core.h"

/* A Page of the list of ctx->object. */
int list_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit);

#endif
