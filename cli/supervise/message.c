/* SPDX-License-Identifier: BSD-2-Clause */
/* Small messages over a pair of sockets that keeps their borders. */
#include "cli/supervise/message.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Beats that nobody takes fill a quarter of the room at most. */
enum { BEATS_PART = 4 };

bool message_ends(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;
}

static bool has_room_for_beats(int fd)
{
    int waiting = 0, room = 0;
    socklen_t len = sizeof room;
    if (ioctl(fd, SIOCOUTQ, &waiting) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &len) != 0)
        return true;
    return waiting < room / BEATS_PART;
}

void message_send(int fd, enum message_kind kind, int32_t number, int64_t since_ns)
{
    struct message note = {kind, number, since_ns};
    if (kind == MESSAGE_BEAT && !has_room_for_beats(fd))
        return;
    while (send(fd, &note, sizeof note, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
        ;
}

enum message_taken message_take(int fd, struct message *out)
{
    ssize_t n;
    do
        n = recv(fd, out, sizeof *out, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof *out)
        return MESSAGE_TAKEN;
    return n < 0 && errno == EAGAIN ? MESSAGE_NONE : MESSAGE_GONE;
}
