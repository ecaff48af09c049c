/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds values. */
#include "wire/base/frame.h"
#include "wire/value/bigint.h"
#include "wire/value/value_inner.h"

const struct bytes VAL_TRUE = {(const uint8_t[]){VAL_BOOL << 3, 1}, 2};
const struct bytes VAL_FALSE = {(const uint8_t[]){VAL_BOOL << 3, 0}, 2};
const struct bytes VAL_NONE_BYTES = {(const uint8_t[]){VAL_NONE << 3 | FORM_LENGTH, 0}, 2};

/* Writes tag, length and content where there is room; returns their end. */
static uint8_t *write_field(uint8_t *at, uint8_t tag, struct bytes content)
{
    *at++ = tag;
    at += varint_write(at, content.len);
    if (content.len > 0)
        memcpy(at, content.data, content.len);
    return at + content.len;
}

static size_t field_size(size_t len)
{
    return 1 + varint_size(len) + len;
}

/* Reserves room for the whole field once: a reply may consist of millions of fields. */
static void put_field(struct buf *b, uint8_t tag, struct bytes content)
{
    uint8_t *at = buf_reserve(b, field_size(content.len));
    if (at != NULL)
        b->len += (size_t)(write_field(at, tag, content) - at);
}

static void put_varint_field(struct buf *b, enum val_kind kind, uint64_t word)
{
    buf_put_u8(b, val_tag(kind));
    buf_put_varint(b, word);
}

void val_put_none(struct buf *b)
{
    buf_put_bytes(b, VAL_NONE_BYTES);
}

void val_put_bool(struct buf *b, bool value)
{
    buf_put_bytes(b, val_bool(value));
}

void val_put_int(struct buf *b, int64_t value)
{
    put_varint_field(b, VAL_INT, zigzag(value));
}

void val_put_uint(struct buf *b, uint64_t value)
{
    if (value <= INT64_MAX) {
        val_put_int(b, (int64_t)value);
        return;
    }
    uint8_t big[9] = {0};
    for (int i = 8; i > 0; i--, value >>= 8)
        big[i] = (uint8_t)value;
    put_field(b, val_tag(VAL_BIGINT), bytes_of(big, sizeof big));
}

void val_put_float(struct buf *b, double value)
{
    uint8_t field[9] = {val_tag(VAL_FLOAT)};
    store_double(field + 1, value);
    buf_put(b, field, sizeof field);
}

void val_put_str(struct buf *b, struct bytes utf8)
{
    put_field(b, val_tag(VAL_STR), utf8);
}

void val_put_text(struct buf *b, const char *utf8)
{
    val_put_str(b, bytes_text(utf8));
}

void val_put_bytes(struct buf *b, struct bytes data)
{
    put_field(b, val_tag(VAL_BYTES), data);
}

void val_put_ref(struct buf *b, uint64_t id)
{
    put_varint_field(b, VAL_REF, id);
}

void val_put_bigint(struct buf *b, struct bytes twos_complement)
{
    struct bytes n = bigint_shortest(twos_complement);
    if (n.len > sizeof(int64_t)) {
        put_field(b, val_tag(VAL_BIGINT), n);
        return;
    }
    uint64_t word = n.len > 0 && (n.data[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n.len; i++)
        word = word << 8 | n.data[i];
    val_put_int(b, (int64_t)word);
}

void val_put_opaque(struct buf *b, struct bytes codec, struct bytes data, struct bytes parts)
{
    size_t mark = val_open(b, VAL_OPAQUE);
    put_field(b, TAG_ITEM, codec);
    if (data.len > 0)
        put_field(b, TAG_MEMBER, data);
    if (parts.len > 0)
        put_field(b, TAG_PARTS, parts);
    val_close(b, mark);
}

/* Leaves one byte for the length; val_close moves the content if the length needs more. */
static size_t open_field(struct buf *b, uint8_t tag)
{
    buf_put_u8(b, tag);
    size_t mark = b->len;
    buf_put_u8(b, 0);
    return mark;
}

size_t val_open(struct buf *b, enum val_kind kind)
{
    return open_field(b, val_tag(kind));
}

size_t val_open_item(struct buf *b)
{
    return open_field(b, TAG_ITEM);
}

size_t val_open_pair(struct buf *b)
{
    return open_field(b, TAG_ITEM);
}

size_t val_open_key(struct buf *b)
{
    return open_field(b, TAG_ITEM);
}

size_t val_open_member(struct buf *b)
{
    return open_field(b, TAG_MEMBER);
}

void val_close(struct buf *b, size_t mark)
{
    if (b->failed)
        return;
    size_t body_len = b->len - mark - 1;
    size_t more = varint_size(body_len) - 1;
    if (more > 0) {
        if (!buf_reserve(b, more))
            return;
        memmove(b->data + mark + 1 + more, b->data + mark + 1, body_len);
        b->len += more;
    }
    varint_write(b->data + mark, body_len);
}

void val_put_item(struct buf *b, struct bytes encoding)
{
    put_field(b, TAG_ITEM, encoding);
}

void val_put_pair(struct buf *b, struct bytes key, struct bytes value)
{
    size_t size = field_size(key.len) + field_size(value.len);
    uint8_t *at = buf_reserve(b, field_size(size));
    if (at == NULL)
        return;
    b->len += field_size(size);
    *at++ = TAG_ITEM;
    at += varint_write(at, size);
    at = write_field(at, TAG_ITEM, key);
    (void)write_field(at, TAG_MEMBER, value);
}

void val_put_item_pair(struct buf *b, struct bytes first, struct bytes second)
{
    size_t size = field_size(first.len) + field_size(second.len);
    size_t tuple = field_size(size);
    uint8_t *at = buf_reserve(b, field_size(tuple));
    if (at == NULL)
        return;
    b->len += field_size(tuple);
    *at++ = TAG_ITEM;
    at += varint_write(at, tuple);
    *at++ = val_tag(VAL_TUPLE);
    at += varint_write(at, size);
    at = write_field(at, TAG_ITEM, first);
    (void)write_field(at, TAG_ITEM, second);
}

/* An open pair with its key written and its value open. */
struct open_pair {
    size_t pair;
    size_t member;
};

static struct open_pair open_text_pair(struct buf *b, const char *key)
{
    struct open_pair marks = {.pair = val_open_pair(b)};
    size_t mark = val_open_key(b);
    val_put_text(b, key);
    val_close(b, mark);
    marks.member = val_open_member(b);
    return marks;
}

static void close_text_pair(struct buf *b, struct open_pair marks)
{
    val_close(b, marks.member);
    val_close(b, marks.pair);
}

void val_put_field_str(struct buf *b, const char *key, struct bytes text)
{
    struct open_pair marks = open_text_pair(b, key);
    val_put_str(b, text);
    close_text_pair(b, marks);
}

void val_put_field_text(struct buf *b, const char *key, const char *value)
{
    struct open_pair marks = open_text_pair(b, key);
    val_put_text(b, value);
    close_text_pair(b, marks);
}

void val_put_field_int(struct buf *b, const char *key, int64_t value)
{
    struct open_pair marks = open_text_pair(b, key);
    val_put_int(b, value);
    close_text_pair(b, marks);
}

void val_put_field_uint(struct buf *b, const char *key, uint64_t value)
{
    struct open_pair marks = open_text_pair(b, key);
    val_put_uint(b, value);
    close_text_pair(b, marks);
}

void val_put_field_bool(struct buf *b, const char *key, bool value)
{
    struct open_pair marks = open_text_pair(b, key);
    val_put_bool(b, value);
    close_text_pair(b, marks);
}

void val_put_field(struct buf *b, const char *key, struct bytes encoding)
{
    struct open_pair marks = open_text_pair(b, key);
    buf_put_bytes(b, encoding);
    close_text_pair(b, marks);
}

void val_put_head(struct buf *b, enum val_kind kind, size_t body_len)
{
    buf_put_u8(b, val_tag(kind));
    buf_put_varint(b, body_len);
}

size_t val_head_size(size_t body_len)
{
    return 1 + varint_size(body_len);
}

size_t val_item_size(size_t encoding_len)
{
    return field_size(encoding_len);
}

size_t val_pair_size(size_t key_len, size_t value_len)
{
    return field_size(field_size(key_len) + field_size(value_len));
}
