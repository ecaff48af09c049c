/* SPDX-License-Identifier: BSD-2-Clause */
/* One request: packed, sent, answered or given up. */
#include <stdlib.h>

#include "client/internal.h"
#include "wire/decode.h"
#include "wire/frame.h"
#include "wire/value.h"

enum { ARGS_MAX = 16 };

/* ---- packing ---- */

static bool put_data(struct mgr *m, const struct arg_row *row, const struct mgr_arg *arg, char *at,
                     struct buf *encoded)
{
    ProtobufCBinaryData data = {arg->len, (uint8_t *)(uintptr_t)arg->data};
    if (row->kind == ARG_VALUE) {
        if (!client_encode(m, arg, encoded))
            return false;
        data = (ProtobufCBinaryData){encoded->len, encoded->data};
    } else if (arg->kind != MGR_ARG_STR && arg->kind != MGR_ARG_BYTES) {
        client_fail(m, MGR_TYPE, "argument '%s' must be a str", row->name);
        return false;
    }
    memcpy(at + row->offset, &data, sizeof data);
    return true;
}

static bool put_number(struct mgr *m, const struct arg_row *row, const struct mgr_arg *arg, char *at)
{
    protobuf_c_boolean truth = arg->integer != 0;
    uint64_t wide = (uint64_t)arg->integer;
    uint32_t narrow = (uint32_t)wide;
    if (row->kind == ARG_BOOL && arg->kind == MGR_ARG_BOOL) {
        memcpy(at + row->offset, &truth, sizeof truth);
        return true;
    }
    if (arg->kind != MGR_ARG_INT || (row->kind == ARG_UINT && arg->integer < 0) ||
        (row->size == sizeof narrow && narrow != wide)) {
        client_fail(m, MGR_TYPE, "argument '%s' must be %s", row->name,
                    row->kind == ARG_BOOL ? "a bool" : "a number >= 0");
        return false;
    }
    if (row->size == sizeof narrow)
        memcpy(at + row->offset, &narrow, sizeof narrow);
    else
        memcpy(at + row->offset, &wide, sizeof wide);
    return true;
}

static bool put_arg(struct mgr *m, const struct arg_row *row, const struct mgr_arg *arg, char *at,
                    struct buf *encoded)
{
    protobuf_c_boolean given = 1;
    unsigned number = row->number;
    if (arg->kind == MGR_ARG_ABSENT)
        return true;
    if (row->kind == ARG_VALUE || row->kind == ARG_STRING || row->kind == ARG_BYTES) {
        if (!put_data(m, row, arg, at, encoded))
            return false;
    } else if (!put_number(m, row, arg, at)) {
        return false;
    }
    if (row->in_oneof)
        memcpy(at + row->has, &number, sizeof number);
    else
        memcpy(at + row->has, &given, sizeof given);
    return true;
}

/* Packs the request as a frame. False: error says why. */
static bool pack(struct mgr *m, struct flight *flight, Wire__Request *request)
{
    uint8_t head[FRAME_HEAD_MAX];
    size_t len = protobuf_c_message_get_packed_size(&request->base);
    if (len > m->frame_limit) {
        client_fail(m, MGR_TOO_LARGE, "the request has %zu bytes, the daemon takes %zu", len,
                    m->frame_limit);
        return false;
    }
    buf_reset(&flight->frame, SIZE_MAX);
    buf_put(&flight->frame, head, frame_head(head, len));
    uint8_t *to = buf_reserve(&flight->frame, len);
    if (to != NULL)
        flight->frame.len += protobuf_c_message_pack(&request->base, to);
    buf_put_bytes(&m->out, buf_bytes(&flight->frame));
    if (flight->frame.failed || m->out.failed) {
        client_fail(m, MGR_NOMEM, "out of memory");
        return false;
    }
    return true;
}

static bool fill(struct mgr *m, const struct op_row *row, const struct mgr_arg *args, void *message,
                 struct buf *encoded)
{
    protobuf_c_message_init(row->message, message);
    for (unsigned i = 0; i < row->arg_count; i++)
        if (!put_arg(m, &row->args[i], &args[i], message, &encoded[i]))
            return false;
    return true;
}

enum mgr_status client_submit(struct mgr *m, const struct op_row *row, const struct mgr_arg *args,
                              int64_t wait_ms, struct flight **out)
{
    _Alignas(max_align_t) char message[DECODE_ARENA];
    struct buf encoded[ARGS_MAX];
    Wire__Request request = WIRE__REQUEST__INIT;
    for (unsigned i = 0; i < ARGS_MAX; i++)
        buf_init(&encoded[i]);
    struct flight *flight = NULL;
    bool ok = fill(m, row, args, message, encoded);
    if (ok) {
        uint64_t acked = flights_acked(m);
        flight = flight_take(m);
        flight->is_read = row->class == CLASS_read && wait_ms == 0;
        request.has_id = request.has_acked = 1;
        request.id = flight->id;
        request.acked = acked;
        request.has_holder = m->holder != 0;
        request.holder = m->holder;
        request.has_require = m->require != 0;
        request.require = m->require;
        request.has_wait_ms = wait_ms != 0;
        request.wait_ms = wait_ms == MGR_FOREVER ? UINT64_MAX : (uint64_t)wait_ms;
        request.op_case = (Wire__Request__OpCase)row->number;
        request.server_ping = (void *)message; /* every member of the oneof is a pointer here */
        ok = pack(m, flight, &request);
        if (!ok)
            flight_release(m, flight);
    }
    for (unsigned i = 0; i < ARGS_MAX; i++)
        buf_free(&encoded[i]);
    *out = flight;
    return ok ? MGR_OK : m->status;
}

/* ---- replies ---- */

static void keep(struct buf *to, ProtobufCBinaryData data)
{
    buf_reset(to, SIZE_MAX);
    buf_put(to, data.data, data.len);
}

static void keep_error(struct flight *flight, const Wire__Error *error)
{
    flight->status = error->code == 0 ? MGR_INTERNAL : (enum mgr_status)error->code;
    keep(&flight->value, error->message);
    if (error->object.len > 0)
        buf_printf(&flight->value, " (%.*s)", (int)error->object.len, (const char *)error->object.data);
}

/* A Grant as a dict: the library's callers know it by its fields. */
static void keep_grant(struct buf *out, const Wire__Grant *grant)
{
    buf_reset(out, SIZE_MAX);
    size_t dict = val_open(out, VAL_DICT);
    val_put_field_uint(out, "token", grant->token);
    val_put_field_uint(out, "depth", grant->depth);
    val_put_field_uint(out, "lease_ms", grant->lease_ms);
    if (grant->value.len > 0)
        val_put_field(out, "value", bytes_of(grant->value.data, grant->value.len));
    val_put_field_uint(out, "previous_token", grant->previous_token);
    val_put_field_uint(out, "attempts", grant->attempts);
    val_put_field_bool(out, "redelivered", grant->redelivered);
    val_close(out, dict);
}

static void keep_result(struct flight *flight, const Wire__Response *response)
{
    flight->revision = response->revision;
    buf_reset(&flight->value, SIZE_MAX);
    buf_reset(&flight->cursor, SIZE_MAX);
    switch (response->result_case) {
    case WIRE__RESPONSE__RESULT_ERROR:
        keep_error(flight, response->error);
        break;
    case WIRE__RESPONSE__RESULT_VALUE:
        keep(&flight->value, response->value);
        break;
    case WIRE__RESPONSE__RESULT_PAGE:
        keep(&flight->value, response->page->items);
        keep(&flight->cursor, response->page->cursor);
        break;
    case WIRE__RESPONSE__RESULT_GRANT:
        keep_grant(&flight->value, response->grant);
        break;
    default:
        break;
    }
    if (flight->value.failed || flight->cursor.failed) {
        flight->status = MGR_NOMEM;
        buf_reset(&flight->value, 0);
    }
    flight->done = true;
}

static void tell_pipeline(struct mgr *m, struct flight *flight)
{
    struct mgr_view value = {NULL, 0};
    if (flight->status == MGR_OK) {
        value = (struct mgr_view){flight->value.data, flight->value.len};
    } else {
        client_fail(m, flight->status, "%.*s", (int)flight->value.len,
                    flight->value.len == 0 ? "" : (const char *)flight->value.data);
        if (m->pipeline_status == MGR_OK)
            m->pipeline_status = flight->status;
    }
    if (m->reply_fn != NULL)
        m->reply_fn(m->reply_arg, flight->status, value, flight->status == MGR_OK ? NULL : m->error);
    flight_release(m, flight);
}

/* What comes with a push or to nobody is a hint only. */
static void take_response(struct mgr *m, const Wire__Response *response)
{
    struct flight *flight = response->id == 0 ? NULL : flight_find(m, response->id);
    if (flight == NULL || flight->done)
        return;
    keep_result(flight, response);
    if (flight->pipelined)
        tell_pipeline(m, flight);
}

/* True: another connection took the session over. To come back would only start a fight for it. */
static bool superseded(const Wire__Response *response)
{
    return response->result_case == WIRE__RESPONSE__RESULT_PUSH &&
           response->push->code == ERR_SUPERSEDED;
}

enum link_status client_take_replies(struct mgr *m)
{
    size_t at = 0;
    enum link_status status = LINK_OK;
    while (status == LINK_OK) {
        struct bytes body;
        size_t used, need;
        uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
        struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
        struct decode_error error;
        Wire__Response response;
        enum frame_status frame = frame_split(bytes_of(m->in.data + at, m->in.len - at),
                                              m->frame_limit + 1024, &body, &used, &need);
        if (frame == FRAME_MORE)
            break;
        if (frame == FRAME_BAD || decode_response(body, &arena, &response, &error) != DECODE_OK)
            status = LINK_LOST;
        else if (superseded(&response))
            m->superseded = true;
        else
            take_response(m, &response);
        at += used;
    }
    if (at > 0) {
        memmove(m->in.data, m->in.data + at, m->in.len - at);
        m->in.len -= at;
    }
    return status;
}
