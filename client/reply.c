/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes replies out of the input, checks them and passes them to the requests they answer.
 * Nothing from the daemon is trusted: values are checked before they are read, sizes are
 * bounded, and ids must belong to a request in flight. */
#include "client/internal.h"
#include "wire.pb-c.h"
#include "wire/base/frame.h"
#include "wire/proto/decode.h"
#include "wire/value/value.h"

enum { FRAME_SLACK = 1024 }; /* bytes a reply may need around a value of frame_limit bytes */

/* A result in one form for all kinds. Borrows from the frame, or from m->scratch. */
struct outcome {
    enum mgr_status status;
    bool lost; /* Done.lost */
    struct bytes value;
    struct bytes cursor;
    struct bytes text;
    struct mgr_grant grant;
};

static struct bytes data_bytes(ProtobufCBinaryData data)
{
    return bytes_of(data.data, data.len);
}

/* A Grant as a dict of its fields, for calls by name. */
static struct bytes grant_value(struct mgr *m, const Wire__Grant *grant)
{
    struct buf *out = &m->scratch;
    buf_reset(out, CLIENT_KEEP);
    size_t dict = val_open(out, VAL_DICT);
    val_put_field_uint(out, "token", grant->token);
    val_put_field_uint(out, "depth", grant->depth);
    val_put_field_uint(out, "lease_ms", grant->lease_ms);
    if (grant->value.len > 0)
        val_put_field(out, "value", data_bytes(grant->value));
    val_put_field_uint(out, "previous_token", grant->previous_token);
    val_put_field_uint(out, "attempts", grant->attempts);
    val_put_field_bool(out, "redelivered", grant->redelivered);
    val_close(out, dict);
    return buf_bytes(out);
}

static void read_grant(struct mgr *m, const Wire__Grant *grant, const struct flight *flight,
                       struct outcome *outcome)
{
    outcome->grant = (struct mgr_grant){.token = grant->token,
                                        .depth = grant->depth,
                                        .lease_ms = grant->lease_ms,
                                        .previous_token = grant->previous_token,
                                        .attempts = grant->attempts,
                                        .redelivered = grant->redelivered,
                                        .epoch = m->epoch};
    outcome->value = flight->by_name ? grant_value(m, grant) : data_bytes(grant->value);
}

/* The text "MESSAGE (OBJECT)". */
static struct bytes error_text(struct mgr *m, const Wire__Error *error)
{
    struct buf *out = &m->scratch;
    if (error->object.len == 0)
        return data_bytes(error->message);
    buf_reset(out, CLIENT_KEEP);
    buf_put_bytes(out, data_bytes(error->message));
    buf_put_text(out, " (");
    buf_put_bytes(out, data_bytes(error->object));
    buf_put_text(out, ")");
    return out->failed ? data_bytes(error->message) : buf_bytes(out);
}

/* A reply came that cannot be used: a change may have been made all the same. */
static struct outcome unreadable(const struct flight *flight, enum mgr_status status,
                                 const char *why)
{
    return (struct outcome){.status = flight->is_read ? status : MGR_INDETERMINATE,
                            .text = bytes_text(why)};
}

static struct outcome malformed(const struct flight *flight)
{
    return unreadable(flight, MGR_PROTOCOL, "the daemon's reply is malformed");
}

static struct outcome no_memory(const struct flight *flight)
{
    return unreadable(flight, MGR_NOMEM, "it was done, but there is no memory for the reply");
}

static bool well_formed(struct bytes value)
{
    struct val_check check;
    return value.len == 0 || val_check_form(value, VAL_DEPTH_REPLY, &check) == VAL_OK;
}

static struct outcome read_outcome(struct mgr *m, const Wire__Response *response,
                                   const struct flight *flight)
{
    struct outcome outcome = {.status = MGR_OK};
    switch (response->result_case) {
    case WIRE__RESPONSE__RESULT_ERROR:
        outcome.status = client_status(response->error->code);
        outcome.text = error_text(m, response->error);
        return outcome;
    case WIRE__RESPONSE__RESULT_VALUE:
        outcome.value = data_bytes(response->value);
        break;
    case WIRE__RESPONSE__RESULT_PAGE:
        outcome.value = data_bytes(response->page->items);
        outcome.cursor = data_bytes(response->page->cursor);
        break;
    case WIRE__RESPONSE__RESULT_GRANT:
        if (!well_formed(data_bytes(response->grant->value)))
            return malformed(flight);
        read_grant(m, response->grant, flight, &outcome);
        return flight->by_name && m->scratch.failed ? no_memory(flight) : outcome;
    case WIRE__RESPONSE__RESULT_DONE:
        outcome.lost = response->done->lost;
        break;
    default: /* no result, or a kind that this library does not know */
        return malformed(flight);
    }
    return well_formed(outcome.value) && flight->want != WANT_GRANT ? outcome : malformed(flight);
}

/* False: out of memory. */
static bool keep_value(struct mgr *m, const struct flight *flight, const struct outcome *outcome)
{
    struct answer *answer = &m->answer;
    if (flight->want == WANT_NOTHING || flight->want == WANT_GRANT || outcome->value.len == 0)
        return true;
    if (flight->want == WANT_ANSWER) {
        struct val val = val_read(outcome->value);
        answer->truth = val.kind == VAL_BOOL && val.boolean;
        return true;
    }
    answer->value = client_value(outcome->value);
    return answer->value != NULL;
}

static void keep(struct mgr *m, struct flight *flight, struct outcome outcome, uint64_t revision)
{
    buf_reset(&m->cursor, 4096);
    buf_put_bytes(&m->cursor, outcome.cursor);
    if (outcome.status == MGR_OK && (m->cursor.failed || !keep_value(m, flight, &outcome)))
        outcome = no_memory(flight);
    buf_reset(&m->answer.text, 4096);
    buf_put_bytes(&m->answer.text, outcome.text);
    if (m->answer.text.failed)
        buf_reset(&m->answer.text, 0); /* the status alone must do */
    m->revision = revision;
    flight->status = outcome.status;
    flight->done = true;
}

/* Keeps the grant of the reply. It counts as this session's own only if the operation takes
 * ownership or waits (a renew may concern another session's grant). The lease may have been
 * changed: the shortest one seen is the safe one. */
static void keep_grant(struct mgr *m, const struct flight *flight, const struct outcome *outcome)
{
    int64_t lease_ms =
        outcome->grant.lease_ms < INT64_MAX / 4 ? (int64_t)outcome->grant.lease_ms : INT64_MAX / 4;
    m->grant = outcome->grant;
    m->lost = outcome->lost;
    if (outcome->grant.token == 0)
        return;
    if ((flight->row->flags & (OP_OWNS | OP_WAITS)) != 0)
        m->grant_epoch = m->epoch;
    if (lease_ms > 0 && (m->lease_ms == 0 || lease_ms < m->lease_ms))
        m->lease_ms = lease_ms;
}

/* Ignores a reply whose id is not in flight: the request was answered before the connection was
 * resumed. */
static void take_response(struct mgr *m, const Wire__Response *response)
{
    struct flight *flight = flight_find(m, response->id);
    if (flight == NULL || flight->done)
        return;
    m->attempts = 0;
    /* errors do not count: one of them says that the session has ended */
    if (response->revision > m->seen && response->result_case != WIRE__RESPONSE__RESULT_ERROR)
        m->seen = response->revision;
    struct outcome outcome = read_outcome(m, response, flight);
    m->ended = m->ended || outcome.status == MGR_SESSION_LOST;
    if (flight->sent_ms > m->alive_ms)
        m->alive_ms = flight->sent_ms;
    if (flight->kind != FLIGHT_SILENT)
        keep_grant(m, flight, &outcome);
    if (flight->kind == FLIGHT_AWAITED) {
        keep(m, flight, outcome, response->revision);
        return;
    }
    if (flight->kind == FLIGHT_PIPELINED) {
        flight->status = outcome.status;
        m->revision = response->revision;
        pipeline_tell(m, flight, outcome.value, outcome.text);
    }
    flight_release(m, flight);
}

/* True: another connection took the session over. Resuming it would start a fight over it. */
static bool is_superseded(const Wire__Response *response)
{
    return response->id == 0 && response->result_case == WIRE__RESPONSE__RESULT_PUSH &&
           response->push->code == ERR_SUPERSEDED;
}

static enum link_status take_frame(struct mgr *m, struct bytes body)
{
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
    struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
    struct decode_error error;
    Wire__Response response;
    if (decode_response(body, &arena, &response, &error) != DECODE_OK)
        return LINK_BROKEN;
    if (is_superseded(&response)) {
        m->superseded = true;
        return LINK_LOST;
    }
    take_response(m, &response);
    return LINK_OK;
}

enum link_status client_take_replies(struct mgr *m)
{
    size_t at = 0;
    enum link_status status = LINK_OK;
    while (status == LINK_OK) {
        struct bytes body;
        size_t used, need;
        enum frame_status frame = frame_split(bytes_of(m->in.data + at, m->in.len - at),
                                              m->frame_limit + FRAME_SLACK, &body, &used, &need);
        if (frame == FRAME_MORE)
            break;
        status = frame == FRAME_BAD ? LINK_BROKEN : take_frame(m, body);
        if (frame == FRAME_OK)
            at += used;
    }
    if (at > 0) {
        memmove(m->in.data, m->in.data + at, m->in.len - at);
        m->in.len -= at;
    }
    return status;
}
