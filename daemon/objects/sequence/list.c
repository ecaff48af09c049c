/* SPDX-License-Identifier: BSD-2-Clause */
/* list: its creation, hooks, and operations on one item. */
#include "daemon/objects/sequence/list.h"

#include "daemon/engine/writer.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/index.h"
#include "daemon/objects/python/value_load.h"
#include "daemon/objects/sequence/list_cost.h"
#include "daemon/objects/sequence/list_item.h"
#include "daemon/objects/sequence/list_read.h"

/* ---- the type ---- */

static int list_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct list *list = list_of(object);
    struct list_batch batch;
    if (in->init.len == 0)
        return 0;
    if (list_batch_read(ctx, list, arg(in->init), &batch) < 0)
        return -1;
    uint64_t count = batch.count;
    if (!list_reserve(ctx_mem(ctx), list, 0, count)) {
        list_batch_cancel(ctx_mem(ctx), &batch);
        return fail_nomem(ctx);
    }
    list_batch_enter(ctx, list, &batch, list_open(list, 0, count));
    return 0;
}

static void list_destroy(struct engine *engine, struct object *object)
{
    list_release(engine, list_of(object));
}

static uint64_t list_length(const struct object *object)
{
    return list_size((const struct list *)object);
}

static void list_save(const struct object *object, struct writer *out)
{
    const struct list *list = (const struct list *)object;
    uint64_t count = list_size(list);
    writer_u64(out, count);
    for (uint64_t i = 0; i < count; i++)
        writer_bytes(out, list_value(list, i));
}

static bool item_load(struct mem *mem, struct list *list, struct reader *in)
{
    struct stored stored;
    if (!stored_read(in, &stored))
        return false;
    uint8_t *cell = cell_new(mem, stored.value);
    if (cell == NULL)
        return reader_nomem(in);
    *list_open(list, list_size(list), 1) = (uintptr_t)cell | (stored.refs ? LIST_ITEM_REFS : 0);
    return true;
}

static bool list_load(struct engine *engine, struct object *object, struct reader *in)
{
    enum { LEAST = sizeof(uint64_t) + 1 }; /* minimum saved size of an item */
    struct list *list = list_of(object);
    uint64_t count = reader_u64(in);
    if (!stored_count_fits(in, count, LEAST))
        return reader_fail(in);
    if (count > 0 && !list_reserve(engine_mem(engine), list, 0, count))
        return reader_nomem(in);
    for (; count > 0; count--)
        if (!item_load(engine_mem(engine), list, in))
            return false;
    return true;
}

const struct object_ops list_ops = {
    .type = TYPE_LIST,
    .size = sizeof(struct list),
    .create = list_create,
    .destroy = list_destroy,
    .length = list_length,
    .scan = list_scan,
    .save = list_save,
    .load = list_load,
    .growth = list_growth,
};

/* ---- one item ---- */

#define WORDS_NOT_INT "list indices must be integers or slices, not "

static const struct index_words words_get = {
    .not_int = WORDS_NOT_INT, .names_kind = true, .not_found = "list index out of range"};
static const struct index_words words_set = {.not_int = WORDS_NOT_INT,
                                             .names_kind = true,
                                             .not_found = "list assignment index out of range"};

int list_len(struct ctx *ctx, const Wire__ListLen *in)
{
    (void)in;
    return reply_uint(ctx, list_size(list_of(ctx->object)));
}

int list_get(struct ctx *ctx, const Wire__ListGet *in)
{
    struct list *list = list_of(ctx->object);
    uint64_t at;
    if (index_at(ctx, arg(in->index), list_size(list), &words_get, &at) < 0)
        return -1;
    return reply_value(ctx, list_value(list, at));
}

int list_set(struct ctx *ctx, const Wire__ListSet *in)
{
    struct list *list = list_of(ctx->object);
    uint64_t at;
    if (index_at(ctx, arg(in->index), list_size(list), &words_set, &at) < 0)
        return -1;
    uintptr_t item = list_item_new(ctx, list, arg(in->value));
    if (item == 0)
        return -1;
    uintptr_t *place = &list_items(list)[at];
    uintptr_t old = *place;
    *place = item;
    list_item_enter(ctx, list, item);
    list_item_leave(ctx, list, old);
    changed(ctx, ctx->object);
    return 0;
}

/* Charges the work of moving the items before or after a position, whichever are fewer. */
static int item_move(struct ctx *ctx, uint64_t at)
{
    uint64_t behind = list_size(list_of(ctx->object)) - at;
    return work_take(ctx, (at < behind ? at : behind) / LIST_STEP_ITEMS);
}

/* Inserts the value before position `at`. */
static int item_insert(struct ctx *ctx, uint64_t at, struct bytes value)
{
    struct list *list = list_of(ctx->object);
    if (item_move(ctx, at) < 0)
        return -1;
    if (!list_reserve(ctx_mem(ctx), list, at, 1))
        return fail_nomem(ctx);
    uintptr_t item = list_item_new(ctx, list, value);
    if (item == 0)
        return -1;
    *list_open(list, at, 1) = item;
    list_item_enter(ctx, list, item);
    changed(ctx, ctx->object);
    return 0;
}

int list_append(struct ctx *ctx, const Wire__ListAppend *in)
{
    return item_insert(ctx, list_size(list_of(ctx->object)), arg(in->value));
}

int list_insert(struct ctx *ctx, const Wire__ListInsert *in)
{
    int64_t count = (int64_t)list_size(list_of(ctx->object));
    int64_t at;
    if (index_number(ctx, arg(in->index), &at) < 0)
        return -1;
    if (at < 0)
        at = at < -count ? 0 : at + count;
    return item_insert(ctx, (uint64_t)(at < count ? at : count), arg(in->value));
}

static void item_remove(struct ctx *ctx, uint64_t at)
{
    struct list *list = list_of(ctx->object);
    uintptr_t item = list_items(list)[at];
    list_close(ctx_mem(ctx), list, at, 1);
    list_item_leave(ctx, list, item);
    changed(ctx, ctx->object);
}

int list_del(struct ctx *ctx, const Wire__ListDel *in)
{
    uint64_t at;
    if (index_at(ctx, arg(in->index), list_size(list_of(ctx->object)), &words_set, &at) < 0 ||
        item_move(ctx, at) < 0)
        return -1;
    item_remove(ctx, at);
    return 0;
}

int list_pop(struct ctx *ctx, const Wire__ListPop *in)
{
    struct list *list = list_of(ctx->object);
    int64_t count = (int64_t)list_size(list);
    int64_t at = -1;
    if (in->index.len > 0 && index_number(ctx, arg(in->index), &at) < 0)
        return -1;
    if (count == 0)
        return fail(ctx, ERR_INDEX, "pop from empty list");
    if (at < 0)
        at += count;
    if (at < 0 || at >= count)
        return fail(ctx, ERR_INDEX, "pop index out of range");
    if (item_move(ctx, (uint64_t)at) < 0 || reply_value(ctx, list_value(list, (uint64_t)at)) < 0)
        return -1;
    item_remove(ctx, (uint64_t)at);
    return 0;
}

int list_clear(struct ctx *ctx, const Wire__ListClear *in)
{
    struct list *list = list_of(ctx->object);
    (void)in;
    if (list_size(list) > 0)
        list_empty(ctx, list);
    return 0;
}

int list_remove(struct ctx *ctx, const Wire__ListRemove *in)
{
    struct list *list = list_of(ctx->object);
    uint64_t at;
    int found = list_find(ctx, arg(in->value), (struct list_span){0, list_size(list)}, &at);
    if (found < 0)
        return -1;
    if (found == 0)
        return fail(ctx, ERR_NOT_IN_LIST, "list.remove(x): x not in list");
    if (item_move(ctx, at) < 0)
        return -1;
    item_remove(ctx, at);
    return 0;
}
