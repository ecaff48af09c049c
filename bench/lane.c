/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending without blocking. */
#include "bench/lane.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEEP_MAX = 4096 }; /* memory of a lane that has nothing to send */

void lane_init(struct lane *lane, unsigned number, struct flight *flights)
{
    lane->fd = -1;
    lane->number = number;
    lane->round = 1;
    lane->flights = flights;
    buf_init(&lane->out);
}

void lane_free(struct lane *lane)
{
    if (lane->fd >= 0)
        close(lane->fd);
    lane->fd = -1;
    buf_free(&lane->out);
}

/* Takes from the front of both what the socket takes. */
static enum lane_status push(int fd, struct bytes *out, struct bytes *rest)
{
    while (out->len + rest->len > 0) {
        struct iovec pieces[2] = {{(void *)out->data, out->len}, {(void *)rest->data, rest->len}};
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = rest->len > 0 ? 2 : 1};
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return LANE_BLOCKED;
        if (n <= 0)
            return LANE_LOST;
        size_t first = (size_t)n < out->len ? (size_t)n : out->len;
        *out = bytes_of(out->data + first, out->len - first);
        *rest = bytes_of(rest->data + ((size_t)n - first), rest->len - ((size_t)n - first));
    }
    return LANE_OK;
}

enum lane_status lane_send(struct lane *lane, struct bytes out, struct bytes rest)
{
    enum lane_status status = push(lane->fd, &out, &rest);
    if (status != LANE_BLOCKED)
        return status;
    buf_reset(&lane->out, KEEP_MAX);
    buf_put_bytes(&lane->out, out);
    lane->out_sent = 0;
    lane->rest = rest;
    return lane->out.failed ? LANE_LOST : LANE_BLOCKED;
}

enum lane_status lane_flush(struct lane *lane)
{
    struct bytes out = bytes_of(lane->out.data + lane->out_sent, lane->out.len - lane->out_sent);
    enum lane_status status = push(lane->fd, &out, &lane->rest);
    lane->out_sent = lane->out.len - out.len;
    if (status == LANE_OK) {
        buf_reset(&lane->out, KEEP_MAX);
        lane->out_sent = 0;
    }
    return status;
}
