/* SPDX-License-Identifier: BSD-2-Clause */
/* A batch: requests of one or more connections, decoded and not yet executed. */
#ifndef DOORS_PROTO_BATCH_H
#define DOORS_PROTO_BATCH_H

#include "daemon/engine/engine.h"
#include "wire.pb-c.h"
#include "wire/proto/decode.h"

enum { BATCH_MAX = 16 }; /* requests decoded before the first one is executed */

/* Received bytes of one connection, and how many of them are done. */
struct input {
    struct peer *peer;
    struct bytes bytes; /* borrowed for the call */
    size_t used;        /* 0 before the call; bytes of executed requests after it */
    size_t need;        /* size of the incomplete frame; 0: unknown, or none */
    size_t limit;       /* largest allowed frame, for now */
    bool alone;         /* decode only the first request: the limit changes after it */
    bool stopped;       /* early, for lack of room: frames may be left, need means nothing */
    bool waits;         /* its next command waits for the journal; false before the call */
};

struct batch {
    size_t count;
    struct input *of[BATCH_MAX]; /* input of each request */
    Wire__Request requests[BATCH_MAX];
    enum decode_status status[BATCH_MAX];
    size_t ends[BATCH_MAX]; /* value of input->used once the request is done */
    struct bytes bodies[BATCH_MAX];
    struct bytes operations[BATCH_MAX];
    struct hint hints[BATCH_MAX]; /* hints of the requests that were decoded */
    struct decode_error errors[BATCH_MAX];
    struct arena arena;
    uint64_t memory[BATCH_MAX * DECODE_ARENA / sizeof(uint64_t)];
};

/* Decodes complete frames of the inputs that are not stopped, at most BATCH_MAX, each input's in
 * order. Touches only batch and inputs. Bytes that are no frame, or a frame above the limit,
 * become an undecodable request (DECODE_HARD), the last one of that input. */
void batch_fill(struct batch *batch, struct input *inputs, size_t count);

#endif
