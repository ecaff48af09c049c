/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies with the state of an object as a page. */
#include "daemon/objects/sync/state_page.h"

#include "wire.pb-c.h"

int state_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit)
{
    (void)limit; /* the page has one row, and limit is at least 1 */
    if (cursor.len > 0)
        return fail(ctx, ERR_VALUE, "the cursor is not one of this object");
    struct buf *out = ctx_scratch(ctx);
    size_t list = val_open(out, VAL_LIST);
    size_t item = val_open_item(out);
    size_t rows = val_open(out, VAL_DICT);
    ctx->object->ops->info(ctx->object, out);
    val_close(out, rows);
    val_close(out, item);
    val_close(out, list);
    return reply_page(ctx, bytes_of(NULL, 0));
}

int state_no_init(struct ctx *ctx, const Wire__ObjectCreate *in)
{
    if (in->init.len == 0)
        return 0;
    return fail(ctx, ERR_VALUE, "an object of type %.*s has no initial value", (int)in->type.len,
                (const char *)in->type.data);
}
