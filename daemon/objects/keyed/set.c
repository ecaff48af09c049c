/* SPDX-License-Identifier: BSD-2-Clause */
/* set: operations on one member and on the whole set, and the type's hooks. */
#include "daemon/objects/keyed/keyed.h"
#include "daemon/objects/keyed/keyed_reply.h"
#include "daemon/objects/keyed/table_args.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"

static const struct bytes NO_VALUE = {NULL, 0};

/* As Python does, looks up a set as if it were a frozenset. */
static int find(struct ctx *ctx, struct bytes value, struct table_spot *spot)
{
    if (val_read(value).kind != VAL_SET)
        return keyed_find(ctx, value, spot);
    return table_find(keyed_table(ctx), value, spot) ? 0 : fail_nomem(ctx);
}

int set_add(struct ctx *ctx, const Wire__SetAdd *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->value), &spot) != 0)
        return -1;
    return spot.found ? 0 : keyed_put(ctx, &spot, arg(in->value), NO_VALUE);
}

int set_discard(struct ctx *ctx, const Wire__SetDiscard *in)
{
    struct table_spot spot;
    if (find(ctx, arg(in->value), &spot) != 0)
        return -1;
    if (spot.found)
        keyed_remove(ctx, spot.place);
    return 0;
}

int set_remove(struct ctx *ctx, const Wire__SetRemove *in)
{
    struct table_spot spot;
    if (find(ctx, arg(in->value), &spot) != 0)
        return -1;
    if (!spot.found)
        return fail_key(ctx, arg(in->value));
    keyed_remove(ctx, spot.place);
    return 0;
}

/* Removes the oldest member, so that a replay of the journal removes the same one. */
int set_pop(struct ctx *ctx, const Wire__SetPop *in)
{
    (void)in;
    struct table_row row;
    if (!table_oldest(keyed_table(ctx), &row))
        return fail_key_text(ctx, "pop from an empty set");
    if (reply_value(ctx, row.key) != 0)
        return -1;
    keyed_remove(ctx, row.place);
    return 0;
}

int set_has(struct ctx *ctx, const Wire__SetHas *in)
{
    struct table_spot spot;
    if (find(ctx, arg(in->value), &spot) != 0)
        return -1;
    return reply_bool(ctx, spot.found);
}

int set_len(struct ctx *ctx, const Wire__SetLen *in)
{
    (void)in;
    return reply_uint(ctx, table_count(keyed_table(ctx)));
}

int set_clear(struct ctx *ctx, const Wire__SetClear *in)
{
    (void)in;
    keyed_clear(ctx);
    return 0;
}

int set_copy(struct ctx *ctx, const Wire__SetCopy *in)
{
    (void)in;
    return table_reply(ctx, keyed_table(ctx), PART_KEYS, VAL_SET);
}

int set_update(struct ctx *ctx, const Wire__SetUpdate *in)
{
    return collect_update(ctx, arg(in->items), bulk_items);
}

int set_scan(struct ctx *ctx, const Wire__SetScan *in)
{
    return keyed_scan(ctx, arg(in->cursor), in->has_limit ? in->limit : SCAN_ITEMS);
}

/* ---- the type ---- */

static int create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct table *table = &((struct keyed *)object)->table;
    table_init(table, ctx_mem(ctx), ctx_hash_key(ctx), false);
    return collect_init(ctx, object, arg(in->init), bulk_items);
}

const struct object_ops set_ops = {
    .type = TYPE_SET,
    .size = sizeof(struct keyed),
    .create = create,
    .destroy = keyed_destroy,
    .length = keyed_length,
    .scan = keyed_scan,
    .save = keyed_save,
    .load = keyed_load,
    .prefetch = keyed_prefetch,
    .follow = keyed_follow,
};
