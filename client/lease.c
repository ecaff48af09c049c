/* SPDX-License-Identifier: BSD-2-Clause */
/* Heartbeats without a thread, and how long the session is surely alive.
 *
 * The daemon starts the lease again when it receives a request, which is after the client sent
 * it. So, counted from the sending of the last answered request, the session lives for at least
 * its lease. The daemon may also have lost the connection at that moment without the client
 * noticing; then the session lives for its linger. The shorter one counts. */
#include "client/internal.h"

enum {
    BEATS = 4,        /* heartbeats per lifetime of the session */
    MARGIN_MS = 200,  /* safety margin: for a clock slower than the daemon's ... */
    MARGIN_PART = 50, /* ... or this fraction of the lifetime, if larger */
};

/* How long the session lives after the daemon last heard of it. */
static int64_t life_ms(const struct mgr *m)
{
    return m->lease_ms > 0 && m->lease_ms < m->linger_ms ? m->lease_ms : m->linger_ms;
}

static bool has_session(const struct mgr *m)
{
    return m->has_token && !m->ended && !m->superseded;
}

int64_t mgr_safe_ms(const struct mgr *m)
{
    if (m == NULL || !has_session(m) || (m->grant_epoch != 0 && m->grant_epoch != m->epoch))
        return 0;
    int64_t life = life_ms(m);
    int64_t margin = life / MARGIN_PART > MARGIN_MS ? life / MARGIN_PART : MARGIN_MS;
    return m->alive_ms + life - margin - client_now_ms();
}

uint64_t mgr_epoch(const struct mgr *m)
{
    return m == NULL ? 0 : m->epoch;
}

int64_t lease_due(const struct mgr *m)
{
    if (m->lease_ms == 0 || !has_session(m) || flight_control_busy(m))
        return INT64_MAX;
    return m->alive_ms + life_ms(m) / BEATS;
}

int64_t mgr_heartbeat_due_ms(const struct mgr *m)
{
    if (m == NULL || m->slots == NULL || m->lease_ms == 0 || !has_session(m))
        return MGR_FOREVER;
    int64_t due_ms = m->fd < 0 ? m->retry_ms : lease_due(m);
    int64_t now_ms = client_now_ms();
    return due_ms == INT64_MAX ? MGR_FOREVER : due_ms > now_ms ? due_ms - now_ms : 0;
}

static const struct request *heartbeat(struct request *request, enum flight_kind kind)
{
    *request = (struct request){
        .row = op_find("session", "heartbeat"), .kind = kind, .control = true, .own = true};
    return request;
}

enum mgr_status lease_beat(struct mgr *m)
{
    struct request request;
    struct flight *flight;
    if (flight_control_busy(m))
        return MGR_OK;
    return client_submit(m, heartbeat(&request, FLIGHT_SILENT), &flight);
}

/* Waits for the heartbeat that is in flight. */
static enum mgr_status wait_for_control(struct mgr *m)
{
    enum mgr_status status = client_attach(m);
    while (status == MGR_OK && flight_control_busy(m))
        status = client_pump_pipeline(m);
    return status;
}

enum mgr_status mgr_heartbeat(struct mgr *m)
{
    struct request request;
    enum mgr_status status = client_ready(m);
    if (status != MGR_OK)
        return status;
    if (!m->pipelining) {
        status = wait_for_control(m);
        return status == MGR_OK ? client_exchange(m, heartbeat(&request, FLIGHT_AWAITED)) : status;
    }
    status = client_attach(m);
    if (status == MGR_OK)
        status = lease_beat(m);
    if (status == MGR_OK)
        status = client_flush(m);
    return status == MGR_OK ? client_ok(m) : status;
}

/* The result of a round without blocking. */
static enum mgr_status state(struct mgr *m, uint64_t epoch)
{
    if (m->superseded)
        return client_fail(m, MGR_SUPERSEDED, "another connection resumed this session");
    if (!has_session(m) || m->epoch != epoch)
        return client_fail(m, MGR_SESSION_LOST, "the session has ended");
    if (m->fd < 0)
        return client_fail(m, MGR_UNREACHABLE, "%s: the connection was lost", m->server);
    return client_ok(m);
}

enum mgr_status mgr_heartbeat_poll(struct mgr *m, int64_t connect_ms)
{
    enum mgr_status status = client_ready(m);
    if (status != MGR_OK)
        return status;
    uint64_t epoch = m->epoch;
    if (m->fd < 0 && connect_ms > 0 && has_session(m))
        status = client_connect_once(m, client_deadline(connect_ms));
    if (status == MGR_OK && m->fd >= 0 && lease_due(m) <= client_now_ms())
        status = lease_beat(m);
    if (status == MGR_OK && m->fd >= 0)
        status = client_flush(m);
    return status == MGR_OK ? state(m, epoch) : status;
}
