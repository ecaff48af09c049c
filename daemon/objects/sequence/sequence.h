/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of a list or an array as replies. */
#ifndef OBJECTS_SEQUENCE_H
#define OBJECTS_SEQUENCE_H

#include "daemon/objects/python/sized_reply.h"
#include "daemon/objects/python/slice.h"

struct sequence {
    const void *of;
    uint64_t count;
    /* The encoding of an item; valid until the next call. */
    struct bytes (*item)(struct sequence *sequence, uint64_t at);
    struct buf one; /* of types that encode as they go: with room for any item */
};

/* All items, in order. */
struct slice sequence_all(const struct sequence *sequence);
/* Sums up the items of a slice; stops when they are too large. */
void sequence_sum(struct sequence *sequence, const struct slice *slice, struct whole *whole);
/* Puts the items of a slice into an open list. */
void sequence_put(struct sequence *sequence, const struct slice *slice, struct buf *out);

/* The result is the slice as a list. -1: fail() was called. */
int sequence_reply(struct ctx *ctx, struct sequence *sequence, const struct slice *slice);
/* The result is a Page of at most limit items from position `start` on; its cursor is the position
 * of the next one. */
int sequence_page(struct ctx *ctx, struct sequence *sequence, uint64_t start, uint64_t limit);
/* The same from a cursor on. */
int sequence_scan(struct ctx *ctx, struct sequence *sequence, struct bytes cursor, uint64_t limit);

#endif
