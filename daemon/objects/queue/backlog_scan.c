/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a backlog in pages without taking items. A cursor has two numbers: the newest item when
 * the scan began (newer ones are not shown, so that the scan ends whatever is put), and the last
 * item looked at. For a priority queue it also has that item's value. If that value is too long,
 * it has the last item with a short value (if there is one), and a third number: how many items
 * were shown since. */
#include "daemon/objects/queue/backlog.h"

enum {
    NUMBER_BYTES = 8,
    CURSOR_BYTES = 2 * NUMBER_BYTES,
    CURSOR_BYTES_VALUE = 3 * NUMBER_BYTES, /* and a value after them */
    CURSOR_VALUE_MAX = 64 << 10,
    STEPS_NEXT = 8, /* cost of the step to the next item */
};

static uint64_t number_read(const uint8_t *at)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < NUMBER_BYTES; i++)
        number |= (uint64_t)at[i] << (8 * i);
    return number;
}

static void number_put(struct buf *out, uint64_t number)
{
    for (unsigned i = 0; i < NUMBER_BYTES; i++)
        buf_put_u8(out, (uint8_t)(number >> (8 * i)));
}

static int fail_cursor(struct ctx *ctx)
{
    return fail(ctx, ERR_VALUE, "the cursor is not one of this object");
}

/* The position that a cursor describes. */
struct place {
    uint64_t newest;    /* newest item when the scan began */
    uint64_t seq;       /* the last item; in a priority queue: the last one with a short value */
    struct bytes value; /* in a priority queue: the value of that item; empty: none yet */
    uint64_t since;     /* number of items shown after that one */
};

/* Starts after the item with the short value, which may be gone. -1: fail() was called. */
static int walk_from_value(struct ctx *ctx, const struct backlog *backlog,
                           const struct place *place, struct backlog_walk *walk)
{
    struct bytes value = place->value;
    struct val_check check;
    if (value.len > CURSOR_VALUE_MAX || val_check(value, VAL_DEPTH_STORED, &check) != VAL_OK)
        return fail_cursor(ctx);
    struct item *probe = mem_alloc(NULL, sizeof *probe + value.len);
    if (probe == NULL)
        return fail_nomem(ctx);
    *probe = (struct item){.seq = place->seq, .len = (uint32_t)value.len};
    memcpy(probe->value, value.data, value.len);
    *walk = backlog_walk_after(backlog, probe);
    item_delete(NULL, probe);
    return 0;
}

/* Passes the items with long values that were shown already. */
static int walk_on(struct ctx *ctx, const struct place *place, struct backlog_walk *walk)
{
    const struct item *item;
    for (uint64_t left = place->since; left > 0 && (item = backlog_next(walk)) != NULL;) {
        if (work_take(ctx, STEPS_NEXT) < 0)
            return -1;
        left -= item->seq <= place->newest;
    }
    return 0;
}

static int walk_by_priority(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                            struct place *place, struct backlog_walk *walk)
{
    if (cursor.len < CURSOR_BYTES_VALUE)
        return fail_cursor(ctx);
    place->since = number_read(cursor.data + CURSOR_BYTES);
    place->value = bytes_of(cursor.data + CURSOR_BYTES_VALUE, cursor.len - CURSOR_BYTES_VALUE);
    if (place->value.len == 0)
        *walk = backlog_walk(backlog);
    else if (walk_from_value(ctx, backlog, place, walk) < 0)
        return -1;
    return walk_on(ctx, place, walk);
}

static int walk_from(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                     struct place *place, struct backlog_walk *walk)
{
    *place = (struct place){.newest = backlog->seq};
    if (cursor.len == 0) {
        *walk = backlog_walk(backlog);
        return 0;
    }
    if (cursor.len < CURSOR_BYTES)
        return fail_cursor(ctx);
    place->newest = number_read(cursor.data);
    place->seq = number_read(cursor.data + NUMBER_BYTES);
    if (backlog->order == ORDER_PRIORITY)
        return walk_by_priority(ctx, backlog, cursor, place, walk);
    if (cursor.len != CURSOR_BYTES)
        return fail_cursor(ctx);
    *walk = backlog_walk_after(backlog, &(struct item){.seq = place->seq});
    return 0;
}

/* Moves the position to an item that was looked at (and shown, unless it is newer than the
 * scan). */
static void place_after(struct place *place, enum backlog_order order, const struct item *item)
{
    if (order == ORDER_PRIORITY && item->len > CURSOR_VALUE_MAX) {
        place->since += item->seq <= place->newest;
        return;
    }
    place->seq = item->seq;
    place->value = item_value(item);
    place->since = 0;
}

/* Replies with the page; place NULL: nothing is left. */
static int page_reply(struct ctx *ctx, const struct backlog *backlog, const struct place *place)
{
    struct buf cursor;
    if (place == NULL)
        return reply_page(ctx, bytes_of(NULL, 0));
    buf_init(&cursor);
    number_put(&cursor, place->newest);
    number_put(&cursor, place->seq);
    if (backlog->order == ORDER_PRIORITY) {
        number_put(&cursor, place->since);
        buf_put_bytes(&cursor, place->value);
    }
    int status = cursor.failed ? fail_nomem(ctx) : reply_page(ctx, buf_bytes(&cursor));
    buf_free(&cursor);
    return status;
}

/* Puts the items of a page. True: there are more items. */
static bool put_items(struct buf *out, struct backlog_walk *walk, uint64_t limit,
                      struct place *place)
{
    size_t budget = out->limit / 2 < SCAN_BYTES ? out->limit / 2 : SCAN_BYTES;
    uint64_t count = 0;
    const struct item *item;
    for (uint64_t looked = 0; (item = backlog_next(walk)) != NULL; looked++) {
        bool shown = item->seq <= place->newest;
        if (count == limit || looked == SCAN_ITEMS ||
            (shown && count > 0 && out->len + val_item_size(item->len) > budget))
            return true;
        if (shown) {
            val_put_item(out, item_value(item));
            count++;
        }
        place_after(place, walk->order, item);
    }
    return false;
}

int backlog_scan(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                 uint64_t limit)
{
    struct backlog_walk walk;
    struct place place;
    if (walk_from(ctx, backlog, cursor, &place, &walk) < 0)
        return -1;
    if (limit == 0)
        return fail(ctx, ERR_VALUE, "limit must be at least 1");
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_LIST);
    bool more = put_items(out, &walk, limit, &place);
    val_close(out, mark);
    return page_reply(ctx, backlog, more ? &place : NULL);
}
