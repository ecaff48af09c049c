/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way out: every reply and every push is packed here. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "daemon/gate/internal.h"

/* True: it may be sent more than before. */
static bool take_durable(struct peer *peer, uint64_t committed)
{
    unsigned before = peer->held_count;
    while (peer->held_count > 0 && peer->held[0].batch <= committed) {
        peer->held_count--;
        peer->held[0] = peer->held[1];
    }
    return peer->held_count < before;
}

/* What the peer is sent from here on waits for that batch, and comes after what waits already. */
static void hold(struct gate *gate, struct peer *peer, uint64_t batch)
{
    if (peer->held_count > 0 && peer->held[peer->held_count - 1].batch >= batch)
        return;
    bool listed = peer->held_count > 0;
    (void)take_durable(peer, gate->marks->committed); /* commit_release is still to come */
    if (!listed)
        TAILQ_INSERT_TAIL(&gate->holding, peer, holding);
    assert(peer->held_count < PEER_HELD);
    peer->held[peer->held_count++] = (struct peer_held){peer->out.len, batch};
}

/* Holds back what shows a change that is not durable yet. Gives the newest revision that the reply
 * may name: one that is durable when it leaves. */
static uint64_t hold_until_durable(struct gate *gate, struct peer *peer, uint64_t shown)
{
    const struct journal_marks *marks = gate->marks;
    if (marks == &commit_no_journal)
        return UINT64_MAX;
    uint64_t batch = journal_batch_of(marks, shown);
    if (batch != 0)
        hold(gate, peer, batch);
    if (peer->held_count == 0)
        return marks->durable;
    return peer->held[peer->held_count - 1].batch == marks->batch ? UINT64_MAX : marks->flight_last;
}

void commit_release(struct gate *gate)
{
    struct peer *next;
    for (struct peer *peer = TAILQ_FIRST(&gate->holding); peer != NULL; peer = next) {
        next = TAILQ_NEXT(peer, holding);
        bool more = take_durable(peer, gate->marks->committed);
        if (peer->held_count == 0)
            TAILQ_REMOVE(&gate->holding, peer, holding);
        if (more)
            peer->ops->has_output(peer);
    }
}

void peer_forget_output(struct gate *gate, struct peer *peer)
{
    if (peer->held_count > 0)
        TAILQ_REMOVE(&gate->holding, peer, holding);
    peer->held_count = 0;
    peer->sent = 0;
    buf_free(&peer->out);
}

void peer_sent(struct peer *peer)
{
    struct buf *out = &peer->out;
    assert(peer->sent <= peer_sendable(peer));
    memmove(out->data, out->data + peer->sent, out->len - peer->sent);
    out->len -= peer->sent;
    for (unsigned i = 0; i < peer->held_count; i++)
        peer->held[i].from -= peer->sent;
    peer->sent = 0;
}

void gate_reply(struct gate *gate, struct peer *peer, const struct completion *completion)
{
    if (peer->state == PEER_CLOSING)
        return;
    uint64_t revision = hold_until_durable(gate, peer, completion->changed_at);
    if (completion->revision < revision)
        revision = completion->revision;
    if (completion->result != NULL)
        reply_put(&peer->out, completion->id, revision, completion->result);
    else
        reply_put_frame(&peer->out, completion->id, revision, completion->encoded);
    if (completion->result != NULL && completion->result->kind == RESULT_ERROR)
        gate->count.errors++;
    if (peer->out.failed) {
        /* A reply that cannot be sent must not be skipped: without the connection the client
         * resumes. */
        log_write(gate->options.log, LOG_WARNING, LOG_CONNECTION,
                  LOG_FIELDS(log_text("client", bytes_text(peer->client))),
                  "out of memory for a reply, closing");
        peer->ops->drop(peer);
        return;
    }
    if (peer_buffers(peer) != peer->share.bytes) /* for hardly any reply */
        gate_count_buffers(gate, peer);
    peer->ops->has_output(peer);
}

/* A session is known by its connection until its first command: what it then gets is for the peer
 * whose request runs. */
static struct peer *peer_of(struct gate *gate, uint64_t session)
{
    struct peer *current = gate->current;
    if (session == 0 || session > gate->revision_before ||
        (current != NULL && current->session == session))
        return current;
    return idmap_get(&gate->peers_by_session, session);
}

void gate_completion_cb(void *arg, const struct completion *completion)
{
    struct gate *gate = arg;
    struct peer *peer = peer_of(gate, completion->session);
    if (peer != NULL) /* else it lingers: the reply waits in its slot */
        gate_reply(gate, peer, completion);
}

void gate_answer(const struct call *call, const struct result *result)
{
    uint64_t revision = engine_revision(call->gate->engine);
    struct completion completion = {
        .session = call->peer->session,
        .id = call->request->id,
        .revision = revision,
        /* what changed nothing, a heartbeat, waits for nobody */
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
