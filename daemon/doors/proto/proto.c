/* SPDX-License-Identifier: BSD-2-Clause */
/* A round of this door: decode a batch, have its memory fetched, execute it.
 *
 * All requests of a batch are decoded before the first one is executed, and the gate is told of all
 * of them (gate_prefetch): the memory that they need is fetched for all side by side, instead of
 * one cache miss after the other. Each connection's requests are executed in their order. */
#include "daemon/doors/proto/proto.h"

#include "daemon/gate/call.h"
#include "wire/proto/reply.h"

enum { LOGIN_FRAME = 4096 }; /* largest frame before the session is open */

/* After the login the limit is another one: nothing behind a login is decoded with it. */
static void look_at(struct gate *gate, struct input *input)
{
    const struct peer *peer = input->peer;
    input->alone = peer->state == PEER_NEW;
    input->limit = input->alone ? LOGIN_FRAME : gate_frame_bytes(gate);
    input->stopped = peer->state == PEER_CLOSING || input->waits || !gate_may_execute(gate, peer);
}

static void prefetch(const struct gate *gate, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->status[i] == DECODE_OK)
            gate_prefetch(gate, &batch->requests[i], &batch->hints[i]);
        else
            batch->hints[i] = (struct hint){.guessed = false};
    for (unsigned step = 1; step <= HINT_STEPS; step++)
        for (size_t i = 0; i < batch->count; i++)
            hint_follow(&batch->hints[i], step);
}

/* The connection lives when the error can be told to the request's id. */
static void refuse(const struct call *call, enum decode_status status,
                   const struct decode_error *error)
{
    if (status == DECODE_HARD || call->peer->state == PEER_NEW)
        gate_break_off(call->gate, call->peer, error->text);
    else
        gate_refuse(call, status == DECODE_UNKNOWN ? ERR_UNIMPLEMENTED : ERR_INVALID, "%s",
                    error->text);
}

static void execute(struct gate *gate, struct batch *batch, size_t i, bool prefetched)
{
    struct input *input = batch->of[i];
    struct call call = {
        .gate = gate,
        .peer = input->peer,
        .request = &batch->requests[i],
        .bytes = batch->ends[i] - input->used,
        .body = batch->bodies[i],
        .command = {.operation = batch->operations[i],
                    .hint = prefetched ? &batch->hints[i] : NULL},
    };
    input->used = batch->ends[i];
    if (batch->status[i] == DECODE_OK)
        gate_dispatch(&call);
    else
        refuse(&call, batch->status[i], &batch->errors[i]);
}

/* What follows of an input that must not go on is passed over: its output does not shrink here, nor
 * does that of the others. */
static void run(struct gate *gate, struct batch *batch, bool prefetched)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct input *input = batch->of[i];
        if (input->peer->state == PEER_CLOSING || input->waits ||
            !gate_may_execute(gate, input->peer))
            continue;
        input->waits =
            batch->status[i] == DECODE_OK && gate_defers(gate, input->peer, &batch->requests[i]);
        if (!input->waits)
            execute(gate, batch, i, prefetched);
    }
}

void proto_run(struct gate *gate, struct input *inputs, size_t count)
{
    struct batch batch;
    for (;;) {
        for (size_t i = 0; i < count; i++)
            look_at(gate, &inputs[i]);
        batch_fill(&batch, inputs, count);
        if (batch.count == 0)
            break;
        bool several = batch.count > 1; /* a lone one has nobody to wait with */
        if (several)
            prefetch(gate, &batch);
        run(gate, &batch, several);
    }
    for (size_t i = 0; i < count; i++)
        if (inputs[i].peer->state == PEER_CLOSING)
            inputs[i].used = inputs[i].bytes.len;
}

size_t proto_run_one(struct gate *gate, struct peer *peer, struct bytes input)
{
    struct input one = {.peer = peer, .bytes = input};
    proto_run(gate, &one, 1);
    return one.used;
}

void proto_reply(struct peer *peer, const struct completion *completion, uint64_t revision)
{
    if (completion->result != NULL)
        reply_put(&peer->out, completion->id, revision, completion->result);
    else
        reply_put_frame(&peer->out, completion->id, revision, completion->encoded);
}
