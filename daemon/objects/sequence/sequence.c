/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies with parts of a list or an array. */
#include "daemon/objects/sequence/sequence.h"

#include "daemon/objects/python/iterable.h"

enum { CURSOR_BYTES = 8 };

struct slice sequence_all(const struct sequence *sequence)
{
    return (struct slice){.first = 0, .step = 1, .count = sequence->count};
}

void sequence_sum(struct sequence *sequence, const struct slice *slice, struct whole *whole)
{
    for (uint64_t i = 0; i < slice->count; i++)
        if (!whole_item(whole, sequence->item(sequence, slice_at(slice, i)).len))
            return;
}

void sequence_put(struct sequence *sequence, const struct slice *slice, struct buf *out)
{
    for (uint64_t i = 0; i < slice->count; i++)
        val_put_item(out, sequence->item(sequence, slice_at(slice, i)));
}

int sequence_reply(struct ctx *ctx, struct sequence *sequence, const struct slice *slice)
{
    struct whole whole;
    if (work_take_each(ctx, slice->count, STEPS_VISIT) < 0)
        return -1;
    whole_init(&whole, ctx);
    sequence_sum(sequence, slice, &whole);
    struct buf *out = whole_begin(&whole, VAL_LIST, "range");
    if (out == NULL)
        return -1;
    sequence_put(sequence, slice, out);
    return reply_scratch(ctx);
}

/* The items of a page from `start` on: at least one, if there is one. */
static struct slice page_measure(struct sequence *sequence, uint64_t start, uint64_t limit,
                                 struct whole *whole)
{
    struct slice page = {.first = (int64_t)start, .step = 1};
    uint64_t most = sequence->count - start;
    if (most > limit)
        most = limit;
    if (most > SCAN_ITEMS)
        most = SCAN_ITEMS;
    size_t budget = whole->limit < SCAN_BYTES ? whole->limit : SCAN_BYTES;
    while (page.count < most) {
        size_t run = val_item_size(sequence->item(sequence, start + page.count).len);
        if (page.count > 0 && (whole->body > budget || run > budget - whole->body))
            break;
        (void)whole_add(whole, run);
        page.count++;
    }
    return page;
}

int sequence_page(struct ctx *ctx, struct sequence *sequence, uint64_t start, uint64_t limit)
{
    struct whole whole;
    uint8_t cursor[CURSOR_BYTES];
    if (limit == 0)
        return fail(ctx, ERR_VALUE, "limit must be at least 1");
    if (start > sequence->count)
        start = sequence->count;
    whole_init(&whole, ctx);
    struct slice page = page_measure(sequence, start, limit, &whole);
    struct buf *out = whole_begin(&whole, VAL_LIST, "range");
    if (out == NULL)
        return -1;
    sequence_put(sequence, &page, out);
    uint64_t next = start + page.count;
    for (unsigned i = 0; i < CURSOR_BYTES; i++)
        cursor[i] = (uint8_t)(next >> (8 * i));
    return reply_page(ctx, bytes_of(cursor, next < sequence->count ? CURSOR_BYTES : 0));
}

int sequence_scan(struct ctx *ctx, struct sequence *sequence, struct bytes cursor, uint64_t limit)
{
    uint64_t start = 0;
    if (cursor.len != 0 && cursor.len != CURSOR_BYTES)
        return fail(ctx, ERR_VALUE, "the cursor is not one of this object");
    for (size_t i = 0; i < cursor.len; i++)
        start |= (uint64_t)cursor.data[i] << (8 * i);
    return sequence_page(ctx, sequence, start, limit);
}
