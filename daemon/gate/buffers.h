/* SPDX-License-Identifier: BSD-2-Clause */
/* Accounts the memory of all connections (unsent output and partial input), and finds the
 * largest. */
#ifndef GATE_BUFFERS_H
#define GATE_BUFFERS_H

#include <bsd/sys/queue.h>
#include <stddef.h>
#include <stdint.h>

/* One class per power of two, to find the largest connection without a search. */
enum {
    BUFFERS_CLASSES = 64,
    BUFFERS_MOVES = 128 * 1024, /* a connection that moves this much is not slow */
};

/* The share of one connection; zeroed at first. */
struct share {
    size_t bytes;      /* allocated memory: a buffer's capacity counts, not its content */
    size_t moved;      /* bytes moved since since_ms */
    uint64_t since_ms; /* since then the connection has been in its class and moved little */
    TAILQ_ENTRY(share) entry;
};

TAILQ_HEAD(share_list, share);

struct buffers {
    size_t used, peak;
    size_t holders;    /* number of connections with memory */
    uint64_t occupied; /* one bit per class that is not empty */
    struct share_list classes[BUFFERS_CLASSES];
};

void buffers_init(struct buffers *buffers);
/* Sets how much memory the connection has now. */
void buffers_set(struct buffers *buffers, struct share *share, size_t bytes, uint64_t now_ms);
/* Records that this many bytes were sent or received. */
void buffers_moved(struct buffers *buffers, struct share *share, size_t bytes, uint64_t now_ms);
/* Among the largest connections (within a factor of two), the one that has been so longest, if
 * since before_ms or earlier; otherwise from the next class down. The last class is the one of
 * `least`, taken as a whole: its first connection may have less than `least`, because a larger
 * one may stand behind it. NULL: none. */
struct share *buffers_largest(const struct buffers *buffers, size_t least, uint64_t before_ms);

#endif
