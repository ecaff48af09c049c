/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a request: the op table, admission, the engine. */
#include "daemon/gate/gate.h"

#include <inttypes.h>
#include <stdlib.h>

#include "daemon/gate/internal.h"

const struct journal_marks commit_no_journal = {.durable = UINT64_MAX};

struct gate *gate_new(const struct gate_options *options)
{
    struct gate *gate = gate_login_prepare() ? calloc(1, sizeof *gate) : NULL;
    if (gate == NULL)
        return NULL;
    gate->options = *options;
    gate_set_limits(gate, &options->limits);
    gate->engine = options->engine;
    gate->sink = (struct sink){gate_completion_cb, gate};
    gate->marks = options->journal == NULL ? &commit_no_journal : journal_marks(options->journal);
    idmap_init(&gate->peers_by_session, engine_hash_key(gate->engine));
    idmap_init(&gate->peers_by_token, engine_hash_key(gate->engine));
    SLIST_INIT(&gate->owners);
    TAILQ_INIT(&gate->holding);
    buf_init(&gate->scratch);
    buffers_init(&gate->buffers);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    idmap_free(&gate->peers_by_session, NULL);
    idmap_free(&gate->peers_by_token, NULL);
    users_free(&gate->owners);
    buf_free(&gate->scratch);
    free(gate);
}

void gate_set_limits(struct gate *gate, const struct limits *limits)
{
    uint64_t most = limits->buffers_bytes;
    gate->options.limits = *limits;
    /* Above three quarters nothing is executed: a reply is made when there is room for it. */
    gate->crowded_bytes = most == 0 ? SIZE_MAX : (size_t)(most - most / 4);
}

void gate_count_buffers(struct gate *gate, struct peer *peer)
{
    if (peer_buffers(peer) != peer->share.bytes)
        buffers_set(&gate->buffers, &peer->share, peer_buffers(peer), gate->now_ms);
}

void gate_moved(struct gate *gate, struct peer *peer, size_t bytes)
{
    buffers_moved(&gate->buffers, &peer->share, bytes, gate->now_ms);
}

static size_t held(const struct gate *gate)
{
    return gate->buffers.used + gate->marks->unwritten;
}

bool gate_crowded(const struct gate *gate)
{
    return held(gate) > gate->crowded_bytes;
}

/* Those that move nothing go first. The others only when that does not help in time, or when there
 * is more than there may ever be. */
static struct share *largest(const struct gate *gate, size_t least)
{
    enum { SLOW_MS = 60, CROWDED_MS = 1000 };
    uint64_t slow_ms = gate->now_ms < SLOW_MS ? 0 : gate->now_ms - SLOW_MS;
    if (held(gate) > gate->options.limits.buffers_bytes)
        return buffers_largest(&gate->buffers, least, UINT64_MAX);
    struct share *slow = buffers_largest(&gate->buffers, least, slow_ms);
    if (slow != NULL || gate->now_ms - gate->crowded_ms < CROWDED_MS)
        return slow;
    return buffers_largest(&gate->buffers, least, UINT64_MAX);
}

struct peer *gate_crowded_by(struct gate *gate)
{
    if (!gate_crowded(gate)) {
        gate->crowded_ms = 0;
        return NULL;
    }
    if (gate->crowded_ms == 0)
        gate->crowded_ms = gate->now_ms;
    /* Those who hold far less than half of a fair share are not why, be it the journal that is
     * slow. One who holds more is there whenever connections have half of all; when they have less,
     * it is the journal, and its part goes as it is written. */
    uint64_t most = gate->options.limits.buffers_bytes;
    size_t least = (size_t)(most / (2 * gate->buffers.holders + 1));
    struct share *share = largest(gate, least);
    if (share == NULL)
        return NULL;
    gate->count.crowded_out++;
    return (struct peer *)(void *)((char *)share - offsetof(struct peer, share));
}

/* Not when there is no room for a reply: neither for any, nor for more of this peer's. */
bool gate_may_execute(const struct gate *gate, const struct peer *peer)
{
    size_t len = peer->out.len, all = held(gate);
    return all <= gate->crowded_bytes && len <= gate->options.limits.output_bytes &&
           len <= gate->crowded_bytes - all;
}

/* Nobody may hold more than there is left: so there is always some for the next one. */
bool gate_output_full(const struct gate *gate, const struct peer *peer)
{
    size_t len = peer->out.len, all = held(gate);
    return len > gate->options.limits.output_bytes ||
           (len > 0 && all <= gate->crowded_bytes && len > gate->crowded_bytes - all);
}

size_t gate_frame_limit(const struct gate *gate, const struct peer *peer)
{
    return peer->state == PEER_NEW ? PROTO_LOGIN_FRAME : gate->options.limits.frame_bytes;
}

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

/* A request that changes nothing may still say that items have arrived. */
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
        peer->lease_ms = view.lease_ms; /* its requests renew it from now on */
}

/* The session that the peer's first command makes. */
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
    if (!engine_is_command(call->request)) {
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
    if (gate->options.journal != NULL && applied.first != 0)
        journal_enroll(gate->options.journal, &call->peer->joined);
    if (applied.session != 0 && call->peer->session == 0)
        gate_adopt_session(gate, call->peer, applied.session);
    if (applied.renewed != 0)
        renew(gate, applied.renewed);
    if (applied.outcome == OUTCOME_NONE)
        acknowledge(call);
}

/* What the engine looks at for its operations. */
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

void gate_dispatch(struct call *call)
{
    struct gate *gate = call->gate;
    struct peer *peer = call->peer;
    gate->count.requests++;
    gate->answer_from = engine_revision(gate->engine);
    call->row = op_row(call->request->op_case);
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
    if (call->row->number < 64) {
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

void proto_refuse(struct call *call, enum decode_status status, const struct decode_error *error)
{
    if (status == DECODE_HARD || call->peer->state == PEER_NEW)
        gate_break_off(call->gate, call->peer, error->text);
    else
        gate_refuse(call, status == DECODE_UNKNOWN ? ERR_UNIMPLEMENTED : ERR_INVALID, "%s",
                    error->text);
}
