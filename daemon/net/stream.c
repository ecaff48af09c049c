/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams over a plain socket. */
#include "daemon/net/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t moved(ssize_t n)
{
    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return STREAM_AGAIN;
    return STREAM_CLOSED;
}

static ssize_t plain_read(struct stream *stream, void *to, size_t len)
{
    return moved(recv(stream->fd, to, len, 0));
}

static ssize_t plain_write(struct stream *stream, const void *from, size_t len)
{
    return moved(send(stream->fd, from, len, MSG_NOSIGNAL));
}

static size_t plain_pending(const struct stream *stream)
{
    (void)stream;
    return 0;
}

static void plain_close(struct stream *stream)
{
    close(stream->fd);
    stream->fd = -1;
}

void stream_plain(struct stream *stream, int fd)
{
    static const struct stream_ops ops = {plain_read, plain_write, plain_pending, plain_close};
    stream->ops = &ops;
    stream->fd = fd;
}
