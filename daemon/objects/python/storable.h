/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be stored: only values that fit into every later reply that reads them. */
#ifndef OBJECTS_STORABLE_H
#define OBJECTS_STORABLE_H

#include <stddef.h>

struct ctx;

enum {
    STORABLE_ROOM = 1 << 10,    /* bytes of a frame kept for everything around the value */
    STORABLE_ALWAYS = 64 << 10, /* always allowed: the frame limit is at least 1 MiB */
};

/* The slow part of storable_check. */
int storable_measure(struct ctx *ctx, size_t len) __attribute__((warn_unused_result));

/* Whether a value of len bytes, or an entry whose key and value together have len bytes, may be
 * stored. -1: fail() was called. */
static inline int storable_check(struct ctx *ctx, size_t len)
{
    return len <= STORABLE_ALWAYS ? 0 : storable_measure(ctx, len);
}

#endif
