/* SPDX-License-Identifier: BSD-2-Clause */
/* An interface to move bytes: a plain socket now, TLS later. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stream;

enum { STREAM_AGAIN = -1, STREAM_CLOSED = -2 };

struct stream_ops {
    /* Returns bytes moved (> 0), STREAM_AGAIN, or STREAM_CLOSED (end of file and errors alike). */
    ssize_t (*read)(struct stream *stream, void *to, size_t len);
    ssize_t (*write)(struct stream *stream, const void *from, size_t len);
    /* Number of bytes already taken from the socket that can be read without blocking. */
    size_t (*pending)(const struct stream *stream);
    void (*close)(struct stream *stream);
};

struct stream {
    const struct stream_ops *ops;
    int fd; /* owned */
};

/* Takes over a connected, non-blocking socket. */
void stream_plain(struct stream *stream, int fd);

#endif
