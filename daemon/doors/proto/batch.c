/* SPDX-License-Identifier: BSD-2-Clause */
/* From bytes to requests, sixteen at a time, of one connection or of several.
 *
 * All requests of a batch are decoded before the first one is executed, and the engine is told of
 * all of them (engine_prefetch): the memory that they need is fetched for all side by side, instead
 * of one cache miss after the other. Each connection's requests are executed in their order. */
#include "daemon/gate/internal.h"
#include "wire/base/frame.h"

struct batch {
    size_t count;
    struct door_input *of[PROTO_BATCH]; /* whose request it is */
    Wire__Request requests[PROTO_BATCH];
    enum decode_status status[PROTO_BATCH];
    size_t ends[PROTO_BATCH]; /* input used when the request is done */
    struct bytes bodies[PROTO_BATCH];
    struct bytes operations[PROTO_BATCH];
    struct hint hints[PROTO_BATCH];
    struct decode_error errors[PROTO_BATCH];
    struct arena arena;
    uint64_t memory[PROTO_BATCH * DECODE_ARENA / sizeof(uint64_t)];
};

/* Decodes one request. False: nothing of this input comes behind it for now. */
static bool add(struct batch *batch, struct door_input *input, struct bytes body, size_t end)
{
    size_t i = batch->count++;
    batch->of[i] = input;
    batch->ends[i] = end;
    batch->bodies[i] = body;
    batch->status[i] = decode_request(body, &batch->arena, &batch->requests[i],
                                      &batch->operations[i], &batch->errors[i]);
    /* after the login the limit is another one; after what is no request there is nothing */
    return batch->status[i] != DECODE_HARD && input->peer->state != PEER_NEW;
}

/* Takes what is whole of one input. */
static void fill_from(struct batch *batch, struct gate *gate, struct door_input *input)
{
    size_t limit = gate_frame_limit(gate, input->peer), before = batch->count, at = input->used;
    bool go_on = true;
    while (go_on && batch->count < PROTO_BATCH) {
        struct bytes body;
        size_t used;
        enum frame_status frame =
            frame_split(bytes_of(input->bytes.data + at, input->bytes.len - at), limit, &body,
                        &used, &input->need);
        if (frame == FRAME_BAD && batch->count == before)
            gate_break_off(gate, input->peer, "not a frame, or larger than the limit");
        if (frame != FRAME_OK)
            return;
        at += used;
        go_on = add(batch, input, body, at);
    }
}

static void fill(struct batch *batch, struct gate *gate, struct door_input *inputs, size_t count)
{
    batch->count = 0;
    batch->arena = (struct arena){(uint8_t *)batch->memory, sizeof batch->memory, 0};
    for (size_t i = 0; i < count && batch->count < PROTO_BATCH; i++) {
        inputs[i].stopped = inputs[i].waits || !gate_may_execute(gate, inputs[i].peer);
        if (inputs[i].peer->state != PEER_CLOSING && !inputs[i].stopped)
            fill_from(batch, gate, &inputs[i]);
    }
}

static void prefetch(const struct gate *gate, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->status[i] == DECODE_OK)
            engine_prefetch(gate->engine, &batch->requests[i], &batch->hints[i]);
        else
            batch->hints[i] = (struct hint){.guessed = false};
    for (unsigned step = 1; step <= HINT_STEPS; step++)
        for (size_t i = 0; i < batch->count; i++)
            hint_follow(&batch->hints[i], step);
}

/* The journal is behind the commands: the next one of this peer waits, and all that follow it.
 * That is the daemon's doing: the peer is neither slow nor silent meanwhile. */
static bool waits_for_journal(struct gate *gate, struct door_input *input,
                              const Wire__Request *request)
{
    struct peer *peer = input->peer;
    if ((unsigned)request->op_case < OP_NUMBER_CREATE || !engine_is_command(request))
        return false;
    if (peer->lease_ms != 0 && peer->session != 0)
        liveness_touch(gate->options.liveness, peer->session, gate->now_ms);
    gate_moved(gate, peer, BUFFERS_MOVES);
    input->waits = true;
    return true;
}

static void run(struct gate *gate, struct batch *batch, bool prefetched)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct door_input *input = batch->of[i];
        /* all that follows of this input is passed over as well: its output does not shrink here,
         * nor does that of the others */
        if (input->peer->state == PEER_CLOSING || input->waits ||
            !gate_may_execute(gate, input->peer))
            continue;
        if (gate->marks->behind && batch->status[i] == DECODE_OK &&
            waits_for_journal(gate, input, &batch->requests[i]))
            continue;
        struct call call = {
            .gate = gate,
            .peer = input->peer,
            .request = &batch->requests[i],
            .bytes = batch->ends[i] - input->used,
            .body = batch->bodies[i],
            .command = {.kind = COMMAND_REQUEST,
                        .now_ms = gate->now_ms,
                        .session = input->peer->session,
                        .request = &batch->requests[i],
                        .operation = batch->operations[i],
                        .hint = prefetched ? &batch->hints[i] : NULL},
        };
        input->used = batch->ends[i];
        if (batch->status[i] == DECODE_OK)
            gate_dispatch(&call);
        else
            proto_refuse(&call, batch->status[i], &batch->errors[i]);
    }
}

void proto_run(struct gate *gate, struct door_input *inputs, size_t count)
{
    struct batch batch;
    for (;;) {
        fill(&batch, gate, inputs, count);
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

size_t door_input(struct gate *gate, struct peer *peer, struct bytes input)
{
    struct door_input one = {.peer = peer, .bytes = input};
    proto_run(gate, &one, 1);
    return one.used;
}
