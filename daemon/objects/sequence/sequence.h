/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies with parts of a list or an array. */
#ifndef OBJECTS_SEQUENCE_H
#define OBJECTS_SEQUENCE_H

#include "daemon/objects/python/sized_reply.h"
#include "daemon/objects/python/slice.h"

struct sequence {
    const void *of;
    uint64_t count;
    /* The encoding of an item; valid until the next call. */
    struct bytes (*item)(struct sequence *sequence, uint64_t at);
    struct buf one; /* for types that encode items on the fly: room for any item */
};

/* All items, in order. */
struct slice sequence_all(const struct sequence *sequence);
/* Adds up the sizes of a slice's items; stops when they are too large. */
void sequence_sum(struct sequence *sequence, const struct slice *slice, struct whole *whole);
/* Appends the items of a slice to an open list. */
void sequence_put(struct sequence *sequence, const struct slice *slice, struct buf *out);

/* Replies with the slice as a list. -1: fail() was called. */
int sequence_reply(struct ctx *ctx, struct sequence *sequence, const struct slice *slice);
/* Replies with a Page of at most limit items from position `start` on; its cursor is the
 * position of the next item. */
int sequence_page(struct ctx *ctx, struct sequence *sequence, uint64_t start, uint64_t limit);
/* sequence_page from a cursor. */
int sequence_scan(struct ctx *ctx, struct sequence *sequence, struct bytes cursor, uint64_t limit);

#endif
