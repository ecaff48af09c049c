/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipelining: calls that only send, and the call that waits for all their replies. */
#include "client/internal.h"

enum {
    FLUSH_REQUESTS = 32,     /* requests gathered before they are sent */
    FLUSH_BYTES = 32 << 10,  /* or bytes */
    FLIGHT_BYTES = 16 << 20, /* maximum bytes in flight, unless one request has more */
};

void mgr_pipeline_begin(struct mgr *m, mgr_reply_fn *fn, void *arg)
{
    if (m == NULL)
        return;
    if (!m->pipelining)
        m->pipeline_status = MGR_OK;
    m->pipelining = true;
    m->reply_fn = fn;
    m->reply_arg = arg;
}

static void keep_first_failure(struct mgr *m)
{
    if (m->pipeline_status != MGR_OK)
        return;
    m->pipeline_status = m->status;
    memcpy(m->pipeline_error, m->error, sizeof m->pipeline_error);
}

void pipeline_tell(struct mgr *m, struct flight *flight, struct bytes value, struct bytes text)
{
    enum mgr_status status = flight->status;
    if (status != MGR_OK) {
        client_failure(m, status, text);
        keep_first_failure(m);
    }
    if (m->reply_fn == NULL)
        return;
    m->telling = true;
    m->reply_fn(m->reply_arg, status, (struct mgr_view){value.data, value.len},
                status == MGR_OK ? NULL : m->error);
    m->telling = false;
}

static bool is_full(const struct mgr *m)
{
    size_t room = m->window > 1 ? m->window - 1 : 1;
    return m->in_flight >= room || (m->bytes_in_flight > FLIGHT_BYTES && m->in_flight > 0);
}

enum mgr_status pipeline_send(struct mgr *m, const struct request *request)
{
    struct request sent = *request;
    struct flight *flight;
    enum mgr_status status = client_attach(m);
    while (status == MGR_OK && is_full(m))
        status = client_pump_pipeline(m);
    if (sent.kind == FLIGHT_AWAITED)
        sent.kind = FLIGHT_PIPELINED;
    if (status == MGR_OK)
        status = client_submit(m, &sent, &flight);
    if (status != MGR_OK)
        return status;
    if (m->unsent >= FLUSH_REQUESTS || m->out.len - m->out_sent >= FLUSH_BYTES)
        (void)client_flush(m); /* already in flight: a failure is reported with its outcome */
    return client_ok(m);
}

static enum mgr_status first_failure(struct mgr *m)
{
    if (m->pipeline_status == MGR_OK)
        return client_ok(m);
    memcpy(m->error, m->pipeline_error, sizeof m->error);
    m->error_at = 0;
    m->status = m->pipeline_status;
    return m->status;
}

enum mgr_status mgr_pipeline_poll(struct mgr *m)
{
    enum mgr_status status = client_ready(m);
    if (status == MGR_OK && !m->pipelining)
        return client_fail(m, MGR_USAGE, "there is no pipeline");
    if (status == MGR_OK && m->fd < 0 && m->in_flight > 0)
        status = client_attach(m);
    if (status == MGR_OK && m->fd >= 0)
        status = client_flush(m);
    return status == MGR_OK ? first_failure(m) : status;
}

enum mgr_status mgr_pipeline_end(struct mgr *m)
{
    enum mgr_status status = client_ready(m);
    if (status == MGR_OK && !m->pipelining)
        return client_ok(m);
    while (status == MGR_OK && m->in_flight > 0)
        status = client_pump_pipeline(m);
    if (status == MGR_INTERRUPTED)
        return status; /* still open: the caller may call again */
    if (m == NULL || m->telling || m->slots == NULL)
        return status;
    m->pipelining = false;
    m->reply_fn = NULL;
    return m->pipeline_status == MGR_OK && status != MGR_OK ? status : first_failure(m);
}
