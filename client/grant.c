/* SPDX-License-Identifier: BSD-2-Clause */
/* Grants: what the last call was granted, and giving back a grant that came too late. */
#include "client/internal.h"

static const struct mgr_grant none;

const struct mgr_grant *mgr_last_grant(const struct mgr *m)
{
    return m == NULL ? &none : &m->grant;
}

bool mgr_lost(const struct mgr *m)
{
    return m != NULL && m->lost;
}

/* The operation that gives back, by token, what this operation took; NULL: there is none. The
 * wait of a condition has none: its caller owned the lock before, and would lose the lock and
 * the notification. */
static const struct op_row *undo_of(const struct op_row *row)
{
    if (strcmp(row->method, "acquire") == 0)
        return op_find(row->type, "release");
    return strcmp(row->method, "get") == 0 ? op_find(row->type, "nack") : NULL;
}

bool grant_is_returnable(const struct mgr *m, const struct request *request)
{
    return m->grant.token != 0 && undo_of(request->row) != NULL;
}

/* False: it is not known whether the grant was given back. */
static bool give_back(struct mgr *m, const struct request *request)
{
    enum { ARGS_MAX = 8 };
    struct mgr_arg args[ARGS_MAX] = {{.kind = MGR_ARG_ABSENT}};
    struct request undo = {.row = undo_of(request->row), .args = args, .own = true};
    struct flight *flight;
    int64_t deadline_ms = client_deadline(CLIENT_CANCEL_MS);
    if (undo.row == NULL)
        return true;            /* nothing to give back */
    args[0] = request->args[0]; /* the object's name */
    for (unsigned i = 1; i < undo.row->arg_count; i++)
        if (strcmp(undo.row->args[i].name, "token") == 0)
            args[i] = mgr_int((int64_t)m->grant.token);
    if (client_submit(m, &undo, &flight) != MGR_OK)
        return false;
    while (!flight->done && client_now_ms() < deadline_ms)
        (void)client_pump(m, deadline_ms);
    bool told = flight->done && flight->status != MGR_INDETERMINATE;
    if (flight->done)
        flight_release(m, flight);
    else
        flight->kind = FLIGHT_SILENT; /* dropping the session releases it */
    return told;
}

enum mgr_status grant_give_back(struct mgr *m, const struct request *request, enum mgr_status late)
{
    bool done = give_back(m, request);
    m->grant = (struct mgr_grant){0};
    if (!done && m->has_token) {
        client_fail(m, late, "%s did not answer", m->server);
        client_drop_session(m);
    }
    return client_too_late(m, late);
}
