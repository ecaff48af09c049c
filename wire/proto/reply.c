/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodes results as Response messages: byte for byte as protobuf would, without its structs. */
#include "wire/proto/reply.h"

#include "wire/base/frame.h"

enum {
    WIRE_VARINT = 0,
    WIRE_RUN = 2,
    ID = 1,
    REVISION = 2,
    SHORT_BODY = 0x7f,                               /* longest body with a one-byte length */
    NUMBERS = 2 * (1 + VARINT_MAX),                  /* id and revision */
    GRANT_MOST = 2 + 6 * (1 + VARINT_MAX) + 2,       /* the grant member without its value */
    GRANT_SHORT = SHORT_BODY - NUMBERS - GRANT_MOST, /* longest value in a short body */
};

/* All field numbers here are below 16, so a tag takes one byte. */
static inline uint8_t *put_tag(uint8_t *at, unsigned field, unsigned type)
{
    *at = (uint8_t)(field << 3 | type);
    return at + 1;
}

static inline size_t uint_size(uint64_t value)
{
    return value == 0 ? 0 : 1 + varint_size(value);
}

static inline uint8_t *put_uint(uint8_t *at, unsigned field, uint64_t value)
{
    if (value == 0)
        return at;
    at = put_tag(at, field, WIRE_VARINT);
    return at + varint_write(at, value);
}

/* For text, bytes or a Value: an empty one is not written. */
static inline size_t run_size(struct bytes run)
{
    return run.len == 0 ? 0 : 1 + varint_size(run.len) + run.len;
}

static inline uint8_t *put_bytes(uint8_t *at, struct bytes bytes)
{
    if (bytes.len > 0)
        memcpy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

static inline uint8_t *put_run(uint8_t *at, unsigned field, struct bytes run)
{
    if (run.len == 0)
        return at;
    at = put_tag(at, field, WIRE_RUN);
    at += varint_write(at, run.len);
    return put_bytes(at, run);
}

static size_t grant_size(const struct result *r)
{
    return uint_size(r->token) + uint_size(r->depth) + uint_size(r->lease_ms) + run_size(r->value) +
           uint_size(r->previous_token) + uint_size(r->attempts) + uint_size(r->redelivered);
}

static uint8_t *put_grant(uint8_t *at, const struct result *r)
{
    at = put_uint(at, 1, r->token);
    at = put_uint(at, 2, r->depth);
    at = put_uint(at, 3, r->lease_ms);
    at = put_run(at, 4, r->value);
    at = put_uint(at, 5, r->previous_token);
    at = put_uint(at, 6, r->attempts);
    return put_uint(at, 7, r->redelivered);
}

/* The size of the message inside the oneof member. */
static size_t member_size(const struct result *r)
{
    switch (r->kind) {
    case RESULT_NONE:
        break;
    case RESULT_ERROR:
        return uint_size(r->code) + run_size(r->message) + run_size(r->object) + run_size(r->value);
    case RESULT_DONE:
        return uint_size(r->lost);
    case RESULT_VALUE:
        return r->value.len;
    case RESULT_GRANT:
        return grant_size(r);
    case RESULT_PAGE:
        return run_size(r->value) + run_size(r->cursor);
    case RESULT_WELCOME:
        return r->body.len;
    case RESULT_PUSH:
        return uint_size(r->code) + run_size(r->message);
    }
    return 0;
}

static uint8_t *put_member(uint8_t *at, const struct result *r)
{
    switch (r->kind) {
    case RESULT_NONE:
        break;
    case RESULT_ERROR:
        at = put_uint(at, 1, r->code);
        at = put_run(at, 2, r->message);
        at = put_run(at, 3, r->object);
        return put_run(at, 4, r->value);
    case RESULT_DONE:
        return put_uint(at, 1, r->lost);
    case RESULT_VALUE:
        return put_bytes(at, r->value);
    case RESULT_GRANT:
        return put_grant(at, r);
    case RESULT_PAGE:
        at = put_run(at, 1, r->value);
        return put_run(at, 2, r->cursor);
    case RESULT_WELCOME:
        return put_bytes(at, r->body);
    case RESULT_PUSH:
        at = put_uint(at, 1, r->code);
        return put_run(at, 2, r->message);
    }
    return at;
}

/* The member is written even if its message is empty, because it tells the kind of result. */
static inline size_t result_size(const struct result *result, size_t inner)
{
    return result->kind == RESULT_NONE ? 0 : 1 + varint_size(inner) + inner;
}

static inline uint8_t *put_result(uint8_t *at, const struct result *result, size_t inner)
{
    if (result->kind == RESULT_NONE)
        return at;
    at = put_tag(at, result->kind, WIRE_RUN);
    at += varint_write(at, inner);
    return put_member(at, result);
}

/* put_uint for a place with VARINT_MAX bytes of spare room. */
static inline uint8_t *put_wide(uint8_t *at, unsigned field, uint64_t value)
{
    if (value == 0)
        return at;
    at = put_tag(at, field, WIRE_VARINT);
    return at + varint_write_wide(at, value);
}

/* Reserves a frame with room for result_len bytes at its end, and writes everything before them.
 * If the body is short for any id and revision, its length takes one byte, which close_frame
 * fills in, so nothing is measured before it is written. */
static uint8_t *open_frame(struct buf *out, uint64_t id, uint64_t revision, size_t result_len)
{
    uint8_t *at = buf_reserve(out, FRAME_HEAD_MAX + NUMBERS + result_len);
    if (at == NULL)
        return NULL;
    if (result_len <= SHORT_BODY - NUMBERS)
        at++;
    else
        at += frame_head(at, uint_size(id) + uint_size(revision) + result_len);
    at = put_uint(at, ID, id); /* two or three bytes: the loop is faster */
    return put_wide(at, REVISION, revision);
}

/* After a one-byte head the body has at most SHORT_BODY bytes; after a longer head it is larger,
 * even without the head's second byte. */
static void close_frame(struct buf *out, const uint8_t *end)
{
    uint8_t *head = out->data + out->len;
    size_t body = (size_t)(end - head) - 1;
    if (body <= SHORT_BODY)
        *head = (uint8_t)body;
    out->len += body + 1;
}

size_t reply_result_size(const struct result *result)
{
    return result_size(result, member_size(result));
}

void reply_put_result(struct buf *out, const struct result *result)
{
    size_t inner = member_size(result);
    uint8_t *at = buf_reserve(out, result_size(result, inner));
    if (at != NULL)
        out->len = (size_t)(put_result(at, result, inner) - out->data);
}

void reply_put_frame(struct buf *out, uint64_t id, uint64_t revision, struct bytes result)
{
    uint8_t *at = open_frame(out, id, revision, result.len);
    if (at != NULL)
        close_frame(out, put_bytes(at, result));
}

/* Writes a grant with a short value, for any of its numbers; its length is filled in afterwards. */
static void put_short_grant(struct buf *out, uint64_t id, uint64_t revision,
                            const struct result *result)
{
    uint8_t *at = open_frame(out, id, revision, GRANT_MOST + result->value.len);
    if (at == NULL)
        return;
    uint8_t *inner = put_tag(at, RESULT_GRANT, WIRE_RUN) + 1;
    uint8_t *end = put_grant(inner, result);
    inner[-1] = (uint8_t)(end - inner);
    close_frame(out, end);
}

void reply_put(struct buf *out, uint64_t id, uint64_t revision, const struct result *result)
{
    if (result->kind == RESULT_GRANT && result->value.len <= GRANT_SHORT) {
        put_short_grant(out, id, revision, result);
        return;
    }
    size_t inner = member_size(result);
    uint8_t *at = open_frame(out, id, revision, result_size(result, inner));
    if (at != NULL)
        close_frame(out, put_result(at, result, inner));
}
