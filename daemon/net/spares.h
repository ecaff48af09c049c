/* SPDX-License-Identifier: BSD-2-Clause */
/* A pool of unused buffers: the next connection that has to keep bytes takes one. */
#ifndef NET_SPARES_H
#define NET_SPARES_H

#include "wire/base/buf.h"

enum {
    SPARES_MAX = 64,                /* maximum number of buffers kept */
    SPARES_BYTES = 8 * 1024 * 1024, /* ... and of bytes */
    SPARES_LARGE = 64 * 1024,       /* exchanged if less than a quarter is used */
};

struct spares {
    struct buf items[SPARES_MAX];
    size_t count;
    size_t bytes; /* their capacity in all */
};

void spares_free(struct spares *spares);
/* Gives memory to an empty buffer that has none, if the pool has some. */
void spares_lend(struct spares *spares, struct buf *to);
/* The buffer's content has to stay for a while: exchanges far too large memory for smaller one. */
void spares_exchange(struct spares *spares, struct buf *buf);
/* Empties the buffer and returns its memory to the pool, or frees it if the pool is full. */
void spares_take_back(struct spares *spares, struct buf *from);

#endif
