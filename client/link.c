/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket: connects to one address, sends and receives with a deadline. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client/internal.h"

enum {
    READ_SIZE = 64 * 1024,
    POLL_MS_MAX = 1000 * 1000,
    /* A dead peer is noticed within about 20 s, even if nothing is being sent. */
    VANISHED_MS = 20 * 1000,
    KEEPALIVE_IDLE_S = 10,
    KEEPALIVE_EVERY_S = 5,
    KEEPALIVE_PROBES = 2,
};

int64_t client_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t client_deadline(int64_t ms)
{
    int64_t at;
    if (ms == MGR_FOREVER || __builtin_add_overflow(client_now_ms(), ms, &at))
        return INT64_MAX;
    return at;
}

static int poll_ms(int64_t deadline_ms)
{
    if (deadline_ms == INT64_MAX)
        return -1;
    int64_t left = deadline_ms - client_now_ms();
    return left <= 0 ? 0 : left > POLL_MS_MAX ? POLL_MS_MAX : (int)left;
}

void link_close(struct mgr *m)
{
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    m->out_sent = 0;
    m->unsent = 0;
    buf_reset(&m->out, CLIENT_KEEP);
    buf_reset(&m->in, CLIENT_KEEP);
}

static bool interrupted(struct mgr *m)
{
    uint64_t count;
    return read(m->wake_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

/* Waits for events on the socket; the status tells what ended the wait. */
static enum link_status wait_for(struct mgr *m, int fd, short events, int64_t deadline_ms)
{
    struct pollfd fds[2] = {{m->wake_fd, POLLIN, 0}, {fd, events, 0}};
    for (;;) {
        int n = poll(fds, 2, poll_ms(deadline_ms));
        if (n > 0 && fds[0].revents != 0 && interrupted(m))
            return LINK_INTERRUPTED;
        if (n > 0 && fds[1].revents != 0)
            return LINK_OK;
        if (n < 0 && errno != EINTR)
            return LINK_LOST;
        if (deadline_ms != INT64_MAX && client_now_ms() >= deadline_ms)
            return LINK_TIMEOUT;
    }
}

enum link_status link_pause(struct mgr *m, int64_t ms)
{
    return wait_for(m, -1, 0, client_deadline(ms));
}

static void set_option(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof value); /* optional: failure does no harm */
}

static void set_tcp_options(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, VANISHED_MS);
}

/* Waits for a connect() in progress. */
static enum link_status finish_connect(struct mgr *m, int64_t deadline_ms, int *error)
{
    socklen_t len = sizeof *error;
    enum link_status status = wait_for(m, m->fd, POLLOUT, deadline_ms);
    if (status != LINK_OK)
        return status;
    if (getsockopt(m->fd, SOL_SOCKET, SO_ERROR, error, &len) != 0)
        *error = errno;
    return *error == 0 ? LINK_OK : LINK_LOST;
}

enum link_status link_connect_to(struct mgr *m, const struct sockaddr *to, socklen_t len,
                                 int64_t deadline_ms, int *error)
{
    enum link_status status = LINK_LOST;
    m->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *error = errno;
    if (m->fd < 0)
        return LINK_LOST;
    if (to->sa_family != AF_UNIX)
        set_tcp_options(m->fd);
    if (connect(m->fd, to, len) == 0)
        return LINK_OK;
    *error = errno;
    if (*error == EINPROGRESS || *error == EINTR)
        status = finish_connect(m, deadline_ms, error);
    if (status != LINK_OK)
        link_close(m);
    return status;
}

static enum link_status send_some(struct mgr *m)
{
    m->unsent = 0;
    while (m->out_sent < m->out.len) {
        ssize_t n = send(m->fd, m->out.data + m->out_sent, m->out.len - m->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? LINK_OK : LINK_LOST;
        m->out_sent += (size_t)n;
    }
    m->out_sent = 0;
    buf_reset(&m->out, CLIENT_KEEP);
    return LINK_OK;
}

/* LINK_TIMEOUT: no data yet. */
static enum link_status read_some(struct mgr *m)
{
    if (m->in.len == 0)
        buf_reset(&m->in, CLIENT_KEEP);
    uint8_t *to = buf_reserve(&m->in, READ_SIZE);
    if (to == NULL) {
        m->in.failed = false;
        return LINK_NOMEM;
    }
    ssize_t n = recv(m->fd, to, m->in.cap - m->in.len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return LINK_TIMEOUT;
    if (n <= 0)
        return LINK_LOST;
    m->in.len += (size_t)n;
    return LINK_OK;
}

enum link_status link_exchange(struct mgr *m, int64_t deadline_ms)
{
    for (;;) {
        enum link_status status = send_some(m);
        if (status == LINK_OK)
            status = wait_for(m, m->fd, m->out.len > 0 ? POLLIN | POLLOUT : POLLIN, deadline_ms);
        if (status != LINK_OK)
            return status;
        status = read_some(m);
        if (status != LINK_TIMEOUT)
            return status;
    }
}

enum link_status link_poll(struct mgr *m)
{
    enum link_status status = send_some(m);
    if (status == LINK_OK)
        status = read_some(m);
    return status == LINK_TIMEOUT ? LINK_OK : status;
}
