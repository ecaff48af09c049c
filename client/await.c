/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for replies: over lost connections, local timeouts and interrupts. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/internal.h"

/* The session is left behind: what is still on its way has no known outcome. */
static void drop_session(struct mgr *m)
{
    link_close(m);
    m->has_token = false;
    for (struct flight *at = m->first; at != NULL; at = at->next) {
        if (at->done)
            continue;
        at->done = true;
        at->status = at->is_read ? MGR_UNREACHABLE : MGR_INDETERMINATE;
    }
}

/* Reconnecting makes sense as long as the session can live; a first connection as long as asked. */
static enum mgr_status reconnect(struct mgr *m, int64_t deadline_ms)
{
    int64_t limit = client_deadline(m->linger_ms > m->connect_timeout_ms ? m->linger_ms
                                                                         : m->connect_timeout_ms);
    if (m->superseded) {
        drop_session(m);
        return client_fail(m, MGR_SUPERSEDED, "another connection resumed this session");
    }
    enum mgr_status status = client_connect(m, limit < deadline_ms ? limit : deadline_ms);
    if (status != MGR_OK)
        drop_session(m);
    return status;
}

/* One exchange; reconnects when the connection was lost. */
static enum link_status pump(struct mgr *m, int64_t deadline_ms)
{
    if (m->fd < 0)
        return reconnect(m, deadline_ms) == MGR_OK ? LINK_OK
               : m->status == MGR_INTERRUPTED      ? LINK_INTERRUPTED
                                                   : LINK_LOST;
    enum link_status status = link_exchange(m, deadline_ms);
    if (status == LINK_OK)
        status = client_take_replies(m);
    if (status != LINK_LOST)
        return status;
    link_close(m);
    return LINK_OK; /* the next round reconnects */
}

static void put_cancel(struct mgr *m, uint64_t id)
{
    struct mgr_arg args[] = {mgr_int((int64_t)id)};
    struct flight *cancel = NULL;
    if (m->fd >= 0 && m->in_flight < m->window &&
        client_submit(m, op_find("session", "cancel"), args, 0, &cancel) == MGR_OK)
        cancel->is_read = true;
}

/* The wait is over here: take the request back, and hear how it ended. */
static void take_back(struct mgr *m, struct flight *flight)
{
    int64_t deadline_ms = client_deadline(CLIENT_CANCEL_MS);
    struct flight *before = m->last;
    put_cancel(m, flight->id);
    while (!flight->done && m->fd >= 0) {
        enum link_status status = link_exchange(m, deadline_ms);
        if (status == LINK_OK)
            status = client_take_replies(m);
        if (status == LINK_TIMEOUT || status == LINK_LOST || status == LINK_NOMEM)
            break;
    }
    if (!flight->done)
        drop_session(m);
    if (m->last != before && m->last != NULL && m->last->is_read) {
        if (!m->last->done && m->fd >= 0)
            drop_session(m); /* its reply would come to nobody; simplest is a new session */
        flight_release(m, m->last);
    }
}

static enum mgr_status outcome(struct mgr *m, struct flight *flight, bool interrupted)
{
    m->revision = flight->revision;
    if (flight->status == MGR_OK)
        return client_ok(m);
    if (flight->status == MGR_CANCELLED && interrupted)
        return client_fail(m, MGR_INTERRUPTED, "interrupted");
    if (flight->status == MGR_CANCELLED)
        return client_fail(m, MGR_TIMEOUT, "the time to wait ran out");
    if (flight->value.len == 0)
        return client_fail(m, flight->status, "%s", error_row(flight->status)->meaning);
    return client_fail(m, flight->status, "%.*s", (int)flight->value.len,
                       (const char *)flight->value.data);
}

enum mgr_status client_await(struct mgr *m, struct flight *flight, int64_t wait_ms)
{
    int64_t patience = wait_ms == MGR_FOREVER || wait_ms > INT64_MAX - m->timeout_ms
                           ? MGR_FOREVER
                           : wait_ms + m->timeout_ms;
    int64_t deadline_ms = client_deadline(patience);
    bool interrupted = false;
    while (!flight->done) {
        enum link_status status = pump(m, deadline_ms);
        interrupted = status == LINK_INTERRUPTED;
        if (interrupted || status == LINK_TIMEOUT)
            take_back(m, flight);
        else if (status == LINK_NOMEM)
            drop_session(m);
    }
    return outcome(m, flight, interrupted);
}

enum mgr_status client_pump(struct mgr *m, int64_t deadline_ms)
{
    switch (pump(m, deadline_ms)) {
    case LINK_OK:
        return MGR_OK;
    case LINK_INTERRUPTED:
        return client_fail(m, MGR_INTERRUPTED, "interrupted");
    case LINK_TIMEOUT:
        drop_session(m);
        return client_fail(m, MGR_INDETERMINATE, "no answer in time");
    default:
        return m->status == MGR_OK ? client_fail(m, MGR_NOMEM, "out of memory") : m->status;
    }
}

/* ---- calls ---- */

static enum mgr_status ready(struct mgr *m, const struct op_row *row)
{
    if (m == NULL)
        return MGR_USAGE;
    if (row == NULL)
        return client_fail(m, MGR_USAGE, "there is no such operation");
    if (m->pid != getpid())
        return client_fail(m, MGR_USAGE, "this client belongs to the parent process; open another one");
    if (m->fd >= 0)
        return MGR_OK;
    return reconnect(m, client_deadline(m->connect_timeout_ms));
}

static enum mgr_status send_only(struct mgr *m, const struct op_row *row, const struct mgr_arg *args)
{
    struct flight *flight;
    enum mgr_status status = MGR_OK;
    while (m->in_flight == m->window && status == MGR_OK)
        status = client_pump(m, client_deadline(m->timeout_ms));
    if (status == MGR_OK)
        status = client_submit(m, row, args, 0, &flight);
    if (status != MGR_OK)
        return status;
    flight->pipelined = true;
    if (m->out.len < 65536)
        return MGR_OK;
    if (link_poll(m) != LINK_OK || client_take_replies(m) != LINK_OK)
        link_close(m);
    return MGR_OK;
}

static enum mgr_status call(struct mgr *m, const struct op_row *row, const struct mgr_arg *args,
                            int64_t wait_ms, struct flight **out)
{
    *out = NULL;
    enum mgr_status status = ready(m, row);
    if (status != MGR_OK)
        return status;
    if (wait_ms < 0)
        return client_fail(m, MGR_VALUE, "'timeout' must be a non-negative number");
    status = client_submit(m, row, args, wait_ms, out);
    return status == MGR_OK ? client_await(m, *out, wait_ms) : status;
}

enum mgr_status client_call(struct mgr *m, unsigned number, const struct mgr_arg *args,
                            int64_t wait_ms, struct mgr_value **result)
{
    struct flight *flight;
    const struct op_row *row = op_row(number);
    if (result != NULL)
        *result = NULL;
    if (m != NULL && m->pipelining) {
        enum mgr_status status = ready(m, row);
        if (status == MGR_OK && (result != NULL || wait_ms != 0))
            return client_fail(m, MGR_USAGE, "a pipeline takes only calls without result and wait");
        return status == MGR_OK ? send_only(m, row, args) : status;
    }
    enum mgr_status status = call(m, row, args, wait_ms, &flight);
    if (flight == NULL)
        return status;
    if (status == MGR_OK) {
        buf_reset(&m->cursor, SIZE_MAX);
        buf_put_bytes(&m->cursor, buf_bytes(&flight->cursor));
        if (result != NULL && flight->value.len > 0 &&
            (*result = client_value(buf_bytes(&flight->value))) == NULL)
            status = client_fail(m, MGR_NOMEM, "out of memory");
    }
    flight_release(m, flight);
    return status;
}

enum mgr_status client_ask(struct mgr *m, unsigned number, const struct mgr_arg *args, bool *answer)
{
    struct mgr_value *value = NULL;
    bool result = false;
    enum mgr_status status = client_call(m, number, args, 0, m != NULL && m->pipelining ? NULL : &value);
    if (status == MGR_OK && value != NULL && mgr_as_bool(mgr_view(value), &result) && answer != NULL)
        *answer = result;
    mgr_value_free(value);
    return status;
}

struct mgr_view mgr_cursor(const struct mgr *m)
{
    return (struct mgr_view){m->cursor.data, m->cursor.len};
}

uint64_t mgr_revision(const struct mgr *m)
{
    return m->revision;
}
