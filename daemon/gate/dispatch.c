/* SPDX-License-Identifier: BSD-2-Clause */
/* The path of a request: op table, admission, engine. */
#include <inttypes.h>

#include "daemon/gate/commit.h"
#include "wire.pb-c.h"

void gate_break_off(struct gate *gate, struct peer *peer, const char *why)
{
    gate->count.broken++;
    log_write(gate->options.log, LOG_WARNING, LOG_PROTOCOL,
              LOG_FIELDS(log_text("address", bytes_text(peer->address)),
                         log_text("client", bytes_text(peer->client))),
              "protocol error, closing: %s", why);
    gate_push(gate, peer, ERR_PROTOCOL, why);
    if (peer->state != PEER_CLOSING)
        peer->ops->close(peer);
}

/* Even a request that changes nothing may acknowledge received items. */
static void acknowledge(const struct call *call)
{
    struct command ack;
    if (commit_possible(call->gate) &&
        engine_wants_ack(call->gate->engine, call->peer->session, call->request, &ack))
        (void)commit_apply(call->gate, &ack, bytes_of(NULL, 0), &call->gate->sink);
}

static void renew(struct gate *gate, uint64_t session)
{
    struct session_view view;
    struct peer *peer = idmap_get(&gate->peers_by_session, session);
    if (!engine_session_view(gate->engine, session, &view))
        return;
    liveness_renew(gate->options.liveness, session, gate->now_ms, view.lease_ms);
    if (peer != NULL)
        peer->lease_ms = view.lease_ms; /* from now on the session's requests renew it */
}

/* The session that the peer's first command creates. */
static struct session_open session_of(const struct peer *peer)
{
    struct session_open open = {
        .client = bytes_text(peer->client),
        .address = bytes_text(peer->address),
        .window = peer->window,
        .lease_ms = peer->lease_ms,
        .linger_ms = peer->linger_ms,
    };
    memcpy(open.token_hash, peer->token_hash, sizeof open.token_hash);
    return open;
}

static void execute(struct call *call)
{
    struct gate *gate = call->gate;
    gate->revision_before = engine_revision(gate->engine);
    if (!engine_is_command(call->row, call->request)) {
        gate->count.reads++;
        engine_read(gate->engine, &call->command, &gate->sink);
        acknowledge(call);
        return;
    }
    if (!gate_admit(call))
        return;
    struct session_open open;
    if (call->command.session == 0) {
        open = session_of(call->peer);
        call->command.open = &open;
    }
    gate->count.commands++;
    struct applied applied = commit_apply(gate, &call->command, call->body, &gate->sink);
    if (applied.first != 0)
        commit_enroll(gate, call->peer);
    if (applied.session != 0 && call->peer->session == 0)
        gate_adopt_session(gate, call->peer, applied.session);
    if (applied.renewed != 0)
        renew(gate, applied.renewed);
    if (applied.outcome == OUTCOME_NONE)
        acknowledge(call);
}

/* The checks that the engine makes for its own operations. */
static bool admit_builtin(const struct call *call)
{
    const Wire__Request *request = call->request;
    if (request->has_unchanged_since) {
        gate_refuse(call, ERR_INVALID, "unchanged_since is for operations on one object");
        return false;
    }
    if (!request->has_require || engine_owner(call->gate->engine, request->require) != 0)
        return true;
    gate_refuse(call, ERR_STALE_TOKEN, "token %" PRIu64 " is not alive", request->require);
    return false;
}

bool gate_defers(struct gate *gate, struct peer *peer, const Wire__Request *request)
{
    if (!gate->marks->behind || (unsigned)request->op_case < OP_NUMBERS_OF_TYPE ||
        !engine_is_command(op_row(request->op_case), request))
        return false;
    if (peer->lease_ms != 0 && peer->session != 0)
        liveness_touch(gate->options.liveness, peer->session, gate->now_ms);
    gate_moved(gate, peer, BUFFERS_MOVES);
    return true;
}

void gate_prefetch(const struct gate *gate, const Wire__Request *request, struct hint *hint)
{
    engine_prefetch(gate->engine, request, hint);
}

void gate_dispatch(struct call *call)
{
    struct gate *gate = call->gate;
    struct peer *peer = call->peer;
    call->command.kind = COMMAND_REQUEST;
    call->command.now_ms = gate->now_ms;
    call->command.session = peer->session;
    call->command.open = NULL;
    call->command.request = call->request;
    call->command.has_refs = false;
    call->command.work = 0;
    gate->count.requests++;
    gate->answer_from = engine_revision(gate->engine);
    call->row = call->command.hint->op;
    bool hello = call->request->op_case == WIRE__REQUEST__OP_SESSION_HELLO;
    if ((peer->state == PEER_NEW) != hello) {
        gate_break_off(gate, peer,
                       hello ? "a second session_hello"
                             : "the first request must be session_hello");
        return;
    }
    if (call->row == NULL) {
        gate_refuse(call, ERR_UNIMPLEMENTED, "this daemon does not know the operation");
        return;
    }
    if (!gate_check_arguments(call))
        return;
    if (peer->lease_ms != 0 && peer->session != 0)
        liveness_touch(gate->options.liveness, peer->session, gate->now_ms);
    gate->current = peer;
    if (call->row->number < OP_NUMBERS_OF_TYPE) {
        if (admit_builtin(call))
            gate_builtin(call);
        else if (hello)
            peer->ops->close(peer);
        acknowledge(call);
    } else {
        execute(call);
    }
    gate->current = NULL;
}
