/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a valid value apart and builds it again. */
#include "tests/support/rebuild.h"

#include "wire/value/value.h"

static void rebuild_dict(struct buf *out, const struct val *v)
{
    struct bytes key, value;
    size_t mark = val_open(out, VAL_DICT);
    for (struct val_iter it = val_iter(v); val_next_pair(&it, &key, &value);) {
        size_t pair = val_open_pair(out);
        size_t member = val_open_key(out);
        rebuild(out, key);
        val_close(out, member);
        member = val_open_member(out);
        rebuild(out, value);
        val_close(out, member);
        val_close(out, pair);
    }
    val_close(out, mark);
}

static void rebuild_items(struct buf *out, const struct val *v)
{
    struct bytes item;
    size_t mark = val_open(out, v->kind);
    for (struct val_iter it = val_iter(v); val_next(&it, &item);) {
        size_t member = val_open_item(out);
        rebuild(out, item);
        val_close(out, member);
    }
    val_close(out, mark);
}

static void rebuild_opaque(struct buf *out, const struct val *v)
{
    struct bytes codec, data, parts;
    struct buf again;
    val_opaque(v, &codec, &data, &parts);
    buf_init(&again);
    if (parts.len > 0)
        rebuild(&again, parts);
    val_put_opaque(out, codec, data, buf_bytes(&again));
    buf_free(&again);
}

void rebuild(struct buf *out, struct bytes encoding)
{
    struct val v = val_read(encoding);
    switch (v.kind) {
    case VAL_NOT_GIVEN:
        break;
    case VAL_NONE:
        val_put_none(out);
        break;
    case VAL_BOOL:
        val_put_bool(out, v.boolean);
        break;
    case VAL_INT:
        val_put_int(out, v.integer);
        break;
    case VAL_BIGINT:
        val_put_bigint(out, v.body);
        break;
    case VAL_FLOAT:
        val_put_float(out, v.real);
        break;
    case VAL_STR:
        val_put_str(out, v.body);
        break;
    case VAL_BYTES:
        val_put_bytes(out, v.body);
        break;
    case VAL_REF:
        val_put_ref(out, v.ref);
        break;
    case VAL_DICT:
        rebuild_dict(out, &v);
        break;
    case VAL_OPAQUE:
        rebuild_opaque(out, &v);
        break;
    default:
        rebuild_items(out, &v);
    }
}

/* Gives the number of members; values stays empty but for a dict. */
static size_t collect(const struct val *v, struct bytes *items, struct bytes *values)
{
    size_t n = 0;
    struct val_iter it = val_iter(v);
    while (n < REBUILD_MEMBERS && (v->kind == VAL_DICT ? val_next_pair(&it, &items[n], &values[n])
                                                       : val_next(&it, &items[n])))
        n++;
    return n;
}

void rebuild_reversed(struct buf *out, struct bytes encoding)
{
    struct val v = val_read(encoding);
    struct bytes items[REBUILD_MEMBERS], values[REBUILD_MEMBERS];
    bool dict = v.kind == VAL_DICT, ordered = v.kind == VAL_LIST || v.kind == VAL_TUPLE;
    if (v.kind < VAL_LIST || v.kind > VAL_FROZENSET) {
        buf_put_bytes(out, encoding);
        return;
    }
    size_t n = collect(&v, items, values);
    size_t mark = val_open(out, v.kind == VAL_SET ? VAL_FROZENSET : v.kind);
    for (size_t i = 0; i < n; i++) {
        size_t from = ordered ? i : n - 1 - i;
        size_t pair = dict ? val_open_pair(out) : 0;
        size_t item = val_open_item(out);
        rebuild_reversed(out, items[from]);
        val_close(out, item);
        if (dict) {
            item = val_open_member(out);
            rebuild_reversed(out, values[from]);
            val_close(out, item);
            val_close(out, pair);
        }
    }
    val_close(out, mark);
}
