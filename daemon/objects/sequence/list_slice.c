/* SPDX-License-Identifier: BSD-2-Clause */
/* list: operations on many items. */
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/index.h"
#include "daemon/objects/python/iterable.h"
#include "daemon/objects/python/slice.h"
#include "daemon/objects/python/sort.h"
#include "daemon/objects/sequence/list_cost.h"
#include "daemon/objects/sequence/list_item.h"

static void changed_bulk(struct ctx *ctx)
{
    changed(ctx, ctx->object);
}

int list_extend(struct ctx *ctx, const Wire__ListExtend *in)
{
    struct list *list = list_of(ctx->object);
    struct list_batch batch;
    if (list_batch_read(ctx, list, arg(in->items), &batch) < 0)
        return -1;
    if (batch.count == 0)
        return 0;
    uint64_t end = list_size(list);
    uint64_t count = batch.count;
    if (!list_reserve(ctx_mem(ctx), list, end, count)) {
        list_batch_cancel(ctx_mem(ctx), &batch);
        return fail_nomem(ctx);
    }
    list_batch_enter(ctx, list, &batch, list_open(list, end, count));
    changed_bulk(ctx);
    return 0;
}

/* ---- slices ---- */

/* Whether the refs of all items of the slice may be dropped. -1: fail() was called. */
static int slice_afford(struct ctx *ctx, struct list *list, const struct slice *slice)
{
    for (uint64_t i = 0; refs_targets(ctx->object) > 0 && i < slice->count; i++)
        if (list_item_afford(ctx, list_items(list)[slice_at(slice, i)], 1) < 0)
            return -1;
    return 0;
}

/* Removes adjacent items: the shorter side of the list moves. */
static void slice_cut(struct ctx *ctx, struct list *list, const struct slice *slice)
{
    uint64_t at = slice_at(slice, 0);
    for (uint64_t i = 0; i < slice->count; i++)
        list_item_leave(ctx, list, list_items(list)[at + i]);
    list_close(ctx_mem(ctx), list, at, slice->count);
}

/* Removes scattered items: the kept ones move together. */
static void slice_compact(struct ctx *ctx, struct list *list, const struct slice *slice)
{
    uintptr_t *items = list_items(list);
    uint64_t count = list_size(list);
    uint64_t to = slice_at(slice, 0);
    for (uint64_t i = 0; i < slice->count; i++) {
        uint64_t gone = slice_at(slice, i);
        uint64_t next = i + 1 < slice->count ? slice_at(slice, i + 1) : count;
        list_item_leave(ctx, list, items[gone]);
        memmove(&items[to], &items[gone + 1], (next - gone - 1) * sizeof *items);
        to += next - gone - 1;
    }
    list_close(ctx_mem(ctx), list, to, slice->count);
}

int list_del_slice(struct ctx *ctx, const Wire__ListDelSlice *in)
{
    struct list *list = list_of(ctx->object);
    struct slice_args args = {arg(in->start), arg(in->stop), arg(in->step)};
    struct slice slice;
    if (slice_read(ctx, &args, list_size(list), &slice) < 0)
        return -1;
    if (slice.count == 0)
        return 0;
    if (slice.count == list_size(list)) {
        list_empty(ctx, list);
        return 0;
    }
    if (bulk_check(ctx, slice.count, STEPS_STORE) < 0 ||
        work_take_each(ctx, list_size(list), STEPS_MOVE) < 0 || slice_afford(ctx, list, &slice) < 0)
        return -1;
    slice = slice_ascending(slice);
    if (slice.step == 1 || slice.count == 1)
        slice_cut(ctx, list, &slice);
    else
        slice_compact(ctx, list, &slice);
    changed_bulk(ctx);
    return 0;
}

/* Replaces a slice with step 1 by the batch, which may have any length. */
static int slice_replace(struct ctx *ctx, struct list *list, const struct slice *slice,
                         struct list_batch *batch)
{
    uint64_t at = (uint64_t)slice->first;
    uint64_t kept = batch->count < slice->count ? batch->count : slice->count;
    uint64_t more = batch->count - kept;
    uint64_t gone = slice->count - kept;
    uint64_t tail = more + gone > 0 ? list_size(list) - at - kept : 0;
    if (work_take(ctx, tail / LIST_STEP_ITEMS) < 0)
        return -1;
    if (more > 0 && !list_reserve(ctx_mem(ctx), list, at + kept, more))
        return fail_nomem(ctx);
    /* enter the new items first: refs that occur in both must not be dropped in between */
    for (uint64_t i = 0; i < batch->count; i++)
        list_item_enter(ctx, list, batch->items[i]);
    for (uint64_t i = 0; i < slice->count; i++)
        list_item_leave(ctx, list, list_items(list)[at + i]);
    if (more > 0)
        (void)list_open(list, at + kept, more);
    list_close(ctx_mem(ctx), list, at + kept, gone);
    if (batch->count > 0)
        memcpy(list_items(list) + at, batch->items, batch->count * sizeof *batch->items);
    list_batch_done(ctx_mem(ctx), batch);
    return 0;
}

/* Replaces a slice with another step by the batch, which must have the same length. */
static int slice_assign(struct ctx *ctx, struct list *list, const struct slice *slice,
                        struct list_batch *batch)
{
    if (batch->count != slice->count) {
        return fail(ctx, ERR_VALUE,
                    "attempt to assign sequence of size %llu to extended slice of size %llu",
                    (unsigned long long)batch->count, (unsigned long long)slice->count);
    }
    uintptr_t *items = list_items(list);
    for (uint64_t i = 0; i < slice->count; i++) {
        uintptr_t *place = &items[slice_at(slice, i)];
        uintptr_t old = *place;
        *place = batch->items[i];
        list_item_enter(ctx, list, *place);
        list_item_leave(ctx, list, old);
    }
    list_batch_done(ctx_mem(ctx), batch);
    return 0;
}

/* Whether Python can iterate over a value of that kind. */
static bool kind_iterates(enum val_kind kind)
{
    return kind >= VAL_STR && kind <= VAL_FROZENSET;
}

int list_set_slice(struct ctx *ctx, const Wire__ListSetSlice *in)
{
    struct list *list = list_of(ctx->object);
    struct slice_args args = {arg(in->start), arg(in->stop), arg(in->step)};
    struct slice slice;
    struct list_batch batch;
    if (slice_read(ctx, &args, list_size(list), &slice) < 0 ||
        bulk_check(ctx, slice.count, STEPS_STORE) < 0 || slice_afford(ctx, list, &slice) < 0)
        return -1;
    bool extended = slice.step != 1;
    if (!kind_iterates(val_read(arg(in->items)).kind)) {
        return fail(ctx, ERR_TYPE,
                    extended ? "must assign iterable to extended slice"
                             : "can only assign an iterable");
    }
    if (list_batch_read(ctx, list, arg(in->items), &batch) < 0)
        return -1;
    if (batch.count == 0 && slice.count == 0)
        return 0;
    int status = extended ? slice_assign(ctx, list, &slice, &batch)
                          : slice_replace(ctx, list, &slice, &batch);
    if (status < 0) {
        list_batch_cancel(ctx_mem(ctx), &batch);
        return -1;
    }
    changed_bulk(ctx);
    return 0;
}

/* ---- repeating ---- */

/* Bytes of new memory filled in one step. The first touch of each page is the cost: 2 to 4 us on
 * a virtual machine. */
enum { STEP_BYTES = 16 };

static int copies_make(struct ctx *ctx, struct list *list, struct list_batch *batch,
                       uint64_t copies)
{
    uint64_t count = list_size(list);
    batch->items = mem_zalloc(ctx_mem(ctx), count * copies * sizeof *batch->items);
    if (batch->items == NULL)
        return fail_nomem(ctx);
    batch->count = count * copies;
    for (uint64_t i = 0; i < batch->count; i++) {
        batch->items[i] = list_item_again(ctx, list_items(list)[i % count]);
        if (batch->items[i] == 0)
            return -1;
    }
    return 0;
}

int list_multiply(struct ctx *ctx, const Wire__ListMultiply *in)
{
    struct list *list = list_of(ctx->object);
    struct list_batch batch = {0};
    uint64_t count = list_size(list);
    uint64_t times;
    if (index_times(ctx, arg(in->times), &times) < 0)
        return -1;
    if (count == 0 || times == 1)
        return 0;
    if (times == 0) {
        list_empty(ctx, list);
        return 0;
    }
    if (bulk_check(ctx, times > UINT64_MAX / count ? UINT64_MAX : count * times, STEPS_STORE) < 0)
        return -1;
    if (list_copies_size(list, times - 1) > ctx_limits(ctx)->memory_bytes)
        return fail(ctx, ERR_LIMIT, "the list would be larger than the daemon's memory");
    if (work_take(ctx, list_copies_size(list, times - 1) / STEP_BYTES) < 0)
        return -1;
    for (uint64_t i = 0; refs_targets(ctx->object) > 0 && i < count; i++)
        if (list_item_afford(ctx, list_items(list)[i], times - 1) < 0)
            return -1;
    int status = copies_make(ctx, list, &batch, times - 1);
    if (status == 0 && !list_reserve(ctx_mem(ctx), list, count, batch.count))
        status = fail_nomem(ctx);
    if (status < 0) {
        list_batch_cancel(ctx_mem(ctx), &batch);
        return -1;
    }
    list_batch_enter(ctx, list, &batch, list_open(list, count, batch.count));
    changed_bulk(ctx);
    return 0;
}
