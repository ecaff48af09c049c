/* SPDX-License-Identifier: BSD-2-Clause */
/* start:stop:step over a sequence. */
#include "daemon/objects/python/slice.h"

#include "daemon/objects/python/index.h"

/* Values beyond 64 bits are clamped: no sequence is that long. */
static int border_read(struct ctx *ctx, struct bytes value, int64_t absent, int64_t *number)
{
    enum val_kind kind;
    enum index_fit fit = index_read(value, number, &kind);
    if (kind == VAL_NOT_GIVEN || kind == VAL_NONE) {
        *number = absent;
        return 0;
    }
    if (fit == INDEX_NONE) {
        return fail(ctx, ERR_TYPE,
                    "slice indices must be integers or None or have an __index__ method");
    }
    return 0;
}

/* Makes a border non-negative and clamps it to where a walk in that direction can start or stop. */
static int64_t border_clamp(int64_t border, int64_t length, bool backwards)
{
    int64_t lowest = backwards ? -1 : 0;
    if (border < 0) {
        border += length;
        return border < lowest ? lowest : border;
    }
    return border < length ? border : length + lowest;
}

int slice_read(struct ctx *ctx, const struct slice_args *args, uint64_t length, struct slice *slice)
{
    int64_t start;
    int64_t stop;
    int64_t step;
    if (border_read(ctx, args->step, 1, &step) < 0)
        return -1;
    if (step == 0)
        return fail(ctx, ERR_VALUE, "slice step cannot be zero");
    bool backwards = step < 0;
    if (border_read(ctx, args->start, backwards ? INT64_MAX : 0, &start) < 0 ||
        border_read(ctx, args->stop, backwards ? INT64_MIN : INT64_MAX, &stop) < 0)
        return -1;
    start = border_clamp(start, (int64_t)length, backwards);
    stop = border_clamp(stop, (int64_t)length, backwards);
    *slice = (struct slice){.first = start, .step = step};
    /* -(step + 1) + 1 in unsigned arithmetic: step may be INT64_MIN */
    uint64_t stride = backwards ? (uint64_t)(-(step + 1)) + 1 : (uint64_t)step;
    int64_t span = backwards ? start - stop : stop - start;
    if (span > 0)
        slice->count = (uint64_t)(span - 1) / stride + 1;
    if (slice->count < 2 && step != 1) {
        /* with at most one item the step is not used: keep slice_at from overflowing */
        slice->step = backwards ? -1 : 2;
    }
    return 0;
}

struct slice slice_ascending(struct slice slice)
{
    if (slice.step < 0 && slice.count > 0) {
        slice.first = (int64_t)slice_at(&slice, slice.count - 1);
        slice.step = -slice.step;
    }
    return slice;
}
