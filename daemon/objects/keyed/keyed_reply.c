/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole tables as replies. */
#include "daemon/objects/keyed/keyed_reply.h"

#include "daemon/objects/python/iterable.h"

static void put_part(struct buf *out, const struct table_row *row, enum part part)
{
    switch (part) {
    case PART_KEYS:
        val_put_item(out, row->key);
        break;
    case PART_VALUES:
        val_put_item(out, row->value);
        break;
    case PART_ITEMS:
        val_put_item_pair(out, row->key, row->value);
        break;
    default:
        val_put_pair(out, row->key, row->value);
    }
}

/* Walks the table once: reading a large table costs more than moving what was written by the
 * bytes of its length, and the frame limit stops a reply that is too large. */
int table_reply(struct ctx *ctx, const struct table *table, enum part part, enum val_kind kind)
{
    if (work_take_each(ctx, table_places(table), STEPS_VISIT) != 0)
        return -1;
    struct buf *out = ctx_scratch(ctx);
    struct table_row row;
    size_t mark = val_open(out, kind);
    for (struct table_walk walk = table_walk(table); table_next(&walk, &row) && !out->failed;)
        put_part(out, &row, part);
    val_close(out, mark);
    return reply_scratch(ctx);
}
