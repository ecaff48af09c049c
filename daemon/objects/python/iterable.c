/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks arguments as Python iterates over them. */
#include "daemon/objects/python/iterable.h"

#include <inttypes.h>

#include "daemon/engine/core.h"

int bulk_check(struct ctx *ctx, uint64_t items, unsigned steps)
{
    uint64_t limit = ctx_limits(ctx)->bulk_items;
    if (items > limit)
        return fail(ctx, ERR_LIMIT,
                    "%" PRIu64 " items are more than one operation may touch (bulk_items %" PRIu64
                    ")",
                    items, limit);
    return work_take_each(ctx, items, steps);
}

static bool starts_character(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

/* Length of the first character of valid UTF-8. */
static size_t character_len(struct bytes utf8)
{
    size_t len = 1;
    while (len < utf8.len && !starts_character(utf8.data[len]))
        len++;
    return len;
}

static size_t count_characters(struct bytes utf8)
{
    size_t count = 0;
    for (size_t i = 0; i < utf8.len; i++)
        count += starts_character(utf8.data[i]);
    return count;
}

/* Puts the characters of a str or the numbers of bytes as a list. */
static void expand(const struct val *v, struct buf *out)
{
    size_t list = val_open(out, VAL_LIST);
    for (size_t at = 0, len = 1; at < v->body.len; at += len) {
        size_t item = val_open_item(out);
        if (v->kind == VAL_BYTES) {
            val_put_int(out, v->body.data[at]);
        } else {
            len = character_len(bytes_of(v->body.data + at, v->body.len - at));
            val_put_str(out, bytes_of(v->body.data + at, len));
        }
        val_close(out, item);
    }
    val_close(out, list);
}

static int open_expanded(struct ctx *ctx, struct iterable *it)
{
    it->count = it->of.kind == VAL_STR ? count_characters(it->of.body) : it->of.body.len;
    if (bulk_check(ctx, it->count, STEPS_VISIT) != 0)
        return -1;
    expand(&it->of, &it->expanded);
    if (it->expanded.failed) {
        buf_free(&it->expanded);
        return fail_nomem(ctx);
    }
    it->of = val_read(buf_bytes(&it->expanded));
    return 0;
}

int iterable_open(struct ctx *ctx, struct bytes value, struct iterable *it)
{
    *it = (struct iterable){.of = val_read(value)};
    buf_init(&it->expanded);
    switch (it->of.kind) {
    case VAL_LIST:
    case VAL_TUPLE:
    case VAL_SET:
    case VAL_FROZENSET:
    case VAL_DICT:
        it->count = val_count(&it->of);
        break;
    case VAL_STR:
    case VAL_BYTES:
        if (open_expanded(ctx, it) != 0)
            return -1;
        break;
    case VAL_NOT_GIVEN:
        return fail(ctx, ERR_TYPE, "missing argument: something to iterate over");
    default:
        return fail(ctx, ERR_TYPE, "'%s' object is not iterable", val_type_name(it->of.kind));
    }
    it->at = val_iter(&it->of);
    return 0;
}

bool iterable_next(struct iterable *it, struct bytes *item)
{
    struct bytes value;
    if (it->of.kind == VAL_DICT)
        return val_next_pair(&it->at, item, &value);
    return val_next(&it->at, item);
}

void iterable_close(struct iterable *it)
{
    buf_free(&it->expanded);
}
