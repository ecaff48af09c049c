/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting to HOST:PORT, [V6]:PORT or unix:PATH. */
#ifndef BENCH_DIAL_H
#define BENCH_DIAL_H

#include <sys/socket.h>

#include "bench/ending.h"
#include "wire/base/buf.h"

enum { DIAL_ADDRESSES = 4, DIAL_SECONDS = 10 };

/* Where a server is: looked up once, for thousands of connections. */
struct dial {
    const char *text; /* as it was given; borrowed */
    int stop_fd;      /* readable: give up */
    size_t count;
    socklen_t lens[DIAL_ADDRESSES];
    struct sockaddr_storage at[DIAL_ADDRESSES];
};

enum ending dial_find(struct dial *dial, const char *text, struct buf *why)
    __attribute__((warn_unused_result));
/* *fd is connected and does not block. */
enum ending dial_connect(struct dial *dial, int *fd, struct buf *why)
    __attribute__((warn_unused_result));
/* Waits until fd is ready for events (of poll): ENDING_STOPPED when stop_fd is readable first,
 * ENDING_LOST after DIAL_SECONDS. */
enum ending dial_wait(int fd, short events, int stop_fd) __attribute__((warn_unused_result));

#endif
