/* SPDX-License-Identifier: BSD-2-Clause */
/* A call from its arguments to its result. */
#include <unistd.h>

#include "client/internal.h"

enum mgr_status client_ready(struct mgr *m)
{
    if (m == NULL)
        return MGR_USAGE;
    if (m->slots == NULL)
        return m->status; /* mgr_open failed for good, and said why */
    if (m->telling)
        return client_fail(m, MGR_USAGE, "no calls from inside the pipeline's function");
    if (m->pid != getpid())
        return client_fail(m, MGR_USAGE,
                           "this client belongs to another process; open one after the fork");
    return MGR_OK;
}

enum mgr_status client_submit(struct mgr *m, const struct request *request, struct flight **out)
{
    uint64_t acked = flights_acked(m);
    struct flight *flight = flight_take(m, request->control);
    *out = NULL;
    if (flight == NULL)
        return client_fail(m, MGR_LIMIT, "the window is full");
    flight->kind = request->kind;
    flight->want = request->want;
    flight->is_read = request->row->class == CLASS_read && request->wait_ms == 0;
    enum mgr_status status = client_pack(m, request, flight, acked);
    struct bytes frame = flight_frame(flight);
    m->bytes_in_flight += frame.len;
    if (status == MGR_OK && m->fd >= 0) { /* else the next connection sends it */
        buf_put_bytes(&m->out, frame);
        if (m->out.failed) {
            m->out.failed = false; /* what was in it is whole */
            status = client_fail(m, MGR_NOMEM, "out of memory, and nothing was sent");
        }
    }
    if (status != MGR_OK) {
        flight_release(m, flight);
        return status;
    }
    m->unsent++;
    *out = flight;
    return MGR_OK;
}

static enum mgr_status call(struct mgr *m, const struct request *request)
{
    struct flight *flight;
    enum mgr_status status = client_attach(m);
    if (status == MGR_OK)
        status = client_submit(m, request, &flight);
    if (status != MGR_OK)
        return status;
    buf_reset(&m->answer.text, CLIENT_KEEP);
    m->answer.value = NULL;
    m->answer.truth = false;
    m->why[0] = '\0';
    status = client_await(m, flight, request->wait_ms);
    if (status != MGR_OK) {
        mgr_value_free(m->answer.value);
        m->answer.value = NULL;
    }
    return status;
}

/* Checks what all calls have in common, and makes one. */
static enum mgr_status run(struct mgr *m, struct request *request, unsigned number)
{
    enum mgr_status status = client_ready(m);
    if (status != MGR_OK)
        return status;
    request->row = op_row(number);
    if (request->row == NULL)
        return client_fail(m, MGR_USAGE, "there is no such operation");
    if (request->wait_ms < 0)
        return client_fail(m, MGR_VALUE, "a time to wait must not be negative");
    if (!m->pipelining)
        return call(m, request);
    if (request->want != WANT_NOTHING || request->wait_ms != 0)
        return client_fail(m, MGR_USAGE, "a pipeline takes only calls without result and wait");
    return pipeline_send(m, request);
}

enum mgr_status client_call(struct mgr *m, unsigned number, const struct mgr_arg *args,
                            int64_t wait_ms, struct mgr_value **result)
{
    struct request request = {
        .args = args, .wait_ms = wait_ms, .want = result == NULL ? WANT_NOTHING : WANT_VALUE};
    if (result != NULL)
        *result = NULL;
    enum mgr_status status = run(m, &request, number);
    if (status == MGR_OK && result != NULL)
        *result = m->answer.value;
    return status;
}

enum mgr_status client_ask(struct mgr *m, unsigned number, const struct mgr_arg *args, bool *answer)
{
    struct request request = {.args = args, .want = answer == NULL ? WANT_NOTHING : WANT_ANSWER};
    enum mgr_status status = run(m, &request, number);
    if (answer != NULL)
        *answer = status == MGR_OK && m->answer.truth;
    return status;
}

enum mgr_status client_no_args(struct mgr *m)
{
    enum mgr_status status = client_ready(m);
    return status == MGR_OK ? client_fail(m, MGR_USAGE, "the arguments are NULL") : status;
}

enum mgr_status mgr_heartbeat(struct mgr *m)
{
    struct request request = {.row = op_find("session", "heartbeat")};
    enum mgr_status status = client_ready(m);
    if (status != MGR_OK || !m->pipelining)
        return status == MGR_OK ? call(m, &request) : status;
    request.kind = FLIGHT_SILENT; /* not the pipeline's: its function does not hear of it */
    return pipeline_send(m, &request);
}
