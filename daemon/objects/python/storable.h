/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be kept: only what every reply that reads it later can carry. */
#ifndef OBJECTS_STORABLE_H
#define OBJECTS_STORABLE_H

#include <stddef.h>

struct ctx;

enum {
    STORABLE_ROOM = 1 << 10,    /* bytes of a frame that are left for all that is around it */
    STORABLE_ALWAYS = 64 << 10, /* below it no frame limit is in the way: the least is 1 MiB */
};

/* The slow half of storable_check. */
int storable_measure(struct ctx *ctx, size_t len) __attribute__((warn_unused_result));

/* Whether a value of len bytes, or an entry whose key and value have so many together, may be
 * stored. -1: fail() was called. */
static inline int storable_check(struct ctx *ctx, size_t len)
{
    return len <= STORABLE_ALWAYS ? 0 : storable_measure(ctx, len);
}

#endif
