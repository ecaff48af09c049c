/* SPDX-License-Identifier: BSD-2-Clause */
/* The only way out: every reply and push goes to its peer here, and is held until the change it
 * shows is durable. The door encodes it. */
#include <stdarg.h>
#include <stdio.h>

#include "daemon/gate/commit.h"
#include "wire.pb-c.h"

/* A reply must not be skipped: closes the connection, so that the client resumes and gets it. */
__attribute__((cold)) static void reply_lost(struct gate *gate, struct peer *peer)
{
    log_write(gate->options.log, LOG_WARNING, LOG_CONNECTION,
              LOG_FIELDS(log_text("client", bytes_text(peer->client))),
              "out of memory for a reply, closing");
    peer->ops->drop(peer);
}

void gate_reply(struct gate *gate, struct peer *peer, const struct completion *completion)
{
    if (peer->state == PEER_CLOSING)
        return;
    uint64_t revision = commit_hold(gate, peer, completion->changed_at);
    if (completion->revision < revision)
        revision = completion->revision;
    peer->ops->reply(peer, completion, revision);
    if (completion->result != NULL && completion->result->kind == RESULT_ERROR)
        gate->count.errors++;
    if (peer->out.failed) {
        reply_lost(gate, peer);
        return;
    }
    if (peer_buffers(peer) != peer->share.bytes) /* rarely true */
        gate_count_buffers(gate, peer);
    peer->ops->has_output(peer);
}

/* Replies to the peer that has the session now. */
__attribute__((noinline)) static void reply_by_session(struct gate *gate,
                                                       const struct completion *completion)
{
    struct peer *peer = idmap_get(&gate->peers_by_session, completion->session);
    if (peer != NULL) /* without a peer the reply waits in its slot */
        gate_reply(gate, peer, completion);
}

/* Before its first command a session is known by its connection only: its completions go to the
 * peer whose request is running. */
void gate_completion_cb(void *arg, const struct completion *completion)
{
    struct gate *gate = arg;
    struct peer *current = gate->current;
    uint64_t session = completion->session;
    if (current != NULL && current->session == session)
        gate_reply(gate, current, completion);
    else if (session != 0 && session <= gate->revision_before)
        reply_by_session(gate, completion);
    else if (current != NULL)
        gate_reply(gate, current, completion);
}

void gate_answer(const struct call *call, const struct result *result)
{
    uint64_t revision = engine_revision(call->gate->engine);
    struct completion completion = {
        .session = call->peer->session,
        .id = call->request->id,
        .revision = revision,
        /* a request that changed nothing, such as a heartbeat, waits for no batch */
        .changed_at = revision > call->gate->answer_from ? revision : 0,
        .result = result,
    };
    gate_reply(call->gate, call->peer, &completion);
}

void gate_answer_done(const struct call *call)
{
    gate_answer(call, &(struct result){.kind = RESULT_DONE});
}

void gate_answer_value(const struct call *call, const struct buf *value)
{
    if (value->failed)
        gate_refuse(call, ERR_NOMEM, "out of memory");
    else
        gate_answer(call, &(struct result){.kind = RESULT_VALUE, .value = buf_bytes(value)});
}

void gate_refuse(const struct call *call, enum mgr_code code, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    gate_answer(call,
                &(struct result){.kind = RESULT_ERROR, .code = code, .message = bytes_text(text)});
}

void gate_push(struct gate *gate, struct peer *peer, enum mgr_code code, const char *message)
{
    struct result push = {.kind = RESULT_PUSH, .code = code, .message = bytes_text(message)};
    struct completion completion = {.revision = engine_revision(gate->engine), .result = &push};
    gate_reply(gate, peer, &completion);
}
