/* SPDX-License-Identifier: BSD-2-Clause */
/* mgrd's protocol, written by hand so that the generator is never the slow one. */
#include "bench/bench.h"
#include "ops_numbers.h"
#include "wire/frame.h"
#include "wire/value.h"

enum { WINDOW = 256, BODY_MAX = 128 };

#define NAME "bench"

static void put_tag(struct buf *out, unsigned field, unsigned wire_type)
{
    buf_put_varint(out, field << 3 | wire_type);
}

static void put_data(struct buf *out, unsigned field, struct bytes data)
{
    put_tag(out, field, 2);
    buf_put_varint(out, data.len);
    buf_put_bytes(out, data);
}

/* A frame around a Request{id, oneof op = body}. */
static void put_frame(struct buf *out, uint64_t id, unsigned op, struct bytes body)
{
    uint8_t head[FRAME_HEAD_MAX];
    size_t len = 1 + varint_size(id) + varint_size(op << 3 | 2) + varint_size(body.len) + body.len;
    buf_put(out, head, frame_head(head, len));
    put_tag(out, 1, 0);
    buf_put_varint(out, id);
    put_data(out, op, body);
}

static void put_hello(struct buf *out)
{
    struct buf body;
    buf_init(&body);
    put_tag(&body, 1, 0);
    buf_put_varint(&body, 1);
    put_data(&body, 2, bytes_text("mgr-bench"));
    put_frame(out, 1, OP_session_hello, buf_bytes(&body));
    buf_free(&body);
}

/* Splits a reply; gives the field of its result, 0: more bytes, -1: not the protocol. */
static long split(const uint8_t *at, size_t len, size_t *used, struct bytes *result)
{
    struct bytes body;
    size_t need;
    enum frame_status status = frame_split(bytes_of(at, len), 64 << 20, &body, used, &need);
    if (status != FRAME_OK)
        return status == FRAME_MORE ? 0 : -1;
    const uint8_t *in = body.data, *end = body.data + body.len;
    uint64_t tag = 0, value = 0;
    while (in < end) {
        int n = varint_read(in, end, &tag);
        if (n <= 0)
            return -1;
        in += n;
        n = varint_read(in, end, &value);
        if (n <= 0)
            return -1;
        in += n;
        if ((tag & 7) == 2) {
            *result = bytes_of(in, (size_t)value);
            return (long)(tag >> 3);
        }
    }
    return -1;
}

static long take_hello(const uint8_t *at, size_t len)
{
    size_t used;
    struct bytes result;
    long field = split(at, len, &used, &result);
    return field == 0 ? 0 : field == 8 ? (long)used : -1;
}

static void put_prepare(struct buf *out)
{
    struct buf body;
    buf_init(&body);
    put_data(&body, 1, bytes_text(NAME));
    put_data(&body, 2, bytes_text("dict"));
    put_tag(&body, 4, 0);
    buf_put_varint(&body, 1);
    put_frame(out, WINDOW, OP_object_create, buf_bytes(&body));
    buf_free(&body);
}

static void put_request(struct buf *out, const struct options *options, uint64_t n, uint64_t number,
                        bool set)
{
    static const uint8_t filler[65536] = {0};
    uint8_t key[KEY_LEN];
    size_t key_len = 2 + KEY_LEN, value_len = 0, len = 0;
    /* as libmgr counts: as many slots as there are requests on their way */
    uint64_t id = (n / options->pipeline + 2) * WINDOW + n % options->pipeline;
    unsigned op = set ? OP_dict_set : OP_dict_get;
    put_key(key, number);
    if (set)
        value_len = 1 + varint_size(options->value_size) + options->value_size;
    len = 2 + sizeof NAME - 1 + 2 + key_len;
    if (set)
        len += 1 + varint_size(value_len) + value_len;
    uint8_t head[FRAME_HEAD_MAX];
    buf_put(
        out, head,
        frame_head(head, 1 + varint_size(id) + varint_size(op << 3 | 2) + varint_size(len) + len));
    put_tag(out, 1, 0);
    buf_put_varint(out, id);
    put_tag(out, op, 2);
    buf_put_varint(out, len);
    put_data(out, 1, bytes_text(NAME));
    put_tag(out, 2, 2);
    buf_put_varint(out, key_len);
    put_data(out, VAL_STR, bytes_of(key, KEY_LEN));
    if (!set)
        return;
    put_tag(out, 3, 2);
    buf_put_varint(out, value_len);
    put_data(out, VAL_BYTES, bytes_of(filler, options->value_size));
}

static long take_reply(const uint8_t *at, size_t len, bool set, struct outcome *outcome)
{
    size_t used;
    struct bytes result;
    long field = split(at, len, &used, &result);
    if (field <= 0)
        return field;
    if (field == 3) { /* Error: code 6 is a missing key */
        bool miss = result.len >= 2 && result.data[0] == 8 && result.data[1] == 6;
        *(miss ? &outcome->misses : &outcome->errors) += 1;
    } else if (field != (set ? 4 : 5)) {
        outcome->errors++;
    }
    return (long)used;
}

const struct protocol protocol_mgr = {"mgr",       put_hello,   take_hello,
                                      put_prepare, put_request, take_reply};
