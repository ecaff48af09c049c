/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon tells about itself and its objects, as lines and tables for people. */
#include <stdlib.h>

#include "cli/base/output.h"
#include "wire/value/value.h"

enum { COLUMNS_MAX = 32, COLUMN_GAP = 2, COLUMN_WIDEST = 60 };

/* Text of a cell: strings bare, so that names and ids can be copied; nothing that a terminal obeys.
 */
static void put_cell(const struct style *style, struct bytes encoding, struct buf *out)
{
    struct val value = val_read(encoding);
    if (value.kind == VAL_STR)
        literal_escape(value.body, out);
    else if (value.kind == VAL_NONE)
        buf_put_u8(out, '-');
    else
        literal_print(encoding, style->names, out);
}

/* Characters, roughly: bytes that begin one. */
static size_t width_of(struct bytes text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++)
        width += (text.data[i] & 0xC0) != 0x80;
    return width;
}

/* Calls put for each cell of a row, with its column. */
struct table {
    const struct style *style;
    size_t indent;
    size_t widths[COLUMNS_MAX];
    size_t columns;
};

static void measure(struct table *table, struct bytes row, bool head)
{
    struct val dict = val_read(row);
    struct val_iter it = val_iter(&dict);
    struct bytes key, value;
    struct buf cell;
    buf_init(&cell);
    size_t column = 0;
    for (; column < COLUMNS_MAX && val_next_pair(&it, &key, &value); column++) {
        buf_reset(&cell, SIZE_MAX);
        put_cell(table->style, head ? key : value, &cell);
        size_t width = width_of(buf_bytes(&cell));
        if (width > COLUMN_WIDEST)
            width = COLUMN_WIDEST;
        if (width > table->widths[column])
            table->widths[column] = width;
    }
    if (column > table->columns)
        table->columns = column;
    buf_free(&cell);
}

static void put_blanks(size_t count, struct buf *out)
{
    for (; count > 0; count--)
        buf_put_u8(out, ' ');
}

static void put_row(const struct table *table, struct bytes row, bool head, struct buf *out)
{
    struct val dict = val_read(row);
    struct val_iter it = val_iter(&dict);
    struct bytes key, value;
    put_blanks(table->indent, out);
    for (size_t column = 0; column < table->columns && val_next_pair(&it, &key, &value); column++) {
        size_t before = out->len;
        put_cell(table->style, head ? key : value, out);
        size_t width = width_of(bytes_of(out->data + before, out->len - before));
        size_t pad = width < table->widths[column] ? table->widths[column] - width : 0;
        if (column + 1 < table->columns)
            put_blanks(pad + COLUMN_GAP, out);
    }
    buf_put_u8(out, (uint8_t)table->style->end);
}

/* The last row of a list that was cut: {more: N}. */
static bool is_rest(struct bytes row, struct bytes *count)
{
    struct val dict = val_read(row);
    struct val_iter it = val_iter(&dict);
    struct bytes key, rest;
    return dict.kind == VAL_DICT && val_next_pair(&it, &key, count) &&
           bytes_equal(val_read(key).body, bytes_text("more")) && !val_next_pair(&it, &key, &rest);
}

static void put_rest(const struct table *table, struct bytes count, struct buf *out)
{
    put_blanks(table->indent, out);
    buf_put_text(out, "and ");
    put_cell(table->style, count, out);
    buf_put_text(out, " more");
    buf_put_u8(out, (uint8_t)table->style->end);
}

static void put_table(const struct style *style, const struct val *list, size_t indent,
                      struct buf *out)
{
    struct table table = {.style = style, .indent = indent};
    struct bytes row, count;
    bool head = true;
    struct val_iter it = val_iter(list);
    for (; val_next(&it, &row) && !is_rest(row, &count); head = false) {
        if (head)
            measure(&table, row, true);
        measure(&table, row, false);
    }
    it = val_iter(list);
    for (head = true; val_next(&it, &row); head = false) {
        if (is_rest(row, &count)) {
            put_rest(&table, count, out);
            continue;
        }
        if (head)
            put_row(&table, row, true, out);
        put_row(&table, row, false, out);
    }
}

/* Lines of "key: value"; a list of rows is a table below its key. */
static void put_dict(const struct style *style, const struct val *dict, struct buf *out)
{
    struct val_iter it = val_iter(dict);
    struct bytes key, member, first;
    while (val_next_pair(&it, &key, &member)) {
        struct val value = val_read(member);
        struct val_iter items = val_iter(&value);
        bool empty = value.kind == VAL_LIST && !val_next(&items, &first);
        bool rows = value.kind == VAL_LIST && !empty && val_read(first).kind == VAL_DICT;
        put_cell(style, key, out);
        buf_put_text(out, rows ? ":" : ": ");
        if (!rows)
            put_cell(style, empty ? VAL_NONE_BYTES : member, out);
        buf_put_u8(out, (uint8_t)style->end);
        if (rows)
            put_table(style, &value, COLUMN_GAP, out);
    }
}

void format_print_rows(const struct style *style, struct bytes encoding, struct buf *out)
{
    struct val value = val_read(encoding);
    struct val_iter it;
    struct bytes first;
    if (value.kind == VAL_DICT) {
        put_dict(style, &value, out);
        return;
    }
    if (value.kind == VAL_LIST) {
        it = val_iter(&value);
        if (!val_next(&it, &first))
            return;
        if (val_read(first).kind == VAL_DICT) {
            put_table(style, &value, 0, out);
            return;
        }
        it = val_iter(&value);
        while (val_next(&it, &first)) {
            put_cell(style, first, out);
            buf_put_u8(out, (uint8_t)style->end);
        }
        return;
    }
    put_cell(style, encoding, out);
    buf_put_u8(out, (uint8_t)style->end);
}
