/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict, zero-copy decoding of messages, driven by protobuf-c's generated descriptors. */
#ifndef WIRE_DECODE_H
#define WIRE_DECODE_H

#include <protobuf-c/protobuf-c.h>

#include "wire.pb-c.h"
#include "wire/base/bytes.h"

enum decode_status {
    DECODE_OK,
    DECODE_HARD,    /* the protocol is broken: log once, close */
    DECODE_INVALID, /* error reply with the id (duplicate or second op, wrong wire type, no op) */
    DECODE_UNKNOWN, /* error reply UNIMPLEMENTED: a field or an operation this side does not know */
    DECODE_NOMEM,   /* the arena is too small: cannot happen with DECODE_ARENA per request */
};

enum decode_mode {
    DECODE_STRICT,  /* requests: each field known and at most once */
    DECODE_TOLERANT /* responses: unknown fields are skipped (an old client, a new daemon) */
};

/* Where sub-messages are put: dropped as a whole. */
struct arena {
    uint8_t *base; /* of any alignment */
    size_t cap;
    size_t used;
};

/* Arena bytes that one request or response needs at most (a test walks the descriptors). */
enum { DECODE_ARENA = 384 };

struct decode_error {
    char text[160]; /* for the error reply or the log: names the field. Set unless DECODE_OK */
};

/* Fills *request, and *operation with the encoding of the operation in it; bytes point into body,
 * which must outlive it. On DECODE_INVALID and DECODE_UNKNOWN request->id is set: an error before
 * the id was read, and a request without an id, are DECODE_HARD. Whether required arguments are
 * given is not looked at. */
enum decode_status decode_request(struct bytes body, struct arena *arena, Wire__Request *request,
                                  struct bytes *operation, struct decode_error *error);
enum decode_status decode_response(struct bytes body, struct arena *arena, Wire__Response *response,
                                   struct decode_error *error);

#endif
