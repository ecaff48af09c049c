/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict, zero-copy decoding of messages, driven by protobuf-c's generated descriptors. */
#ifndef WIRE_DECODE_H
#define WIRE_DECODE_H

#include <protobuf-c/protobuf-c.h>

#include "wire/base/bytes.h"
#include "wire/proto/wire_fwd.h"

enum decode_status {
    DECODE_OK,
    DECODE_HARD,    /* protocol violation: log once and close the connection */
    DECODE_INVALID, /* reply INVALID (duplicate field, no or second operation, wire type) */
    DECODE_UNKNOWN, /* reply UNIMPLEMENTED: unknown field or operation */
    DECODE_NOMEM,   /* the arena is too small: cannot happen with DECODE_ARENA bytes per request */
};

enum decode_mode {
    DECODE_STRICT,  /* for requests: every field must be known and occur at most once */
    DECODE_TOLERANT /* for responses: unknown fields are skipped (an old client, a newer daemon) */
};

/* Memory for sub-messages, dropped as a whole. */
struct arena {
    uint8_t *base; /* any alignment */
    size_t cap;
    size_t used;
};

/* The maximum arena bytes that one request or response needs (a test walks the descriptors). */
enum { DECODE_ARENA = 384 };

struct decode_error {
    char text[160]; /* for the error reply or the log; names the field. Set unless DECODE_OK */
};

/* Decodes body into *request, and sets *operation to the encoding of its operation. Bytes in
 * *request point into body, which must outlive it. After DECODE_INVALID and DECODE_UNKNOWN
 * request->id is set: an error before the id, or a request without an id, is DECODE_HARD. Does
 * not check whether required arguments are given. */
enum decode_status decode_request(struct bytes body, struct arena *arena, Wire__Request *request,
                                  struct bytes *operation, struct decode_error *error);
enum decode_status decode_response(struct bytes body, struct arena *arena, Wire__Response *response,
                                   struct decode_error *error);

#endif
