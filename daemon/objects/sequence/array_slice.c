/* SPDX-License-Identifier: BSD-2-Clause */
/* array: operations on many numbers. */
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/iterable.h"
#include "daemon/objects/sequence/array_store.h"
#include "daemon/objects/sequence/sequence.h"

/* ---- replies ---- */

enum { ITEM_ROOM = 16 }; /* size of the longest encoded number */

static struct bytes sequence_item(struct sequence *sequence, uint64_t at)
{
    const struct array *array = sequence->of;
    buf_reset(&sequence->one, ITEM_ROOM);
    array_item_put(array->type, array_at(array, at), &sequence->one);
    return buf_bytes(&sequence->one);
}

/* Opens the array as a sequence; close it with buf_free(&sequence->one). -1: fail() was called. */
static int sequence_open(struct ctx *ctx, struct sequence *sequence)
{
    const struct array *array = array_of(ctx->object);
    *sequence = (struct sequence){.of = array, .count = array->count, .item = sequence_item};
    buf_init(&sequence->one);
    return buf_reserve(&sequence->one, ITEM_ROOM) == NULL ? fail_nomem(ctx) : 0;
}

int array_slice(struct ctx *ctx, const Wire__ArraySlice *in)
{
    struct slice_args args = {arg(in->start), arg(in->stop), arg(in->step)};
    struct slice slice;
    struct sequence sequence;
    if (slice_read(ctx, &args, array_of(ctx->object)->count, &slice) < 0 ||
        sequence_open(ctx, &sequence) < 0)
        return -1;
    int status = sequence_reply(ctx, &sequence, &slice);
    buf_free(&sequence.one);
    return status;
}

int array_copy(struct ctx *ctx, const Wire__ArrayCopy *in)
{
    struct sequence sequence;
    (void)in;
    if (sequence_open(ctx, &sequence) < 0)
        return -1;
    struct slice all = sequence_all(&sequence);
    int status = sequence_reply(ctx, &sequence, &all);
    buf_free(&sequence.one);
    return status;
}

int array_range(struct ctx *ctx, const Wire__ArrayRange *in)
{
    struct sequence sequence;
    if (sequence_open(ctx, &sequence) < 0)
        return -1;
    int status = sequence_page(ctx, &sequence, in->start, in->has_limit ? in->limit : SCAN_ITEMS);
    buf_free(&sequence.one);
    return status;
}

int array_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit)
{
    struct sequence sequence;
    if (sequence_open(ctx, &sequence) < 0)
        return -1;
    int status = sequence_scan(ctx, &sequence, cursor, limit);
    buf_free(&sequence.one);
    return status;
}

/* ---- changes ---- */

/* Replaces a slice with step 1 by the batch, which may have any length. */
static int slice_replace(struct ctx *ctx, const struct slice *slice,
                         const struct array_batch *batch)
{
    struct array *array = array_of(ctx->object);
    size_t size = array->type->size;
    uint64_t at = (uint64_t)slice->first;
    uint64_t tail = array->count - at - slice->count;
    uint64_t count = array->count - slice->count + batch->count;
    uint64_t moved = batch->count != slice->count ? tail : 0;
    if (work_take_each(ctx, moved, STEPS_MOVE) < 0)
        return -1;
    if (!array_reserve(ctx_mem(ctx), array, count))
        return fail_nomem(ctx);
    if (moved > 0) {
        memmove(array_at(array, at + batch->count), array_at(array, at + slice->count),
                tail * size);
    }
    if (batch->count > 0)
        memcpy(array_at(array, at), batch->data, batch->count * size);
    array->count = count;
    array_shrink(ctx_mem(ctx), array);
    return 0;
}

/* Removes the numbers of a slice: Python's array does this when nothing is assigned to the
 * slice. */
static void slice_remove(struct ctx *ctx, const struct slice *slice)
{
    struct array *array = array_of(ctx->object);
    struct slice up = slice_ascending(*slice);
    uint64_t to = slice_at(&up, 0);
    for (uint64_t i = 0; i < up.count; i++) {
        uint64_t gone = slice_at(&up, i);
        uint64_t next = i + 1 < up.count ? slice_at(&up, i + 1) : array->count;
        memmove(array_at(array, to), array_at(array, gone + 1),
                (next - gone - 1) * array->type->size);
        to += next - gone - 1;
    }
    array->count -= up.count;
    array_shrink(ctx_mem(ctx), array);
}

/* Replaces a slice with another step by the batch, which must have the same length. */
static int slice_assign(struct ctx *ctx, const struct slice *slice, const struct array_batch *batch)
{
    struct array *array = array_of(ctx->object);
    size_t size = array->type->size;
    if (batch->count == 0) {
        if (work_take_each(ctx, array->count, STEPS_MOVE) < 0)
            return -1;
        slice_remove(ctx, slice);
        return 0;
    }
    if (batch->count != slice->count) {
        return fail(ctx, ERR_VALUE,
                    "attempt to assign array of size %llu to extended slice of size %llu",
                    (unsigned long long)batch->count, (unsigned long long)slice->count);
    }
    for (uint64_t i = 0; i < slice->count; i++)
        memcpy(array_at(array, slice_at(slice, i)), batch->data + i * size, size);
    return 0;
}

int array_set_slice(struct ctx *ctx, const Wire__ArraySetSlice *in)
{
    struct array *array = array_of(ctx->object);
    struct slice_args args = {arg(in->start), arg(in->stop), arg(in->step)};
    struct slice slice;
    struct array_batch batch;
    if (slice_read(ctx, &args, array->count, &slice) < 0 ||
        bulk_check(ctx, slice.count, STEPS_MOVE) < 0 ||
        array_batch_read(ctx, array->type, arg(in->items), &batch) < 0)
        return -1;
    if (batch.count == 0 && slice.count == 0)
        return 0;
    int status =
        slice.step == 1 ? slice_replace(ctx, &slice, &batch) : slice_assign(ctx, &slice, &batch);
    array_batch_free(ctx_mem(ctx), array->type, &batch);
    if (status == 0)
        changed(ctx, ctx->object);
    return status;
}
