/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodes a request as a frame. Written by hand: the arguments are already in field order, and
 * the head is written into a gap left before them, so nothing is measured first or copied twice. */
#include <stdio.h>

#include "client/internal.h"
#include "wire/base/frame.h"
#include "wire/base/utf8.h"
#include "wire/value/value.h"

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };
enum {
    REQUEST_ID = 1,
    REQUEST_ACKED,
    REQUEST_HOLDER,
    REQUEST_WAIT_MS,
    REQUEST_REQUIRE,
    REQUEST_UNCHANGED_SINCE
};
/* The gap for a head: six numbers with tags, the operation's tag and length, the frame's length. */
enum { GAP = 6 * (1 + VARINT_MAX) + 2 * VARINT_MAX + FRAME_HEAD_MAX };

static void put_tag(struct buf *out, unsigned field, unsigned wire_type)
{
    buf_put_varint(out, field << 3 | wire_type);
}

static void put_data(struct buf *out, unsigned field, struct bytes data)
{
    put_tag(out, field, WIRE_LENGTH);
    buf_put_varint(out, data.len);
    buf_put_bytes(out, data);
}

/* ---- arguments ---- */

static enum mgr_status bad_arg(struct mgr *m, const struct arg_row *row, const char *wanted)
{
    return client_fail(m, MGR_TYPE, "argument '%s' must be %s", row->name, wanted);
}

/* Strings and bytes, the common arguments, and encoded values go straight into the frame. */
static enum mgr_status put_value(struct mgr *m, const struct arg_row *row,
                                 const struct mgr_arg *arg, struct buf *out)
{
    struct bytes data = bytes_of(arg->data, arg->len);
    char why[256];
    if (arg->kind == MGR_ARG_ENCODED) {
        put_data(out, row->number, data);
        return MGR_OK;
    }
    if (arg->kind == MGR_ARG_BYTES || (arg->kind == MGR_ARG_STR && utf8_check(data) == data.len)) {
        put_tag(out, row->number, WIRE_LENGTH);
        buf_put_varint(out, val_head_size(data.len) + data.len);
        if (arg->kind == MGR_ARG_STR)
            val_put_str(out, data);
        else
            val_put_bytes(out, data);
        return MGR_OK;
    }
    buf_reset(&m->scratch, CLIENT_KEEP);
    enum mgr_status status = client_encode(arg, &m->scratch, why, sizeof why);
    if (status != MGR_OK)
        return client_fail(m, status, "argument '%s': %s", row->name, why);
    put_data(out, row->number, buf_bytes(&m->scratch));
    return MGR_OK;
}

static enum mgr_status put_number(struct mgr *m, const struct arg_row *row,
                                  const struct mgr_arg *arg, struct buf *out)
{
    bool is_narrow = row->size == sizeof(uint32_t);
    if (arg->kind != MGR_ARG_INT)
        return bad_arg(m, row, "an int");
    if (row->kind == ARG_UINT && arg->integer < 0)
        return bad_arg(m, row, "a number >= 0");
    if (is_narrow && arg->integer > (int64_t)UINT32_MAX)
        return bad_arg(m, row, "a number below 2^32");
    put_tag(out, row->number, WIRE_VARINT);
    buf_put_varint(out, (uint64_t)arg->integer);
    return MGR_OK;
}

static enum mgr_status put_arg(struct mgr *m, const struct arg_row *row, const struct mgr_arg *arg,
                               struct buf *out)
{
    switch (row->kind) {
    case ARG_VALUE:
        return put_value(m, row, arg, out);
    case ARG_STRING:
    case ARG_BYTES:
        if (arg->kind != MGR_ARG_STR && arg->kind != MGR_ARG_BYTES)
            return bad_arg(m, row, row->kind == ARG_STRING ? "a str" : "bytes");
        put_data(out, row->number, bytes_of(arg->data, arg->len));
        return MGR_OK;
    case ARG_BOOL:
        if (arg->kind != MGR_ARG_BOOL)
            return bad_arg(m, row, "a bool");
        put_tag(out, row->number, WIRE_VARINT);
        buf_put_u8(out, arg->integer != 0);
        return MGR_OK;
    default:
        return put_number(m, row, arg, out);
    }
}

static enum mgr_status put_args(struct mgr *m, const struct request *request, struct buf *out)
{
    for (unsigned i = 0; i < request->row->arg_count; i++) {
        enum mgr_status status = MGR_OK;
        if (request->args[i].kind != MGR_ARG_ABSENT)
            status = put_arg(m, &request->row->args[i], &request->args[i], out);
        if (status != MGR_OK)
            return status;
    }
    return MGR_OK;
}

/* ---- heads ---- */

struct head {
    uint8_t bytes[GAP];
    size_t len;
};

static void head_varint(struct head *head, uint64_t value)
{
    head->len += varint_write(head->bytes + head->len, value);
}

static void head_number(struct head *head, unsigned field, uint64_t value)
{
    if (value == 0)
        return;
    head_varint(head, field << 3 | WIRE_VARINT);
    head_varint(head, value);
}

/* The fields before the arguments, without the frame's length. */
static struct head make_head(const struct mgr *m, const struct request *request, uint64_t id,
                             uint64_t acked)
{
    struct head head = {.len = 0};
    uint64_t wait_ms = request->wait_ms == MGR_FOREVER ? UINT64_MAX : (uint64_t)request->wait_ms;
    head_number(&head, REQUEST_ID, id);
    head_number(&head, REQUEST_ACKED, acked);
    head_number(&head, REQUEST_HOLDER, m->holder);
    head_number(&head, REQUEST_WAIT_MS, wait_ms);
    head_number(&head, REQUEST_REQUIRE, request->own ? 0 : m->require);
    head_number(&head, REQUEST_UNCHANGED_SINCE, request->unchanged_since);
    head_varint(&head, request->row->number << 3 | WIRE_LENGTH);
    return head;
}

/* Fail here: a daemon refuses a whole request because of a field that it does not know. */
static enum mgr_status check_features(struct mgr *m, const struct request *request)
{
    if (request->unchanged_since == 0 || (m->features >> FEATURE_UNCHANGED_SINCE & 1) != 0)
        return MGR_OK;
    return client_fail(m, MGR_UNIMPLEMENTED, "%s is too old for unchanged_since", m->server);
}

enum mgr_status client_pack(struct mgr *m, const struct request *request, struct flight *flight,
                            uint64_t acked)
{
    struct buf *frame = &flight->frame;
    struct head head = make_head(m, request, flight->id, acked);
    uint8_t frame_len[FRAME_HEAD_MAX];
    buf_reset(frame, CLIENT_KEEP);
    if (buf_reserve(frame, GAP) != NULL)
        frame->len = GAP;
    enum mgr_status status = check_features(m, request);
    if (status == MGR_OK)
        status = put_args(m, request, frame);
    if (status != MGR_OK)
        return status;
    if (frame->failed)
        return client_fail(m, MGR_NOMEM, "out of memory, and nothing was sent");
    head_varint(&head, frame->len - GAP);
    size_t len = head.len + frame->len - GAP;
    if (len > m->frame_limit)
        return client_fail(m, MGR_TOO_LARGE, "the request has %zu bytes, the daemon takes %zu", len,
                           m->frame_limit);
    size_t frame_len_size = frame_head(frame_len, len);
    flight->frame_at = GAP - head.len - frame_len_size;
    memcpy(frame->data + flight->frame_at, frame_len, frame_len_size);
    memcpy(frame->data + GAP - head.len, head.bytes, head.len);
    return MGR_OK;
}

struct bytes flight_frame(const struct flight *flight)
{
    return bytes_of(flight->frame.data + flight->frame_at, flight->frame.len - flight->frame_at);
}
