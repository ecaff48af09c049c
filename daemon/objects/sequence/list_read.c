/* SPDX-License-Identifier: BSD-2-Clause */
/* list: replies with the whole list or parts of it. */
#include "daemon/objects/sequence/list_read.h"

#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/index.h"
#include "daemon/objects/python/iterable.h"
#include "daemon/objects/sequence/list_store.h"
#include "daemon/objects/sequence/sequence.h"

static struct bytes sequence_item(struct sequence *sequence, uint64_t at)
{
    return list_value(sequence->of, at);
}

static struct sequence list_sequence(struct ctx *ctx)
{
    const struct list *list = list_of(ctx->object);
    return (struct sequence){.of = list, .count = list_size(list), .item = sequence_item};
}

int list_copy(struct ctx *ctx, const Wire__ListCopy *in)
{
    struct sequence sequence = list_sequence(ctx);
    struct slice all = sequence_all(&sequence);
    (void)in;
    return sequence_reply(ctx, &sequence, &all);
}

int list_reversed(struct ctx *ctx, const Wire__ListReversed *in)
{
    struct sequence sequence = list_sequence(ctx);
    struct slice all = {.first = (int64_t)sequence.count - 1, .step = -1, .count = sequence.count};
    (void)in;
    return sequence_reply(ctx, &sequence, &all);
}

int list_slice(struct ctx *ctx, const Wire__ListSlice *in)
{
    struct sequence sequence = list_sequence(ctx);
    struct slice_args args = {arg(in->start), arg(in->stop), arg(in->step)};
    struct slice slice;
    if (slice_read(ctx, &args, sequence.count, &slice) < 0)
        return -1;
    return sequence_reply(ctx, &sequence, &slice);
}

int list_range(struct ctx *ctx, const Wire__ListRange *in)
{
    struct sequence sequence = list_sequence(ctx);
    return sequence_page(ctx, &sequence, in->start, in->has_limit ? in->limit : SCAN_ITEMS);
}

int list_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit)
{
    struct sequence sequence = list_sequence(ctx);
    return sequence_scan(ctx, &sequence, cursor, limit);
}

int list_concat(struct ctx *ctx, const Wire__ListConcat *in)
{
    struct val items = val_read(arg(in->items));
    if (items.kind != VAL_LIST) {
        return fail(ctx, ERR_TYPE, "can only concatenate list (not \"%s\") to list",
                    val_type_name(items.kind));
    }
    struct sequence sequence = list_sequence(ctx);
    struct slice all = sequence_all(&sequence);
    struct whole whole;
    if (work_take_each(ctx, all.count, STEPS_VISIT) < 0)
        return -1;
    whole_init(&whole, ctx);
    sequence_sum(&sequence, &all, &whole);
    (void)whole_add(&whole, items.body.len);
    struct buf *out = whole_begin(&whole, VAL_LIST, "range");
    if (out == NULL)
        return -1;
    sequence_put(&sequence, &all, out);
    buf_put_bytes(out, items.body); /* the encoded item runs, unchanged */
    return reply_scratch(ctx);
}

int list_repeat(struct ctx *ctx, const Wire__ListRepeat *in)
{
    struct sequence sequence = list_sequence(ctx);
    struct slice all = sequence_all(&sequence);
    struct whole whole;
    uint64_t times;
    if (index_times(ctx, arg(in->times), &times) < 0)
        return -1;
    uint64_t items =
        all.count == 0 || times <= UINT64_MAX / all.count ? all.count * times : UINT64_MAX;
    if (work_take_each(ctx, items, STEPS_VISIT) < 0)
        return -1;
    whole_init(&whole, ctx);
    sequence_sum(&sequence, &all, &whole);
    size_t once = whole.body;
    if (once == 0 || times == 0) {
        whole.body = 0;
        times = 0;
    } else if (times > whole.limit / once) {
        whole.body = whole.limit + 1;
    } else {
        whole.body = once * times;
    }
    struct buf *out = whole_begin(&whole, VAL_LIST, "range");
    if (out == NULL)
        return -1;
    for (uint64_t i = 0; i < times; i++)
        sequence_put(&sequence, &all, out);
    return reply_scratch(ctx);
}
