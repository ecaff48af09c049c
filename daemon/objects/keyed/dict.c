/* SPDX-License-Identifier: BSD-2-Clause */
/* dict: operations on one entry, and the type's hooks. */
#include "daemon/objects/keyed/keyed.h"
#include "daemon/objects/keyed/table_args.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"

/* ---- reading ---- */

int dict_get(struct ctx *ctx, const Wire__DictGet *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    if (spot.found)
        return reply_value(ctx, table_value(keyed_table(ctx), spot.place));
    if (in->fallback.len > 0)
        return reply_value(ctx, arg(in->fallback));
    return fail_key(ctx, arg(in->key));
}

int dict_has(struct ctx *ctx, const Wire__DictHas *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    return reply_bool(ctx, spot.found);
}

int dict_len(struct ctx *ctx, const Wire__DictLen *in)
{
    (void)in;
    return reply_uint(ctx, table_count(keyed_table(ctx)));
}

/* ---- storing ---- */

int dict_set(struct ctx *ctx, const Wire__DictSet *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    return keyed_put(ctx, &spot, arg(in->key), arg(in->value));
}

int dict_add(struct ctx *ctx, const Wire__DictAdd *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0 || reply_bool(ctx, !spot.found) != 0)
        return -1;
    return spot.found ? 0 : keyed_put(ctx, &spot, arg(in->key), arg(in->value));
}

int dict_setdefault(struct ctx *ctx, const Wire__DictSetdefault *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    if (spot.found)
        return reply_value(ctx, table_value(keyed_table(ctx), spot.place));
    struct bytes value = in->value.len > 0 ? arg(in->value) : VAL_NONE_BYTES;
    if (reply_value(ctx, value) != 0)
        return -1;
    return keyed_put(ctx, &spot, arg(in->key), value);
}

int dict_incr(struct ctx *ctx, const Wire__DictIncr *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    return keyed_incr(ctx, &spot, arg(in->key), arg(in->by));
}

/* Whether the condition of a cas holds: 1, 0, or -1: fail() was called. */
static int cas_holds(struct ctx *ctx, const Wire__DictCas *in, const struct table_spot *spot)
{
    switch (in->condition_case) {
    case WIRE__DICT_CAS__CONDITION_EXPECT:
        if (!spot->found)
            return 0;
        break;
    case WIRE__DICT_CAS__CONDITION_ABSENT:
        if (in->absent)
            return !spot->found;
        return fail(ctx, ERR_TYPE, "missing argument 'expect'");
    default:
        return fail(ctx, ERR_TYPE, "missing argument: 'expect' or 'absent'");
    }
    if (in->expect.len == 0)
        return fail(ctx, ERR_TYPE, "missing argument 'expect'");
    int equal =
        val_equal_within(table_value(keyed_table(ctx), spot->place), arg(in->expect), &ctx->work);
    return equal < 0 ? fail_unfinished(ctx) : equal;
}

int dict_cas(struct ctx *ctx, const Wire__DictCas *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    int holds = cas_holds(ctx, in, &spot);
    if (holds < 0 || reply_bool(ctx, holds) != 0)
        return -1;
    return holds ? keyed_put(ctx, &spot, arg(in->key), arg(in->new_)) : 0;
}

/* ---- removing ---- */

int dict_del(struct ctx *ctx, const Wire__DictDel *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    if (!spot.found)
        return fail_key(ctx, arg(in->key));
    if (in->expect.len > 0) {
        int equal = val_equal_within(table_value(keyed_table(ctx), spot.place), arg(in->expect),
                                     &ctx->work);
        if (equal < 0)
            return fail_unfinished(ctx);
        if (!equal)
            return fail(ctx, ERR_RUNTIME, "value differs");
    }
    keyed_remove(ctx, spot.place);
    return 0;
}

int dict_pop(struct ctx *ctx, const Wire__DictPop *in)
{
    struct table_spot spot;
    if (keyed_find(ctx, arg(in->key), &spot) != 0)
        return -1;
    if (!spot.found)
        return in->fallback.len > 0 ? reply_value(ctx, arg(in->fallback))
                                    : fail_key(ctx, arg(in->key));
    if (reply_value(ctx, table_value(keyed_table(ctx), spot.place)) != 0)
        return -1;
    keyed_remove(ctx, spot.place);
    return 0;
}

int dict_popitem(struct ctx *ctx, const Wire__DictPopitem *in)
{
    (void)in;
    struct table_row row;
    if (!table_newest(keyed_table(ctx), &row))
        return fail_key_text(ctx, "popitem(): dictionary is empty");
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_TUPLE);
    val_put_item(out, row.key);
    val_put_item(out, row.value);
    val_close(out, mark);
    if (reply_scratch(ctx) != 0)
        return -1;
    keyed_remove(ctx, row.place);
    return 0;
}

int dict_clear(struct ctx *ctx, const Wire__DictClear *in)
{
    (void)in;
    keyed_clear(ctx);
    return 0;
}

/* ---- the type ---- */

int dict_scan(struct ctx *ctx, const Wire__DictScan *in)
{
    return keyed_scan(ctx, arg(in->cursor), in->has_limit ? in->limit : SCAN_ITEMS);
}

static int create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct table *table = &((struct keyed *)object)->table;
    table_init(table, ctx_mem(ctx), ctx_hash_key(ctx), true);
    return collect_init(ctx, object, arg(in->init), bulk_pairs);
}

const struct object_ops dict_ops = {
    .type = TYPE_DICT,
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
