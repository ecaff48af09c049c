/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs one call: checks its arguments, sends the request, keeps the result. */
#include <unistd.h>

#include "client/internal.h"

enum mgr_status client_ready(struct mgr *m)
{
    if (m == NULL)
        return MGR_USAGE;
    if (m->slots == NULL)
        return m->status; /* mgr_open failed for good and has set the error */
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
    if (m->unsent == 0)
        m->batch_ms = client_now_ms();
    flight->row = request->row;
    flight->sent_ms = m->batch_ms;
    flight->kind = request->kind;
    flight->want = request->want;
    flight->by_name = request->by_name;
    flight->is_read = request->row->class == CLASS_read;
    enum mgr_status status = client_pack(m, request, flight, request->own ? 0 : acked);
    struct bytes frame = flight_frame(flight);
    m->bytes_in_flight += frame.len;
    if (status == MGR_OK && m->fd >= 0) { /* without a connection the next one sends it */
        buf_put_bytes(&m->out, frame);
        if (m->out.failed) {
            m->out.failed = false; /* the frames that were in it are still complete */
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

static void forget_last(struct mgr *m)
{
    buf_reset(&m->answer.text, CLIENT_KEEP);
    m->answer.value = NULL;
    m->answer.truth = false;
    m->grant = (struct mgr_grant){0};
    m->lost = false;
    m->why[0] = '\0';
}

enum mgr_status client_exchange(struct mgr *m, const struct request *request)
{
    struct flight *flight;
    enum mgr_status late;
    forget_last(m);
    enum mgr_status status = client_attach(m);
    if (status == MGR_OK)
        status = client_submit(m, request, &flight);
    if (status != MGR_OK)
        return status;
    m->why[0] = '\0'; /* set if the last session has ended: not this request's concern */
    status = client_await(m, flight, request->wait_ms, &late);
    if (status == MGR_OK && late != MGR_OK && grant_is_returnable(m, request))
        status = grant_give_back(m, request, late);
    if (status != MGR_OK) {
        mgr_value_free(m->answer.value);
        m->answer.value = NULL;
    }
    return status;
}

void client_forget_since(struct mgr *m)
{
    if (m == NULL)
        return;
    m->unchanged_since = 0;
    m->since_wanted = false;
}

enum mgr_status client_run(struct mgr *m, struct request *request, unsigned number)
{
    bool since_nothing = m != NULL && m->since_wanted && m->unchanged_since == 0;
    request->unchanged_since = m == NULL ? 0 : m->unchanged_since;
    client_forget_since(m); /* before any failure: the check is for this call only */
    enum mgr_status status = client_ready(m);
    if (status == MGR_OK && since_nothing)
        status = client_fail(m, MGR_VALUE, "unchanged_since: 0 is the revision of no reply");
    if (status != MGR_OK)
        return status;
    request->row = op_row(number);
    if (request->row == NULL)
        return client_fail(m, MGR_USAGE, "there is no such operation");
    if (request->wait_ms < 0)
        return client_fail(m, MGR_VALUE, "'timeout' must be a non-negative number");
    if (!m->pipelining)
        return client_exchange(m, request);
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
    enum mgr_status status = client_run(m, &request, number);
    if (status == MGR_OK && result != NULL)
        *result = m->answer.value;
    return status;
}

enum mgr_status client_ask(struct mgr *m, unsigned number, const struct mgr_arg *args,
                           int64_t wait_ms, bool *answer)
{
    struct request request = {
        .args = args, .wait_ms = wait_ms, .want = answer == NULL ? WANT_NOTHING : WANT_ANSWER};
    enum mgr_status status = client_run(m, &request, number);
    if (answer != NULL)
        *answer = status == MGR_OK && m->answer.truth;
    return status;
}

enum mgr_status client_acquire(struct mgr *m, unsigned number, const struct mgr_arg *args,
                               int64_t wait_ms, struct mgr_grant *grant)
{
    struct request request = {
        .args = args, .wait_ms = wait_ms, .want = grant == NULL ? WANT_NOTHING : WANT_GRANT};
    enum mgr_status status = client_run(m, &request, number);
    if (grant != NULL)
        *grant = status == MGR_OK ? m->grant : (struct mgr_grant){0};
    return status;
}

enum mgr_status client_no_args(struct mgr *m)
{
    enum mgr_status status = client_ready(m);
    client_forget_since(m);
    return status == MGR_OK ? client_fail(m, MGR_USAGE, "the arguments are NULL") : status;
}
