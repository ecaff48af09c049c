/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies that consist of a whole container. */
#include "daemon/objects/python/sized_reply.h"

#include "daemon/engine/core.h"

enum { AROUND = 80 }; /* bytes in a frame around a value, and the value's head */

void whole_init(struct whole *whole, struct ctx *ctx)
{
    size_t limit = ctx_limits(ctx)->frame_bytes;
    *whole = (struct whole){.ctx = ctx, .limit = limit > AROUND ? limit - AROUND : 0};
}

struct buf *whole_begin(struct whole *whole, enum val_kind kind, const char *instead)
{
    if (whole->body > whole->limit) {
        (void)fail(whole->ctx, ERR_TOO_LARGE,
                   "the whole does not fit in a frame of %zu bytes: read it in parts (%s)",
                   whole->limit + AROUND, instead);
        return NULL;
    }
    struct buf *out = ctx_scratch(whole->ctx);
    if (buf_reserve(out, val_head_size(whole->body) + whole->body) == NULL) {
        (void)fail_nomem(whole->ctx);
        return NULL;
    }
    val_put_head(out, kind, whole->body);
    return out;
}
