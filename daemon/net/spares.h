/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers that nobody uses now: the next connection with something to keep takes one. */
#ifndef NET_SPARES_H
#define NET_SPARES_H

#include "wire/base/buf.h"

enum {
    SPARES_MAX = 64,                /* buffers that are kept */
    SPARES_BYTES = 8 * 1024 * 1024, /* ... and their memory in all */
    SPARES_LARGE = 64 * 1024,       /* too large for what fills a quarter of it */
};

struct spares {
    struct buf items[SPARES_MAX];
    size_t count;
    size_t bytes; /* their capacity */
};

void spares_free(struct spares *spares);
/* Gives memory to an empty buffer that has none, when there is some. */
void spares_lend(struct spares *spares, struct buf *to);
/* What is in the buffer has to stay for a while: memory that is far too large for it comes back. */
void spares_exchange(struct spares *spares, struct buf *buf);
/* Empties the buffer and takes its memory, or frees it when there is enough. */
void spares_take_back(struct spares *spares, struct buf *from);

#endif
