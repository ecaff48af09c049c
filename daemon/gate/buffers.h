/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of all connections: what each holds in unsent output and partial input, and who holds
 * most. */
#ifndef GATE_BUFFERS_H
#define GATE_BUFFERS_H

#include <bsd/sys/queue.h>
#include <stddef.h>
#include <stdint.h>

/* One per power of two, so that the largest is found without a search. */
enum {
    BUFFERS_CLASSES = 64,
    BUFFERS_MOVES = 128 * 1024, /* whoever moves so much is not slow */
};

/* Of one connection; zeroed at first. */
struct share {
    size_t bytes;      /* of memory, not of content: a buffer's capacity counts */
    size_t moved;      /* bytes since then */
    uint64_t since_ms; /* it has been in its class, and moved little */
    TAILQ_ENTRY(share) entry;
};

TAILQ_HEAD(share_list, share);

struct buffers {
    size_t used, peak;
    size_t holders;    /* who have some */
    uint64_t occupied; /* one bit per class that is not empty */
    struct share_list classes[BUFFERS_CLASSES];
};

void buffers_init(struct buffers *buffers);
/* The connection holds so much now. */
void buffers_set(struct buffers *buffers, struct share *share, size_t bytes, uint64_t now_ms);
/* So many bytes of what it holds were sent, or came. */
void buffers_moved(struct buffers *buffers, struct share *share, size_t bytes, uint64_t now_ms);
/* Of those who hold most (within a factor of two), the one that does so longest, if since before_ms
 * or earlier; else from the next class. The last class is that of `least`, as a whole: the first of
 * it may hold less, and the one that holds enough may stand behind it. NULL: none. */
struct share *buffers_largest(const struct buffers *buffers, size_t least, uint64_t before_ms);

#endif
