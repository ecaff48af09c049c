/* SPDX-License-Identifier: BSD-2-Clause */
/* Decodes input bytes into requests. */
#include "daemon/doors/proto/batch.h"

#include <stdio.h>

#include "wire/base/frame.h"

/* Decodes one request. False: no more requests of this input can be decoded for now. */
static bool add(struct batch *batch, struct input *input, struct bytes body, size_t end)
{
    size_t i = batch->count++;
    batch->of[i] = input;
    batch->ends[i] = end;
    batch->bodies[i] = body;
    batch->status[i] = decode_request(body, &batch->arena, &batch->requests[i],
                                      &batch->operations[i], &batch->errors[i]);
    return batch->status[i] != DECODE_HARD && !input->alone;
}

static void add_broken(struct batch *batch, struct input *input)
{
    size_t i = batch->count++;
    batch->of[i] = input;
    batch->ends[i] = input->bytes.len;
    batch->bodies[i] = batch->operations[i] = bytes_of(NULL, 0);
    batch->status[i] = DECODE_HARD;
    snprintf(batch->errors[i].text, sizeof batch->errors[i].text,
             "not a frame, or larger than the limit");
}

/* Decodes the complete frames of one input. */
static void fill_from(struct batch *batch, struct input *input)
{
    size_t before = batch->count, at = input->used;
    bool go_on = true;
    while (go_on && batch->count < BATCH_MAX) {
        struct bytes body;
        size_t used;
        enum frame_status frame =
            frame_split(bytes_of(input->bytes.data + at, input->bytes.len - at), input->limit,
                        &body, &used, &input->need);
        if (frame == FRAME_BAD && batch->count == before)
            add_broken(batch, input);
        if (frame != FRAME_OK)
            return;
        at += used;
        go_on = add(batch, input, body, at);
    }
}

void batch_fill(struct batch *batch, struct input *inputs, size_t count)
{
    batch->count = 0;
    batch->arena = (struct arena){(uint8_t *)batch->memory, sizeof batch->memory, 0};
    for (size_t i = 0; i < count && batch->count < BATCH_MAX; i++)
        if (!inputs[i].stopped)
            fill_from(batch, &inputs[i]);
}
