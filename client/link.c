/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket: connecting, sending and receiving with a deadline. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client/internal.h"

enum { READ_SIZE = 64 * 1024, VANISHED_MS = 20 * 1000 };

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

/* Milliseconds for poll(): rounded up, so that it never wakes too early for nothing. */
static int poll_ms(int64_t deadline_ms)
{
    if (deadline_ms == INT64_MAX)
        return -1;
    int64_t left = deadline_ms - client_now_ms();
    return left <= 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

void link_close(struct mgr *m)
{
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    m->out_sent = 0;
    buf_reset(&m->out, READ_SIZE);
    buf_reset(&m->in, READ_SIZE);
}

static bool interrupted(struct mgr *m)
{
    uint64_t count;
    return read(m->wake_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

/* Waits for events on the socket; what else ends the wait is in the status. */
static enum link_status wait_for(struct mgr *m, short events, int64_t deadline_ms)
{
    struct pollfd fds[2] = {{m->fd, events, 0}, {m->wake_fd, POLLIN, 0}};
    for (;;) {
        int n = poll(fds, 2, poll_ms(deadline_ms));
        if (n > 0 && (fds[1].revents & POLLIN) != 0 && interrupted(m))
            return LINK_INTERRUPTED;
        if (n > 0 && fds[0].revents != 0)
            return LINK_OK;
        if (n < 0 && errno != EINTR)
            return LINK_LOST;
        if (deadline_ms != INT64_MAX && client_now_ms() >= deadline_ms)
            return LINK_TIMEOUT;
    }
}

static void set_options(int fd)
{
    int on = 1, vanished = VANISHED_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished, sizeof vanished);
}

static enum link_status connect_to(struct mgr *m, const struct sockaddr *to, socklen_t len,
                                   int64_t deadline_ms)
{
    int error = 0;
    socklen_t error_len = sizeof error;
    m->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (m->fd < 0)
        return LINK_LOST;
    set_options(m->fd);
    if (connect(m->fd, to, len) == 0)
        return LINK_OK;
    error = errno;
    if (error == EINPROGRESS) {
        enum link_status status = wait_for(m, POLLOUT, deadline_ms);
        if (status != LINK_OK) {
            link_close(m);
            return status;
        }
        if (getsockopt(m->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) == 0 && error == 0)
            return LINK_OK;
    }
    link_close(m);
    errno = error;
    return LINK_LOST;
}

static enum link_status connect_unix(struct mgr *m, const char *path, int64_t deadline_ms)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof to.sun_path) {
        errno = ENAMETOOLONG;
        return LINK_LOST;
    }
    memcpy(to.sun_path, path, len + 1);
    return connect_to(m, (struct sockaddr *)&to, (socklen_t)sizeof to, deadline_ms);
}

/* HOST:PORT or [V6]:PORT, in place. False: it is neither. */
static bool split(char *text, char **host, char **port)
{
    char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0')
        return false;
    *colon = '\0';
    *host = text;
    *port = colon + 1;
    if (text[0] == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        *host = text + 1;
        return true;
    }
    return strchr(text, ':') == NULL;
}

static enum link_status connect_tcp(struct mgr *m, int64_t deadline_ms, struct buf *why)
{
    char text[300], *host, *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    enum link_status status = LINK_LOST;
    snprintf(text, sizeof text, "%s", m->server);
    if (!split(text, &host, &port)) {
        buf_put_text(why, "neither HOST:PORT, [V6]:PORT nor unix:PATH");
        return LINK_LOST;
    }
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        buf_put_text(why, gai_strerror(error));
        return LINK_LOST;
    }
    for (const struct addrinfo *at = found; at != NULL && status == LINK_LOST; at = at->ai_next)
        status = connect_to(m, at->ai_addr, at->ai_addrlen, deadline_ms);
    freeaddrinfo(found);
    return status;
}

enum link_status link_connect(struct mgr *m, int64_t deadline_ms, struct buf *why)
{
    enum link_status status;
    link_close(m);
    errno = 0;
    if (strncmp(m->server, "unix:", 5) == 0)
        status = connect_unix(m, m->server + 5, deadline_ms);
    else
        status = connect_tcp(m, deadline_ms, why);
    if (status == LINK_LOST && why->len == 0)
        buf_put_text(why, strerror(errno));
    return status;
}

static enum link_status send_some(struct mgr *m)
{
    while (m->out_sent < m->out.len) {
        ssize_t n = send(m->fd, m->out.data + m->out_sent, m->out.len - m->out_sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return LINK_OK;
        if (n < 0)
            return LINK_LOST;
        m->out_sent += (size_t)n;
    }
    m->out_sent = 0;
    buf_reset(&m->out, READ_SIZE);
    return LINK_OK;
}

/* LINK_TIMEOUT: nothing there now. */
static enum link_status read_some(struct mgr *m)
{
    uint8_t *to = buf_reserve(&m->in, READ_SIZE);
    if (to == NULL)
        return LINK_NOMEM;
    ssize_t n = recv(m->fd, to, READ_SIZE, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return LINK_TIMEOUT;
    if (n <= 0)
        return LINK_LOST;
    m->in.len += (size_t)n;
    m->last_contact_ms = client_now_ms();
    return LINK_OK;
}

enum link_status link_exchange(struct mgr *m, int64_t deadline_ms)
{
    for (;;) {
        enum link_status status = send_some(m);
        if (status != LINK_OK)
            return status;
        status = read_some(m);
        if (status != LINK_TIMEOUT)
            return status;
        status = wait_for(m, m->out.len > 0 ? POLLIN | POLLOUT : POLLIN, deadline_ms);
        if (status != LINK_OK)
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
