/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a request: the op table, admission, the engine. */
#include "daemon/gate/gate.h"

#include <inttypes.h>
#include <stdlib.h>

#include "daemon/gate/internal.h"

const struct journal_marks rpc_no_journal = {.durable = UINT64_MAX};

struct rpc *rpc_new(const struct rpc_options *options)
{
    struct rpc *rpc = rpc_login_prepare() ? calloc(1, sizeof *rpc) : NULL;
    if (rpc == NULL)
        return NULL;
    rpc->options = *options;
    rpc_set_limits(rpc, &options->limits);
    rpc->engine = options->engine;
    rpc->sink = (struct sink){rpc_completion_cb, rpc};
    rpc->marks = options->journal == NULL ? &rpc_no_journal : journal_marks(options->journal);
    idmap_init(&rpc->peers_by_session, engine_hash_key(rpc->engine));
    idmap_init(&rpc->peers_by_token, engine_hash_key(rpc->engine));
    SLIST_INIT(&rpc->owners);
    TAILQ_INIT(&rpc->holding);
    buf_init(&rpc->scratch);
    buffers_init(&rpc->buffers);
    return rpc;
}

void rpc_free(struct rpc *rpc)
{
    if (rpc == NULL)
        return;
    idmap_free(&rpc->peers_by_session, NULL);
    idmap_free(&rpc->peers_by_token, NULL);
    users_free(&rpc->owners);
    buf_free(&rpc->scratch);
    free(rpc);
}

void rpc_set_limits(struct rpc *rpc, const struct limits *limits)
{
    uint64_t most = limits->buffers_bytes;
    rpc->options.limits = *limits;
    /* Above three quarters nothing is executed: a reply is made when there is room for it. */
    rpc->crowded_bytes = most == 0 ? SIZE_MAX : (size_t)(most - most / 4);
}

void rpc_count_buffers(struct rpc *rpc, struct peer *peer)
{
    if (peer_buffers(peer) != peer->share.bytes)
        buffers_set(&rpc->buffers, &peer->share, peer_buffers(peer), rpc->now_ms);
}

void rpc_moved(struct rpc *rpc, struct peer *peer, size_t bytes)
{
    buffers_moved(&rpc->buffers, &peer->share, bytes, rpc->now_ms);
}

static size_t held(const struct rpc *rpc)
{
    return rpc->buffers.used + rpc->marks->unwritten;
}

bool rpc_crowded(const struct rpc *rpc)
{
    return held(rpc) > rpc->crowded_bytes;
}

/* Those that move nothing go first. The others only when that does not help in time, or when there
 * is more than there may ever be. */
static struct share *largest(const struct rpc *rpc, size_t least)
{
    enum { SLOW_MS = 60, CROWDED_MS = 1000 };
    uint64_t slow_ms = rpc->now_ms < SLOW_MS ? 0 : rpc->now_ms - SLOW_MS;
    if (held(rpc) > rpc->options.limits.buffers_bytes)
        return buffers_largest(&rpc->buffers, least, UINT64_MAX);
    struct share *slow = buffers_largest(&rpc->buffers, least, slow_ms);
    if (slow != NULL || rpc->now_ms - rpc->crowded_ms < CROWDED_MS)
        return slow;
    return buffers_largest(&rpc->buffers, least, UINT64_MAX);
}

struct peer *rpc_crowded_by(struct rpc *rpc)
{
    if (!rpc_crowded(rpc)) {
        rpc->crowded_ms = 0;
        return NULL;
    }
    if (rpc->crowded_ms == 0)
        rpc->crowded_ms = rpc->now_ms;
    /* Those who hold far less than half of a fair share are not why, be it the journal that is
     * slow. One who holds more is there whenever connections have half of all; when they have less,
     * it is the journal, and its part goes as it is written. */
    uint64_t most = rpc->options.limits.buffers_bytes;
    size_t least = (size_t)(most / (2 * rpc->buffers.holders + 1));
    struct share *share = largest(rpc, least);
    if (share == NULL)
        return NULL;
    rpc->count.crowded_out++;
    return (struct peer *)(void *)((char *)share - offsetof(struct peer, share));
}

/* Not when there is no room for a reply: neither for any, nor for more of this peer's. */
bool rpc_may_execute(const struct rpc *rpc, const struct peer *peer)
{
    size_t len = peer->out.len, all = held(rpc);
    return all <= rpc->crowded_bytes && len <= rpc->options.limits.output_bytes &&
           len <= rpc->crowded_bytes - all;
}

/* Nobody may hold more than there is left: so there is always some for the next one. */
bool rpc_output_full(const struct rpc *rpc, const struct peer *peer)
{
    size_t len = peer->out.len, all = held(rpc);
    return len > rpc->options.limits.output_bytes ||
           (len > 0 && all <= rpc->crowded_bytes && len > rpc->crowded_bytes - all);
}

size_t rpc_frame_limit(const struct rpc *rpc, const struct peer *peer)
{
    return peer->state == PEER_NEW ? RPC_LOGIN_FRAME : rpc->options.limits.frame_bytes;
}

void rpc_break_off(struct rpc *rpc, struct peer *peer, const char *why)
{
    rpc->count.broken++;
    log_write(rpc->options.log, LOG_WARNING, LOG_PROTOCOL,
              LOG_FIELDS(log_text("address", bytes_text(peer->address)),
                         log_text("client", bytes_text(peer->client))),
              "protocol error, closing: %s", why);
    rpc_push(rpc, peer, ERR_PROTOCOL, why);
    if (peer->state != PEER_CLOSING)
        peer->ops->close(peer);
}

/* A request that changes nothing may still say that items have arrived. */
static void acknowledge(const struct call *call)
{
    struct command ack;
    if (rpc_may_change(call->rpc) &&
        engine_wants_ack(call->rpc->engine, call->peer->session, call->request, &ack))
        (void)rpc_apply(call->rpc, &ack, bytes_of(NULL, 0), &call->rpc->sink);
}

static void renew(struct rpc *rpc, uint64_t session)
{
    struct session_view view;
    struct peer *peer = idmap_get(&rpc->peers_by_session, session);
    if (!engine_session_view(rpc->engine, session, &view))
        return;
    liveness_renew(rpc->options.liveness, session, rpc->now_ms, view.lease_ms);
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
    struct rpc *rpc = call->rpc;
    rpc->revision_before = engine_revision(rpc->engine);
    if (!engine_is_command(call->request)) {
        rpc->count.reads++;
        engine_read(rpc->engine, &call->command, &rpc->sink);
        acknowledge(call);
        return;
    }
    if (!rpc_admit(call))
        return;
    struct session_open open;
    if (call->command.session == 0) {
        open = session_of(call->peer);
        call->command.open = &open;
    }
    rpc->count.commands++;
    struct applied applied = rpc_apply(rpc, &call->command, call->body, &rpc->sink);
    if (rpc->options.journal != NULL && applied.first != 0)
        journal_enroll(rpc->options.journal, &call->peer->joined);
    if (applied.session != 0 && call->peer->session == 0)
        rpc_adopt_session(rpc, call->peer, applied.session);
    if (applied.renewed != 0)
        renew(rpc, applied.renewed);
    if (applied.outcome == OUTCOME_NONE)
        acknowledge(call);
}

/* What the engine looks at for its operations. */
static bool admit_own(const struct call *call)
{
    const Wire__Request *request = call->request;
    if (request->has_unchanged_since) {
        rpc_refuse(call, ERR_INVALID, "unchanged_since is for operations on one object");
        return false;
    }
    if (!request->has_require || engine_owner(call->rpc->engine, request->require) != 0)
        return true;
    rpc_refuse(call, ERR_STALE_TOKEN, "token %" PRIu64 " is not alive", request->require);
    return false;
}

void rpc_dispatch(struct call *call)
{
    struct rpc *rpc = call->rpc;
    struct peer *peer = call->peer;
    rpc->count.requests++;
    rpc->answer_from = engine_revision(rpc->engine);
    call->row = op_row(call->request->op_case);
    bool hello = call->request->op_case == WIRE__REQUEST__OP_SESSION_HELLO;
    if ((peer->state == PEER_NEW) != hello) {
        rpc_break_off(rpc, peer,
                      hello ? "a second session_hello" : "the first request must be session_hello");
        return;
    }
    if (call->row == NULL) {
        rpc_refuse(call, ERR_UNIMPLEMENTED, "this daemon does not know the operation");
        return;
    }
    if (!rpc_check_arguments(call))
        return;
    if (peer->lease_ms != 0 && peer->session != 0)
        liveness_touch(rpc->options.liveness, peer->session, rpc->now_ms);
    rpc->current = peer;
    if (call->row->number < 64) {
        if (admit_own(call))
            rpc_own(call);
        else if (hello)
            peer->ops->close(peer);
        acknowledge(call);
    } else {
        execute(call);
    }
    rpc->current = NULL;
}

void rpc_refuse_undecoded(struct call *call, enum decode_status status,
                          const struct decode_error *error)
{
    if (status == DECODE_HARD || call->peer->state == PEER_NEW)
        rpc_break_off(call->rpc, call->peer, error->text);
    else
        rpc_refuse(call, status == DECODE_UNKNOWN ? ERR_UNIMPLEMENTED : ERR_INVALID, "%s",
                   error->text);
}
