/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads arguments into tables. */
#include "daemon/objects/keyed/table_args.h"

#include "daemon/objects/keyed/keyed.h"
#include "daemon/objects/python/pairs.h"

static int put_items(struct ctx *ctx, struct bulk *bulk, struct iterable *it)
{
    struct bytes item;
    while (iterable_next(it, &item))
        if (keyed_bulk_put(ctx, bulk, item, bytes_of(NULL, 0)) != 0)
            return -1;
    return 0;
}

static int put_pairs(struct ctx *ctx, struct bulk *bulk, struct pairs *pairs)
{
    struct bytes key, value;
    int more;
    while ((more = pairs_next(ctx, pairs, &key, &value)) > 0)
        if (keyed_bulk_put(ctx, bulk, key, value) != 0)
            return -1;
    return more;
}

int bulk_items(struct ctx *ctx, struct bulk *bulk, struct bytes items)
{
    struct iterable it;
    int status = iterable_open(ctx, items, &it);
    if (status == 0) {
        status = bulk_check(ctx, it.count, STEPS_ENTER);
        if (status == 0)
            status = put_items(ctx, bulk, &it);
        iterable_close(&it);
    }
    if (status != 0)
        bulk_undo(bulk);
    return status;
}

int bulk_pairs(struct ctx *ctx, struct bulk *bulk, struct bytes items)
{
    struct pairs pairs;
    int status = pairs_open(ctx, items, &pairs);
    if (status == 0) {
        status = bulk_check(ctx, pairs.count, STEPS_ENTER);
        if (status == 0)
            status = put_pairs(ctx, bulk, &pairs);
        pairs_close(&pairs);
    }
    if (status != 0)
        bulk_undo(bulk);
    return status;
}

/* ---- temporary tables ---- */

static int collect(struct ctx *ctx, struct bytes items, struct table *table, bulk_fill_fn *fill)
{
    struct bulk bulk;
    bulk_init(&bulk, table);
    if (fill(ctx, &bulk, items) != 0) {
        table_free(table);
        return -1;
    }
    bulk_finish(&bulk);
    return 0;
}

int collect_items(struct ctx *ctx, struct bytes items, struct table *table)
{
    table_init(table, ctx_mem(ctx), ctx_hash_key(ctx), false);
    return collect(ctx, items, table, bulk_items);
}

int collect_pairs(struct ctx *ctx, struct bytes items, struct table *table)
{
    table_init(table, ctx_mem(ctx), ctx_hash_key(ctx), true);
    return collect(ctx, items, table, bulk_pairs);
}

/* ---- objects ---- */

static int fill_object(struct ctx *ctx, struct object *object, struct bytes items,
                       bulk_fill_fn *fill, size_t *puts)
{
    struct bulk bulk;
    if (keyed_reserve_refs(ctx, object, items) != 0)
        return -1;
    bulk_init(&bulk, &((struct keyed *)object)->table);
    if (fill(ctx, &bulk, items) != 0)
        return -1;
    *puts = bulk.puts;
    keyed_bulk_finish(ctx, object, &bulk);
    return 0;
}

int collect_init(struct ctx *ctx, struct object *object, struct bytes init, bulk_fill_fn *fill)
{
    size_t puts;
    if (init.len == 0 || fill_object(ctx, object, init, fill, &puts) == 0)
        return 0;
    table_free(&((struct keyed *)object)->table);
    return -1;
}

int collect_update(struct ctx *ctx, struct bytes items, bulk_fill_fn *fill)
{
    size_t puts;
    if (fill_object(ctx, ctx->object, items, fill, &puts) != 0)
        return -1;
    if (puts > 0)
        changed(ctx, ctx->object);
    return 0;
}
