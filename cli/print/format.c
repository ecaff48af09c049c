/* SPDX-License-Identifier: BSD-2-Clause */
/* One value in each format. */
#include "cli/base/output.h"
#include "wire/value/value.h"

/* A pair of a dict as [key, value]: the form that keeps keys of every kind. */
static bool print_json_pair(const struct style *style, struct bytes key, struct bytes value,
                            struct buf *out, struct literal_error *error)
{
    struct buf pair;
    buf_init(&pair);
    size_t mark = val_open(&pair, VAL_LIST);
    val_put_item(&pair, key);
    val_put_item(&pair, value);
    val_close(&pair, mark);
    bool ok = literal_print_json(buf_bytes(&pair), style->names, out, error);
    out->failed = out->failed || pair.failed;
    buf_free(&pair);
    return ok;
}

static bool print_jsonl(const struct style *style, struct bytes encoding, struct buf *out,
                        struct literal_error *error)
{
    struct val value = val_read(encoding);
    struct bytes item, member;
    size_t before = out->len;
    bool ok = true;
    if (value.kind < VAL_LIST || value.kind > VAL_FROZENSET) {
        ok = literal_print_json(encoding, style->names, out, error);
        if (ok)
            buf_put_u8(out, (uint8_t)style->end);
        return ok;
    }
    struct val_iter it = val_iter(&value);
    while (ok &&
           (value.kind == VAL_DICT ? val_next_pair(&it, &item, &member) : val_next(&it, &item))) {
        ok = value.kind == VAL_DICT ? print_json_pair(style, item, member, out, error)
                                    : literal_print_json(item, style->names, out, error);
        buf_put_u8(out, (uint8_t)style->end);
    }
    if (!ok)
        out->len = before;
    return ok;
}

static void print_raw(const struct style *style, struct bytes encoding, struct buf *out)
{
    enum val_kind kind = val_read(encoding).kind;
    bool container = kind >= VAL_LIST && kind <= VAL_FROZENSET;
    literal_print_raw(encoding, style->names, style->end, out);
    if (!container && kind != VAL_BYTES && kind != VAL_NONE)
        buf_put_u8(out, (uint8_t)style->end);
}

bool format_print(const struct style *style, struct bytes value, struct buf *out,
                  struct literal_error *error)
{
    switch (style->format) {
    case FORMAT_RAW:
        print_raw(style, value, out);
        return true;
    case FORMAT_JSONL:
        return print_jsonl(style, value, out, error);
    case FORMAT_JSON:
        if (!literal_print_json(value, style->names, out, error))
            return false;
        break;
    case FORMAT_YAML:
        literal_print_yaml(value, style->names, out);
        break;
    case FORMAT_PYTHON:
        literal_print_python(value, style->names, out);
        break;
    case FORMAT_TEXT:
    case FORMAT_DOT: /* refused before, but by waits */
        literal_print(value, style->names, out);
        break;
    }
    buf_put_u8(out, (uint8_t)style->end);
    return true;
}
