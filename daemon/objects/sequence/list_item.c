/* SPDX-License-Identifier: BSD-2-Clause */
/* Items of a list: made before a change, entered or removed with it. */
#include "daemon/objects/sequence/list_item.h"

#include "daemon/objects/python/iterable.h"
#include "daemon/objects/python/storable.h"

static uint8_t *item_cell(uintptr_t item)
{
    return (uint8_t *)(item & ~(uintptr_t)LIST_ITEM_REFS);
}

/* 0: fail() was called. */
static uintptr_t item_copy(struct ctx *ctx, struct bytes value, bool refs)
{
    if (storable_check(ctx, value.len) < 0)
        return 0;
    uint8_t *cell = cell_new(ctx_mem(ctx), value);
    if (cell == NULL) {
        (void)fail_nomem(ctx);
        return 0;
    }
    return (uintptr_t)cell | (refs ? LIST_ITEM_REFS : 0);
}

uintptr_t list_item_new(struct ctx *ctx, struct list *list, struct bytes value)
{
    bool refs = value_has_refs(ctx, value);
    if (refs && refs_reserve(ctx, &list->object, value) < 0)
        return 0;
    return item_copy(ctx, value, refs);
}

uintptr_t list_item_again(struct ctx *ctx, uintptr_t item)
{
    return item_copy(ctx, list_item_value(item), list_item_refs(item));
}

void list_item_cancel(struct mem *mem, uintptr_t item)
{
    cell_free(mem, item_cell(item));
}

void list_item_enter(struct ctx *ctx, struct list *list, uintptr_t item)
{
    if (list_item_refs(item))
        refs_add(ctx, &list->object, list_item_value(item));
}

int list_item_afford(struct ctx *ctx, uintptr_t item, uint64_t times)
{
    return list_item_refs(item) ? refs_afford(ctx, list_item_value(item), times) : 0;
}

void list_item_leave(struct ctx *ctx, struct list *list, uintptr_t item)
{
    if (list_item_refs(item))
        refs_drop(ctx, &list->object, list_item_value(item));
    cell_free(ctx_mem(ctx), item_cell(item));
}

void list_empty(struct ctx *ctx, struct list *list)
{
    refs_clear(ctx, &list->object);
    list_release(ctx->engine, list);
    changed(ctx, &list->object);
}

/* ---- many at once ---- */

static int batch_fill(struct ctx *ctx, struct iterable *it, bool refs, struct list_batch *batch)
{
    struct bytes value;
    if (it->count == 0)
        return 0;
    batch->items = mem_zalloc(ctx_mem(ctx), it->count * sizeof *batch->items);
    if (batch->items == NULL)
        return fail_nomem(ctx);
    batch->count = it->count; /* all items count as used, so that this frees the memory */
    for (uint64_t i = 0; iterable_next(it, &value); i++) {
        batch->items[i] = item_copy(ctx, value, refs && value_has_refs(ctx, value));
        if (batch->items[i] == 0)
            return -1;
    }
    return 0;
}

int list_batch_read(struct ctx *ctx, struct list *list, struct bytes iterable,
                    struct list_batch *batch)
{
    struct iterable it;
    *batch = (struct list_batch){0};
    if (iterable_open(ctx, iterable, &it) < 0)
        return -1;
    bool refs = value_has_refs(ctx, iterable);
    int status = bulk_check(ctx, it.count, STEPS_STORE);
    if (status == 0 && refs)
        status = refs_reserve(ctx, &list->object, iterable);
    if (status == 0)
        status = batch_fill(ctx, &it, refs, batch);
    iterable_close(&it);
    if (status < 0)
        list_batch_cancel(ctx_mem(ctx), batch);
    return status;
}

void list_batch_done(struct mem *mem, struct list_batch *batch)
{
    mem_free(mem, batch->items, batch->count * sizeof *batch->items);
    *batch = (struct list_batch){0};
}

void list_batch_cancel(struct mem *mem, struct list_batch *batch)
{
    for (uint64_t i = 0; i < batch->count; i++)
        list_item_cancel(mem, batch->items[i]);
    list_batch_done(mem, batch);
}

void list_batch_enter(struct ctx *ctx, struct list *list, struct list_batch *batch, uintptr_t *to)
{
    for (uint64_t i = 0; i < batch->count; i++) {
        to[i] = batch->items[i];
        list_item_enter(ctx, list, to[i]);
    }
    list_batch_done(ctx_mem(ctx), batch);
}
