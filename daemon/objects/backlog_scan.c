/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a backlog in parts, and taking nothing. The cursor is two numbers, and by priority a
 * value behind them: of the newest item when the scan began (newer ones are not shown: it ends,
 * whatever is put in meanwhile), and of the last item that was looked at, with its value; where the
 * value is long, instead of its number how many were before it. */
#include "daemon/objects/backlog.h"

enum {
    NUMBER_BYTES = 8,
    CURSOR_BYTES = 2 * NUMBER_BYTES,
    CURSOR_VALUE_MAX = 64 << 10,
    STEPS_NEXT = 8, /* to go on by one item */
};

static uint64_t number_read(const uint8_t *at)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < NUMBER_BYTES; i++) {
        number |= (uint64_t)at[i] << (8 * i);
    }
    return number;
}

static void number_put(struct buf *out, uint64_t number)
{
    for (unsigned i = 0; i < NUMBER_BYTES; i++) {
        buf_put_u8(out, (uint8_t)(number >> (8 * i)));
    }
}

static int fail_cursor(struct ctx *ctx)
{
    return fail(ctx, ERR_VALUE, "the cursor is not one of this object");
}

/* Behind an item of that number and value. -1: fail() was called. */
static int walk_from_value(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                           struct backlog_walk *walk)
{
    struct bytes value = bytes_of(cursor.data + CURSOR_BYTES, cursor.len - CURSOR_BYTES);
    struct val_check check;

    if (value.len > CURSOR_VALUE_MAX || val_check(value, VAL_DEPTH_STORED, &check) != VAL_OK) {
        return fail_cursor(ctx);
    }
    struct item *probe = mem_alloc(NULL, sizeof(*probe) + value.len);

    if (probe == NULL) {
        return fail_nomem(ctx);
    }
    *probe =
        (struct item){.seq = number_read(cursor.data + NUMBER_BYTES), .len = (uint32_t)value.len};
    memcpy(probe->value, value.data, value.len);
    *walk = backlog_walk_after(backlog, probe);
    item_delete(NULL, probe);
    return 0;
}

static int walk_from(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                     struct backlog_walk *walk)
{
    if (cursor.len == 0) {
        *walk = backlog_walk(backlog);
        return 0;
    }
    if (cursor.len < CURSOR_BYTES) {
        return fail_cursor(ctx);
    }
    if (backlog->order == ORDER_PRIORITY && cursor.len > CURSOR_BYTES) {
        return walk_from_value(ctx, backlog, cursor, walk);
    }
    if (cursor.len != CURSOR_BYTES) {
        return fail_cursor(ctx);
    }
    uint64_t number = number_read(cursor.data + NUMBER_BYTES);

    if (backlog->order != ORDER_PRIORITY) {
        *walk = backlog_walk_after(backlog, &(struct item){.seq = number});
        return 0;
    }
    *walk = backlog_walk(backlog);
    while (number > 0 && backlog_next(walk) != NULL) {
        if (work_take(ctx, STEPS_NEXT) < 0) {
            return -1;
        }
        number--;
    }
    return 0;
}

/* What is told as the place to go on from. */
struct place {
    uint64_t newest; /* when the scan began */
    uint64_t seen;   /* items before it */
    const struct item *last;
};

static int page_reply(struct ctx *ctx, const struct backlog *backlog, const struct place *place)
{
    struct buf cursor;

    if (place == NULL) {
        return reply_page(ctx, bytes_of(NULL, 0));
    }
    buf_init(&cursor);
    number_put(&cursor, place->newest);
    if (backlog->order != ORDER_PRIORITY) {
        number_put(&cursor, place->last->seq);
    } else if (place->last->len > CURSOR_VALUE_MAX) {
        number_put(&cursor, place->seen);
    } else {
        number_put(&cursor, place->last->seq);
        buf_put_bytes(&cursor, item_value(place->last));
    }
    int status = cursor.failed ? fail_nomem(ctx) : reply_page(ctx, buf_bytes(&cursor));

    buf_free(&cursor);
    return status;
}

/* How many there are before the walk: only asked where values are long. */
static uint64_t seen_before(const struct backlog *backlog, const struct item *item)
{
    struct backlog_walk walk = backlog_walk(backlog);
    uint64_t seen = 1;

    while (backlog_next(&walk) != item) {
        seen++;
    }
    return seen;
}

/* Puts the items of a page. NULL: there are no more; else the next one to be looked at. */
static const struct item *put_items(struct buf *out, struct backlog_walk *walk, uint64_t limit,
                                    struct place *place)
{
    size_t budget = out->limit / 2 < SCAN_BYTES ? out->limit / 2 : SCAN_BYTES;
    uint64_t count = 0;
    const struct item *item;

    for (uint64_t looked = 0; (item = backlog_next(walk)) != NULL; looked++) {
        bool shown = item->seq <= place->newest;

        if (count == limit || looked == SCAN_ITEMS ||
            (shown && count > 0 && out->len + val_item_size(item->len) > budget)) {
            return item;
        }
        if (shown) {
            val_put_item(out, item_value(item));
            count++;
        }
        place->last = item;
    }
    return NULL;
}

int backlog_scan(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                 uint64_t limit)
{
    struct backlog_walk walk;
    struct place place = {.newest = backlog->seq};

    if (walk_from(ctx, backlog, cursor, &walk) < 0) {
        return -1;
    }
    if (limit == 0) {
        return fail(ctx, ERR_VALUE, "limit must be at least 1");
    }
    if (cursor.len > 0) {
        place.newest = number_read(cursor.data);
    }
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_LIST);
    const struct item *next = put_items(out, &walk, limit, &place);

    val_close(out, mark);
    if (next == NULL) {
        return page_reply(ctx, backlog, NULL);
    }
    if (backlog->order == ORDER_PRIORITY && place.last->len > CURSOR_VALUE_MAX) {
        place.seen = seen_before(backlog, place.last);
    }
    return page_reply(ctx, backlog, &place);
}
