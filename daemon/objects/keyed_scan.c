/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a table in parts: the cursor is the sequence number of the last entry that was seen. */
#include "daemon/objects/keyed.h"

enum { CURSOR_LEN = 8 }; /* epoch and sequence number, little endian */

static void put_u32(uint8_t *at, uint32_t word)
{
    for (int i = 0; i < 4; i++, word >>= 8)
        at[i] = (uint8_t)word;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int read_cursor(struct ctx *ctx, struct bytes cursor, uint32_t *seq)
{
    const struct table *table = keyed_table(ctx);
    *seq = 0;
    if (cursor.len == 0)
        return 0;
    if (cursor.len != CURSOR_LEN)
        return fail(ctx, ERR_INVALID, "the cursor is not one of this object's");
    *seq = get_u32(cursor.data + 4);
    if (get_u32(cursor.data) != table->epoch || *seq >= table->next_seq)
        return fail(ctx, ERR_INVALID, "the cursor is too old: start again without one");
    return 0;
}

static void put_row(struct buf *out, const struct table_row *row)
{
    if (row->value.len > 0)
        val_put_pair(out, row->key, row->value);
    else
        val_put_item(out, row->key);
}

int keyed_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit)
{
    const struct table *table = keyed_table(ctx);
    uint32_t seq;
    if (read_cursor(ctx, cursor, &seq) != 0)
        return -1;
    if (limit == 0)
        return fail(ctx, ERR_VALUE, "limit must be at least 1");
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, table->has_values ? VAL_DICT : VAL_SET);
    struct table_walk walk = table_walk_after(table, seq);
    struct table_row row;
    bool more;
    while ((more = table_next(&walk, &row)) && limit-- > 0 && out->len < SCAN_BYTES &&
           !out->failed) {
        put_row(out, &row);
        seq = row.seq;
    }
    val_close(out, mark);
    uint8_t next[CURSOR_LEN];
    put_u32(next, table->epoch);
    put_u32(next + 4, seq);
    return reply_page(ctx, bytes_of(next, more ? CURSOR_LEN : 0));
}
