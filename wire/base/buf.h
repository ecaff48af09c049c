/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing byte buffer that remembers a failure: write without checks, test `failed` once at
 * the end. */
#ifndef WIRE_BUF_H
#define WIRE_BUF_H

#include "wire/base/bytes.h"

struct buf {
    uint8_t *data; /* owned */
    size_t len;    /* bytes written */
    size_t cap;    /* bytes allocated */
    size_t limit;  /* len never passes this; 0: no limit */
    bool failed;   /* out of memory or over the limit: the content is worthless */
    bool full;     /* failed because of the limit */
};

void buf_init(struct buf *b);
void buf_free(struct buf *b);

/* Empties the buffer and clears the failure; frees its memory if it is larger than keep bytes. */
void buf_reset(struct buf *b, size_t keep);

/* Makes room for n more bytes and returns where they go; NULL and `failed` if it cannot. */
uint8_t *buf_reserve_slow(struct buf *b, size_t n);
static inline uint8_t *buf_reserve(struct buf *b, size_t n)
{
    /* cap never exceeds the limit */
    bool here = n <= b->cap - b->len && b->data != NULL && !b->failed;
    return here ? b->data + b->len : buf_reserve_slow(b, n);
}

void buf_put(struct buf *b, const void *data, size_t len);
void buf_put_bytes(struct buf *b, struct bytes bytes);
void buf_put_u8(struct buf *b, uint8_t byte);
void buf_put_varint(struct buf *b, uint64_t value);
void buf_put_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes written so far; borrowed, valid until the next write. */
static inline struct bytes buf_bytes(const struct buf *b)
{
    return (struct bytes){b->data, b->len};
}

#endif
