/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way out: every reply and every push is packed here. */
#include <stdarg.h>
#include <stdio.h>

#include "daemon/rpc/internal.h"

void rpc_reply(struct rpc *rpc, struct peer *peer, const struct completion *completion)
{
    if (peer->state == PEER_CLOSING)
        return;
    if (completion->result != NULL)
        reply_put(&peer->out, completion->id, completion->revision, completion->result);
    else
        reply_put_frame(&peer->out, completion->id, completion->revision, completion->encoded);
    if (completion->result != NULL && completion->result->kind == RESULT_ERROR)
        rpc->count.errors++;
    if (peer->out.failed) {
        /* A reply that cannot be sent must not be skipped: without the connection the client
         * resumes. */
        log_write(rpc->options.log, LOG_WARNING, LOG_CONNECTION,
                  LOG_FIELDS(log_text("client", bytes_text(peer->client))),
                  "out of memory for a reply, closing");
        peer->ops->drop(peer);
        return;
    }
    peer->ops->has_output(peer);
}

/* A session is known by its connection until its first command: what it then gets is for the peer
 * whose request runs. */
static struct peer *peer_of(struct rpc *rpc, uint64_t session)
{
    struct peer *current = rpc->current;
    if (session == 0 || session > rpc->revision_before ||
        (current != NULL && current->session == session))
        return current;
    return idmap_get(&rpc->peers_by_session, session);
}

void rpc_completion_cb(void *arg, const struct completion *completion)
{
    struct rpc *rpc = arg;
    struct peer *peer = peer_of(rpc, completion->session);
    if (peer != NULL) /* else it lingers: the reply waits in its slot */
        rpc_reply(rpc, peer, completion);
}

void rpc_answer(const struct call *call, const struct result *result)
{
    struct completion completion = {
        .session = call->peer->session,
        .id = call->request->id,
        .revision = engine_revision(call->rpc->engine),
        .changed_at = engine_revision(call->rpc->engine),
        .result = result,
    };
    rpc_reply(call->rpc, call->peer, &completion);
}

void rpc_answer_done(const struct call *call)
{
    rpc_answer(call, &(struct result){.kind = RESULT_DONE});
}

void rpc_answer_value(const struct call *call, const struct buf *value)
{
    if (value->failed)
        rpc_refuse(call, ERR_NOMEM, "out of memory");
    else
        rpc_answer(call, &(struct result){.kind = RESULT_VALUE, .value = buf_bytes(value)});
}

void rpc_refuse(const struct call *call, enum mgr_code code, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rpc_answer(call,
               &(struct result){.kind = RESULT_ERROR, .code = code, .message = bytes_text(text)});
}

void rpc_push(struct rpc *rpc, struct peer *peer, enum mgr_code code, const char *message)
{
    struct result push = {.kind = RESULT_PUSH, .code = code, .message = bytes_text(message)};
    struct completion completion = {.revision = engine_revision(rpc->engine), .result = &push};
    rpc_reply(rpc, peer, &completion);
}
