/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a request: frames, a batch, the op table, admission, the engine. */
#include "daemon/rpc/rpc.h"

#include <stdlib.h>

#include "daemon/rpc/internal.h"
#include "wire/frame.h"

struct rpc *rpc_new(const struct rpc_options *options)
{
    struct rpc *rpc = calloc(1, sizeof *rpc);
    if (rpc == NULL)
        return NULL;
    rpc->options = *options;
    rpc->engine = options->engine;
    rpc->sink = (struct sink){rpc_completion_cb, rpc};
    buf_init(&rpc->scratch);
    return rpc;
}

void rpc_free(struct rpc *rpc)
{
    if (rpc == NULL)
        return;
    idmap_free(&rpc->peers_by_session, NULL);
    idmap_free(&rpc->peers_by_token, NULL);
    buf_free(&rpc->scratch);
    free(rpc);
}

void rpc_set_limits(struct rpc *rpc, const struct limits *limits)
{
    rpc->options.limits = *limits;
}

bool rpc_output_full(const struct rpc *rpc, const struct peer *peer)
{
    return peer->out.len > rpc->options.limits.output_bytes;
}

size_t rpc_frame_limit(const struct rpc *rpc, const struct peer *peer)
{
    return peer->state == PEER_NEW ? RPC_LOGIN_FRAME : rpc->options.limits.frame_bytes;
}

/* The peer sent what is not the protocol: say so once, and never try to find the next frame. */
static void break_off(struct rpc *rpc, struct peer *peer, const char *why)
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
    if (engine_wants_ack(call->rpc->engine, call->peer->session, call->request, &ack))
        (void)engine_apply(call->rpc->engine, &ack, &call->rpc->sink);
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

static void execute(struct call *call)
{
    struct rpc *rpc = call->rpc;
    struct command command = {
        .kind = COMMAND_REQUEST,
        .now_ms = rpc->now_ms,
        .session = call->peer->session,
        .request = call->request,
        .has_refs = call->has_refs,
    };
    rpc->revision_before = engine_revision(rpc->engine);
    if (!engine_is_command(call->request)) {
        rpc->count.reads++;
        engine_read(rpc->engine, &command, &rpc->sink);
        acknowledge(call);
        return;
    }
    if (!rpc_admit(call))
        return;
    struct session_open open = {
        .client = bytes_text(call->peer->client),
        .address = bytes_text(call->peer->address),
        .window = call->peer->window,
        .lease_ms = call->peer->lease_ms,
        .linger_ms = call->peer->linger_ms,
    };
    memcpy(open.token_hash, call->peer->token_hash, sizeof open.token_hash);
    if (command.session == 0)
        command.open = &open;
    rpc->count.commands++;
    struct applied applied = engine_apply(rpc->engine, &command, &rpc->sink);
    if (applied.session != 0 && call->peer->session == 0)
        rpc_adopt_session(rpc, call->peer, applied.session);
    if (applied.renewed != 0)
        renew(rpc, applied.renewed);
    if (applied.outcome == OUTCOME_NONE)
        acknowledge(call);
}

static void dispatch(struct call *call)
{
    struct rpc *rpc = call->rpc;
    struct peer *peer = call->peer;
    rpc->count.requests++;
    call->row = op_row(call->request->op_case);
    bool hello = call->request->op_case == WIRE__REQUEST__OP_SESSION_HELLO;
    if ((peer->state == PEER_NEW) != hello) {
        break_off(rpc, peer,
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
        rpc_own(call);
        acknowledge(call);
    } else {
        execute(call);
    }
    rpc->current = NULL;
}

/* An undecodable request: the connection lives when the error can be told to its id. */
static void refuse_undecoded(struct call *call, enum decode_status status,
                             const struct decode_error *error)
{
    if (status == DECODE_HARD || call->peer->state == PEER_NEW)
        break_off(call->rpc, call->peer, error->text);
    else
        rpc_refuse(call, status == DECODE_UNKNOWN ? ERR_UNIMPLEMENTED : ERR_INVALID, "%s",
                   error->text);
}

struct batch {
    Wire__Request requests[RPC_BATCH];
    enum decode_status status[RPC_BATCH];
    struct decode_error errors[RPC_BATCH];
    size_t ends[RPC_BATCH]; /* input used when the request is done */
    size_t count;
    bool bad_frame; /* what follows the batch is no frame */
    uint64_t arena[RPC_BATCH * DECODE_ARENA / sizeof(uint64_t)];
};

static void batch_decode(struct batch *batch, struct bytes input, size_t frame_limit)
{
    struct arena arena = {(uint8_t *)batch->arena, sizeof batch->arena, 0};
    size_t at = 0;
    batch->count = 0;
    batch->bad_frame = false;
    while (batch->count < RPC_BATCH) {
        struct bytes body;
        size_t used, need;
        enum frame_status frame = frame_split(bytes_of(input.data + at, input.len - at),
                                              frame_limit, &body, &used, &need);
        batch->bad_frame = frame == FRAME_BAD;
        if (frame != FRAME_OK)
            return;
        at += used;
        size_t i = batch->count++;
        batch->ends[i] = at;
        batch->status[i] = decode_request(body, &arena, &batch->requests[i], &batch->errors[i]);
        if (batch->status[i] == DECODE_HARD)
            return;
    }
}

/* Executes the batch; gives the input used. */
static size_t batch_run(struct rpc *rpc, struct peer *peer, struct batch *batch)
{
    size_t used = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (peer->state == PEER_CLOSING || rpc_output_full(rpc, peer))
            return used;
        struct call call = {.rpc = rpc,
                            .peer = peer,
                            .request = &batch->requests[i],
                            .bytes = batch->ends[i] - used};
        used = batch->ends[i];
        if (batch->status[i] == DECODE_OK)
            dispatch(&call);
        else
            refuse_undecoded(&call, batch->status[i], &batch->errors[i]);
    }
    return used;
}

size_t rpc_input(struct rpc *rpc, struct peer *peer, struct bytes input)
{
    struct batch batch;
    size_t used = 0;
    while (peer->state != PEER_CLOSING && !rpc_output_full(rpc, peer)) {
        bool login = peer->state == PEER_NEW;
        batch_decode(&batch, bytes_of(input.data + used, input.len - used),
                     rpc_frame_limit(rpc, peer));
        if (login && batch.count > 1)
            batch.count = 1; /* the frame limit changes once the session is open */
        if (batch.count == 0) {
            if (batch.bad_frame)
                break_off(rpc, peer, "not a frame, or larger than the limit");
            break;
        }
        used += batch_run(rpc, peer, &batch);
    }
    return peer->state == PEER_CLOSING ? input.len : used;
}
