/* SPDX-License-Identifier: BSD-2-Clause */
/* Results of operations, and their encoding as Response. */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"
#include "wire/proto/errors.h"

/* The field numbers in Response's oneof. */
enum result_kind {
    RESULT_NONE = 0,
    RESULT_ERROR = 3,
    RESULT_DONE = 4,
    RESULT_VALUE = 5,
    RESULT_GRANT = 6,
    RESULT_PAGE = 7,
    RESULT_WELCOME = 8,
    RESULT_PUSH = 9,
};

/* The result of an operation. Everything is borrowed until the call it is passed to returns. */
struct result {
    enum result_kind kind;
    enum mgr_code code;   /* ERROR, PUSH */
    bool lost;            /* DONE: the grant was gone already */
    bool redelivered;     /* GRANT */
    struct bytes message; /* ERROR, PUSH: text */
    struct bytes object;  /* ERROR: dict "d" */
    struct bytes value;   /* VALUE, GRANT, PAGE: encoded Value; ERROR: detail; empty: not given */
    struct bytes cursor;  /* PAGE */
    struct bytes body;    /* WELCOME: the encoded message */
    uint64_t token, depth, lease_ms, previous_token, attempts; /* GRANT */
};

/* The encoding of a plain DONE member, as reply_put_result writes it. */
#define REPLY_DONE "\x22\x00"
enum { REPLY_DONE_LEN = sizeof REPLY_DONE - 1 };

enum { REPLY_SPARE = 96 }; /* spare bytes for a head and numbers that turn out shorter */

/* Appends the oneof member alone: what a slot keeps to send again. */
void reply_put_result(struct buf *out, const struct result *result);
size_t reply_result_size(const struct result *result);

/* Appends a frame: head, id, revision, and a member written by reply_put_result. A limit of out
 * must leave REPLY_SPARE bytes more than the frame needs. */
void reply_put_frame(struct buf *out, uint64_t id, uint64_t revision, struct bytes result);
/* Appends the whole frame of a result: reply_put_result and reply_put_frame in one step. */
void reply_put(struct buf *out, uint64_t id, uint64_t revision, const struct result *result);

#endif
