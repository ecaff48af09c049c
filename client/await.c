/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits for replies, and handles lost connections, local timeouts and interrupts.
 *
 * client_pump makes one step: it sends, reads and takes replies. A lost connection is closed, and
 * the next step resumes the session (login.c). When that fails, or the daemon breaks the protocol,
 * the session is dropped: unanswered changes end as MGR_INDETERMINATE. A call whose time is over or
 * that is interrupted cancels its request and waits for the outcome, for at most 1 s more. */
#include "client/internal.h"

void client_drop_session(struct mgr *m)
{
    enum mgr_status status = m->status;
    memcpy(m->why, m->error + m->error_at, sizeof m->why - m->error_at);
    link_close(m);
    m->has_token = false;
    m->attempts = 0;
    flights_give_up(m, status);
    client_fail(m, status, "%s", m->why); /* pipeline callbacks have overwritten the error */
}

/* Tries for as long as the session can live without a connection, and at least as long as a
 * first connection may take. */
static enum link_status reconnect(struct mgr *m, int64_t deadline_ms)
{
    int64_t limit_ms = client_deadline(
        m->linger_ms > m->connect_timeout_ms ? m->linger_ms : m->connect_timeout_ms);
    if (m->superseded)
        client_fail(m, MGR_SUPERSEDED, "another connection resumed this session");
    else if (client_connect(m, limit_ms < deadline_ms ? limit_ms : deadline_ms) == MGR_OK)
        return LINK_OK;
    else if (m->status == MGR_INTERRUPTED)
        return LINK_INTERRUPTED;
    client_drop_session(m);
    return LINK_LOST;
}

/* Handles a failed exchange: LOST closes the connection and keeps the session; BROKEN and NOMEM
 * drop the session. */
static enum link_status after(struct mgr *m, enum link_status status)
{
    switch (status) {
    case LINK_LOST:
        link_close(m);
        return LINK_OK; /* the next round reconnects */
    case LINK_BROKEN:
        client_fail(m, MGR_PROTOCOL, "%s does not speak mgrd's protocol", m->server);
        break;
    case LINK_NOMEM:
        client_fail(m, MGR_NOMEM, "out of memory for a reply");
        break;
    default:
        return status;
    }
    client_drop_session(m);
    return LINK_LOST;
}

enum link_status client_pump(struct mgr *m, int64_t deadline_ms)
{
    if (m->fd < 0)
        return reconnect(m, deadline_ms);
    enum link_status status = link_exchange(m, deadline_ms);
    if (status == LINK_OK)
        status = client_take_replies(m);
    return after(m, status);
}

static void no_answer(struct mgr *m)
{
    client_fail(m, MGR_UNREACHABLE, "%s: no answer in time", m->server);
    client_drop_session(m);
}

enum mgr_status client_pump_pipeline(struct mgr *m)
{
    switch (client_pump(m, client_deadline(m->timeout_ms))) {
    case LINK_OK:
        return MGR_OK;
    case LINK_INTERRUPTED:
        return client_fail(m, MGR_INTERRUPTED, "interrupted; some requests are still in flight");
    case LINK_TIMEOUT:
        no_answer(m);
        return m->status;
    default:
        return m->status;
    }
}

enum mgr_status client_flush(struct mgr *m)
{
    enum link_status status = link_poll(m);
    if (status == LINK_OK)
        status = client_take_replies(m);
    return after(m, status) == LINK_LOST ? m->status : MGR_OK;
}

enum mgr_status client_attach(struct mgr *m)
{
    /* Find out now whether an idle connection was closed meanwhile: a change sent on a dead
     * connection could end with an unknown outcome. */
    if (m->fd >= 0 && m->in_flight == 0 && client_flush(m) != MGR_OK)
        return m->status;
    if (m->ended && m->in_flight == 0) {
        link_close(m);
        m->has_token = false;
    }
    if (m->fd >= 0)
        return MGR_OK;
    switch (reconnect(m, client_deadline(m->connect_timeout_ms))) {
    case LINK_OK:
        return MGR_OK;
    case LINK_INTERRUPTED:
        return client_fail(m, MGR_INTERRUPTED, "interrupted, and nothing was sent");
    default:
        return m->status;
    }
}

/* False: the control slot is in use; try again later. */
static bool send_cancel(struct mgr *m, uint64_t id)
{
    struct mgr_arg args[] = {mgr_int((int64_t)id)};
    struct request cancel = {.row = op_find("session", "cancel"),
                             .args = args,
                             .kind = FLIGHT_SILENT,
                             .control = true,
                             .own = true};
    struct flight *flight;
    return client_submit(m, &cancel, &flight) == MGR_OK;
}

/* The local wait is over: cancels the request and waits for its outcome. If that does not come
 * in time, drops the session, because the client no longer knows what the session holds. */
static void take_back(struct mgr *m, struct flight *flight, bool interrupted)
{
    int64_t deadline_ms = client_deadline(CLIENT_CANCEL_MS);
    bool sent = false;
    while (!flight->done) {
        sent = sent || send_cancel(m, flight->id);
        enum link_status status = client_pump(m, deadline_ms);
        if (status != LINK_TIMEOUT && status != LINK_INTERRUPTED)
            continue;
        if (interrupted) {
            client_fail(m, MGR_INTERRUPTED, "interrupted, and %s did not answer", m->server);
            client_drop_session(m);
        } else {
            no_answer(m);
        }
    }
}

enum mgr_status client_failure(struct mgr *m, enum mgr_status status, struct bytes text)
{
    if (text.len > 0)
        return client_fail(m, status, "%.*s", (int)text.len, (const char *)text.data);
    if (m->why[0] == '\0')
        return client_fail(m, status, "%s", error_row(status)->meaning);
    if (status == MGR_INDETERMINATE)
        return client_fail(m, status, "whether it was done is not known: %s", m->why);
    return client_fail(m, status, "%s", m->why);
}

enum mgr_status client_too_late(struct mgr *m, enum mgr_status late)
{
    return client_fail(m, late, "%s",
                       late == MGR_INTERRUPTED ? "interrupted" : "the time to wait ran out");
}

/* client_pump with heartbeats while it waits. A reconnect renews the lease itself, so it gets
 * the whole remaining time: giving up early would lose the session. */
static enum link_status pump_alive(struct mgr *m, int64_t deadline_ms)
{
    for (;;) {
        int64_t due_ms = m->fd >= 0 ? lease_due(m) : INT64_MAX;
        enum link_status status = client_pump(m, due_ms < deadline_ms ? due_ms : deadline_ms);
        if (status != LINK_TIMEOUT || due_ms >= deadline_ms)
            return status;
        if (lease_beat(m) != MGR_OK)
            return client_pump(m, deadline_ms); /* no memory: wait without heartbeats */
    }
}

enum mgr_status client_await(struct mgr *m, struct flight *flight, int64_t wait_ms,
                             enum mgr_status *late)
{
    int64_t patience_ms = MGR_FOREVER;
    if (__builtin_add_overflow(wait_ms, m->timeout_ms, &patience_ms))
        patience_ms = MGR_FOREVER;
    int64_t deadline_ms = client_deadline(patience_ms);
    *late = MGR_OK;
    while (!flight->done) {
        enum link_status status = pump_alive(m, deadline_ms);
        if (status == LINK_INTERRUPTED || status == LINK_TIMEOUT) {
            *late = status == LINK_TIMEOUT ? MGR_TIMEOUT : MGR_INTERRUPTED;
            take_back(m, flight, status == LINK_INTERRUPTED);
        }
    }
    enum mgr_status status;
    if (flight->status == MGR_OK)
        status = client_ok(m);
    else if (*late != MGR_OK && flight->status == MGR_CANCELLED)
        status = client_too_late(m, *late);
    else
        status = client_failure(m, flight->status, buf_bytes(&m->answer.text));
    flight_release(m, flight);
    return status;
}
