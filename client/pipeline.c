/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipelining: calls that only send, and the end that waits for all of them. */
#include "client/internal.h"

void mgr_pipeline_begin(struct mgr *m, mgr_reply_fn *fn, void *arg)
{
    m->pipelining = true;
    m->reply_fn = fn;
    m->reply_arg = arg;
    m->pipeline_status = MGR_OK;
}

/* Those that were given up without a reply are told here. */
static void tell_given_up(struct mgr *m)
{
    struct flight *next;
    for (struct flight *at = m->first; at != NULL; at = next) {
        next = at->next;
        if (!at->done || !at->pipelined)
            continue;
        enum mgr_status status = at->status;
        client_fail(m, status, "%s", error_row(status)->meaning);
        if (m->pipeline_status == MGR_OK)
            m->pipeline_status = status;
        if (m->reply_fn != NULL)
            m->reply_fn(m->reply_arg, status, (struct mgr_view){NULL, 0}, m->error);
        flight_release(m, at);
    }
}

enum mgr_status mgr_pipeline_end(struct mgr *m)
{
    enum mgr_status status = MGR_OK;
    while (m->in_flight > 0 && status == MGR_OK) {
        status = client_pump(m, client_deadline(m->timeout_ms));
        tell_given_up(m);
    }
    m->pipelining = false;
    m->reply_fn = NULL;
    if (m->pipeline_status == MGR_OK && status == MGR_OK)
        return client_ok(m);
    m->status = m->pipeline_status != MGR_OK ? m->pipeline_status : status;
    return m->status;
}
