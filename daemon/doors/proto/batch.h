/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of one connection or of several, decoded and not executed: the unit of work of a reader.
 */
#ifndef DOORS_PROTO_BATCH_H
#define DOORS_PROTO_BATCH_H

#include "daemon/engine/engine.h"
#include "wire/proto/decode.h"

enum { BATCH_MAX = 16 }; /* requests decoded before the first of them is executed */

/* What one connection has received, and how much of it is done. */
struct input {
    struct peer *peer;
    struct bytes bytes; /* borrowed for the call */
    size_t used;        /* 0 before the call */
    size_t need;        /* after it: bytes of the frame that is not whole; 0: not known, or none.
                         * Means nothing when it stopped early */
    size_t limit;       /* largest frame that it may have now */
    bool alone;         /* only its first request may be decoded: the limit depends on it */
    bool stopped;       /* early, for want of room: whole frames may be left */
    bool waits;         /* for the journal, with its next command; false before the call */
};

struct batch {
    size_t count;
    struct input *of[BATCH_MAX]; /* whose request it is */
    Wire__Request requests[BATCH_MAX];
    enum decode_status status[BATCH_MAX];
    size_t ends[BATCH_MAX]; /* input used when the request is done */
    struct bytes bodies[BATCH_MAX];
    struct bytes operations[BATCH_MAX];
    struct hint hints[BATCH_MAX]; /* of those that were decoded */
    struct decode_error errors[BATCH_MAX];
    struct arena arena;
    uint64_t memory[BATCH_MAX * DECODE_ARENA / sizeof(uint64_t)];
};

/* Decodes the whole frames of the inputs that are not stopped, BATCH_MAX at most, each input's in
 * their order. Touches nothing but batch and inputs. What is no frame, or is larger than the limit,
 * is a request that cannot be decoded (DECODE_HARD), and the last one of its input. */
void batch_fill(struct batch *batch, struct input *inputs, size_t count);

#endif
