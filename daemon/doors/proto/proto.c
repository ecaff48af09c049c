/* SPDX-License-Identifier: BSD-2-Clause */
/* One round of the protobuf door: decodes a batch, prefetches memory, executes the requests.
 *
 * All requests of a batch are decoded before the first one is executed, and passed to
 * gate_prefetch: so the memory they need is fetched in parallel, instead of one cache miss after
 * the other. The requests of one connection are executed in order. */
#include "daemon/doors/proto/proto.h"

#include "daemon/gate/call.h"
#include "wire/proto/reply.h"

enum { LOGIN_FRAME = 4096 }; /* largest frame before the session is open */

/* The login changes the frame limit: nothing after a login is decoded together with it. */
static void look_at(struct gate *gate, struct input *input)
{
    const struct peer *peer = input->peer;
    input->alone = peer->state == PEER_NEW;
    input->limit = input->alone ? LOGIN_FRAME : gate_frame_bytes(gate);
    input->stopped = peer->state == PEER_CLOSING || input->waits || !gate_may_execute(gate, peer);
}

/* Prefetching a single request would gain nothing. */
static void prefetch(const struct gate *gate, struct batch *batch)
{
    struct hint *ahead[BATCH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct hint *hint = &batch->hints[i];
        if (batch->status[i] != DECODE_OK)
            continue;
        gate_prefetch(gate, &batch->requests[i], hint);
        if (hint->key.data != NULL && batch->count > 1)
            ahead[count++] = hint;
    }
    for (unsigned step = 1; step <= HINT_STEPS; step++)
        for (size_t i = 0; i < count; i++)
            hint_follow(ahead[i], step);
}

/* Replies with the error if the request's id is known, else closes the connection. */
static void refuse(const struct call *call, enum decode_status status,
                   const struct decode_error *error)
{
    if (status == DECODE_HARD || call->peer->state == PEER_NEW)
        gate_break_off(call->gate, call->peer, error->text);
    else
        gate_refuse(call, status == DECODE_UNKNOWN ? ERR_UNIMPLEMENTED : ERR_INVALID, "%s",
                    error->text);
}

/* Sets the fields of the call that differ between requests. */
static void execute(struct call *call, struct batch *batch, size_t i)
{
    struct input *input = batch->of[i];
    call->peer = input->peer;
    call->request = &batch->requests[i];
    call->bytes = batch->ends[i] - input->used;
    call->body = batch->bodies[i];
    call->command.operation = batch->operations[i];
    call->command.hint = &batch->hints[i];
    input->used = batch->ends[i];
    if (batch->status[i] == DECODE_OK)
        gate_dispatch(call);
    else
        refuse(call, batch->status[i], &batch->errors[i]);
}

/* Skips the rest of an input that must not go on: its output cannot shrink here. One call struct
 * serves all requests: clearing it would cost more than many of them. */
static void run(struct gate *gate, struct batch *batch)
{
    struct call call = {.gate = gate};
    for (size_t i = 0; i < batch->count; i++) {
        struct input *input = batch->of[i];
        if (input->peer->state == PEER_CLOSING || input->waits ||
            !gate_may_execute(gate, input->peer))
            continue;
        input->waits =
            batch->status[i] == DECODE_OK && gate_defers(gate, input->peer, &batch->requests[i]);
        if (!input->waits)
            execute(&call, batch, i);
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
        prefetch(gate, &batch);
        run(gate, &batch);
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
