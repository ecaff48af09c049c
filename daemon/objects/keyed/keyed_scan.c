/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a table in pages, in insertion order. */
#include "daemon/objects/keyed/keyed.h"

/* A cursor has three numbers of 4 bytes, little endian: the table's epoch, the last entry shown,
 * and the first entry added after the scan began. Entries from there on are not shown, so that a
 * scan ends however many are added. */
enum { CURSOR_EPOCH = 0, CURSOR_SEEN = 4, CURSOR_END = 8, CURSOR_LEN = 12 };

static void put_u32(uint8_t *at, uint32_t word)
{
    for (int i = 0; i < 4; i++, word >>= 8)
        at[i] = (uint8_t)word;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The entries that a page may show: after `seen` and before `end`. */
struct part {
    uint32_t seen, end;
};

static int read_cursor(struct ctx *ctx, struct bytes cursor, struct part *part)
{
    const struct table *table = keyed_table(ctx);
    *part = (struct part){.seen = 0, .end = table->next_seq};
    if (cursor.len == 0)
        return 0;
    if (cursor.len != CURSOR_LEN)
        return fail(ctx, ERR_INVALID, "the cursor is not one of this object's");
    part->seen = get_u32(cursor.data + CURSOR_SEEN);
    part->end = get_u32(cursor.data + CURSOR_END);
    if (get_u32(cursor.data + CURSOR_EPOCH) != table->epoch || part->seen >= part->end ||
        part->end > table->next_seq)
        return fail(ctx, ERR_INVALID, "the cursor is too old: start again without one");
    return 0;
}

/* Whether the row fits into this page; the first row always does. */
static bool fits(const struct buf *out, const struct table_row *row, bool first)
{
    size_t run = row->value.len > 0 ? val_pair_size(row->key.len, row->value.len)
                                    : val_item_size(row->key.len);
    size_t most = out->limit / 2 < SCAN_BYTES ? out->limit / 2 : SCAN_BYTES;
    return first || out->len + run <= most;
}

static void put_row(struct buf *out, const struct table_row *row)
{
    if (row->value.len > 0)
        val_put_pair(out, row->key, row->value);
    else
        val_put_item(out, row->key);
}

/* Puts the rows of the page and moves part->seen. False: no rows are left. */
static bool put_rows(const struct table *table, struct part *part, uint64_t limit, struct buf *out)
{
    struct table_walk walk = table_walk_after(table, part->seen);
    struct table_row row;
    uint64_t count = 0;
    for (; table_next(&walk, &row) && row.seq < part->end; count++) {
        if (count == limit || out->failed || !fits(out, &row, count == 0))
            return true;
        put_row(out, &row);
        part->seen = row.seq;
    }
    return false;
}

int keyed_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit)
{
    const struct table *table = keyed_table(ctx);
    struct part part;
    if (read_cursor(ctx, cursor, &part) != 0)
        return -1;
    if (limit == 0)
        return fail(ctx, ERR_VALUE, "limit must be at least 1");
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, table->has_values ? VAL_DICT : VAL_SET);
    bool more = put_rows(table, &part, limit, out);
    val_close(out, mark);
    uint8_t next[CURSOR_LEN];
    put_u32(next + CURSOR_EPOCH, table->epoch);
    put_u32(next + CURSOR_SEEN, part.seen);
    put_u32(next + CURSOR_END, part.end);
    return reply_page(ctx, bytes_of(next, more ? CURSOR_LEN : 0));
}
