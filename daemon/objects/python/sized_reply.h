/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole container as a reply: first its size is summed up, then it is written once.
 *
 *     whole_init(&whole, ctx);
 *     while (next(...) && whole_item(&whole, len)) ;
 *     out = whole_begin(&whole, VAL_LIST, "range");      NULL: return -1
 *     while (next(...)) val_put_item(out, encoding);
 *     return reply_scratch(ctx); */
#ifndef OBJECTS_SIZED_REPLY_H
#define OBJECTS_SIZED_REPLY_H

#include "wire/value/value.h"

struct ctx;

struct whole {
    struct ctx *ctx;
    size_t body;  /* size of the item or pair runs so far */
    size_t limit; /* larger replies do not fit into a frame */
};

void whole_init(struct whole *whole, struct ctx *ctx);

/* Adds the size of a run (val_item_size, val_pair_size). False: too large, stop adding. */
static inline bool whole_add(struct whole *whole, size_t run)
{
    whole->body += run;
    return whole->body <= whole->limit;
}

static inline bool whole_item(struct whole *whole, size_t encoding_len)
{
    return whole_add(whole, val_item_size(encoding_len));
}

/* Puts the head into ctx_scratch, with room for the rest. NULL: fail() was called: no memory, or
 * TOO_LARGE with a text that recommends `instead` ("scan", "range"). */
struct buf *whole_begin(struct whole *whole, enum val_kind kind, const char *instead)
    __attribute__((warn_unused_result));

#endif
