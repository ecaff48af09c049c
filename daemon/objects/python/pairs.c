/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads arguments as pairs, with Python's errors. */
#include "daemon/objects/python/pairs.h"

#include "daemon/engine/core.h"

int pairs_open(struct ctx *ctx, struct bytes value, struct pairs *pairs)
{
    struct val v = val_read(value);
    *pairs = (struct pairs){.is_dict = v.kind == VAL_DICT};
    if (pairs->is_dict) {
        pairs->at = val_iter(&v);
        pairs->count = val_count(&v);
        return 0;
    }
    if (iterable_open(ctx, value, &pairs->items) != 0)
        return -1;
    pairs->count = pairs->items.count;
    return 0;
}

static bool is_iterable(struct bytes value)
{
    switch (val_read(value).kind) {
    case VAL_STR:
    case VAL_BYTES:
    case VAL_LIST:
    case VAL_TUPLE:
    case VAL_DICT:
    case VAL_SET:
    case VAL_FROZENSET:
        return true;
    default:
        return false;
    }
}

static void close_element(struct pairs *pairs)
{
    if (pairs->element_open)
        iterable_close(&pairs->element);
    pairs->element_open = false;
}

static int read_element(struct ctx *ctx, struct pairs *pairs, struct bytes *key,
                        struct bytes *value)
{
    if (pairs->element.count != 2)
        return fail(ctx, ERR_VALUE,
                    "dictionary update sequence element #%zu has length %zu; 2 is required",
                    pairs->index, pairs->element.count);
    (void)iterable_next(&pairs->element, key);
    (void)iterable_next(&pairs->element, value);
    pairs->index++;
    return 1;
}

int pairs_next(struct ctx *ctx, struct pairs *pairs, struct bytes *key, struct bytes *value)
{
    struct bytes item;
    if (pairs->is_dict)
        return val_next_pair(&pairs->at, key, value);
    close_element(pairs);
    if (!iterable_next(&pairs->items, &item))
        return 0;
    if (!is_iterable(item))
        return fail(ctx, ERR_TYPE,
                    "cannot convert dictionary update sequence element #%zu to a sequence",
                    pairs->index);
    if (iterable_open(ctx, item, &pairs->element) != 0)
        return -1;
    pairs->element_open = true;
    return read_element(ctx, pairs, key, value);
}

void pairs_close(struct pairs *pairs)
{
    close_element(pairs);
    if (!pairs->is_dict)
        iterable_close(&pairs->items);
}
