/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of a server, tried in order until one of them answers. */
#include "bench/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

static enum ending find_unix(struct dial *dial, const char *path, struct buf *why)
{
    struct sockaddr_un *to = (struct sockaddr_un *)&dial->at[0];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof to->sun_path) {
        buf_printf(why, "%s: %s", dial->text, strerror(len == 0 ? EINVAL : ENAMETOOLONG));
        return ENDING_USAGE;
    }
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(to->sun_path, path, len + 1);
    dial->lens[0] = (socklen_t)sizeof *to;
    dial->count = 1;
    return ENDING_DONE;
}

static enum ending find_tcp(struct dial *dial, const char *host, const char *port, struct buf *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char *end;
    unsigned long number = strtoul(port, &end, 10);
    if (*end == '\0' && (number == 0 || number > UINT16_MAX)) { /* getaddrinfo would cut it off */
        buf_printf(why, "%s: a port is from 1 to %d", dial->text, UINT16_MAX);
        return ENDING_USAGE;
    }
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        buf_printf(why, "%s: %s", dial->text, gai_strerror(error));
        return ENDING_LOST;
    }
    for (const struct addrinfo *each = found; each != NULL && dial->count < DIAL_ADDRESSES;
         each = each->ai_next) {
        memcpy(&dial->at[dial->count], each->ai_addr, each->ai_addrlen);
        dial->lens[dial->count++] = each->ai_addrlen;
    }
    freeaddrinfo(found);
    return ENDING_DONE;
}

enum ending dial_find(struct dial *dial, const char *text, struct buf *why)
{
    char host[256];
    dial->text = text;
    dial->count = 0;
    if (strncmp(text, "unix:", 5) == 0)
        return find_unix(dial, text + 5, why);
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);
    bool brackets = len > 2 && text[0] == '[' && text[len - 1] == ']';
    if (len == 0 || len >= sizeof host || colon[1] == '\0' ||
        (!brackets && memchr(text, ':', len) != NULL)) {
        buf_printf(why, "'%s' is neither HOST:PORT, [V6]:PORT nor unix:PATH", text);
        return ENDING_USAGE;
    }
    if (brackets) {
        text++;
        len -= 2;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    return find_tcp(dial, host, colon + 1, why);
}

enum ending dial_wait(int fd, short events, int stop_fd)
{
    struct pollfd wait[2] = {{fd, events, 0}, {stop_fd, POLLIN, 0}};
    int n = poll(wait, 2, DIAL_SECONDS * 1000);
    if (wait[1].revents != 0)
        return ENDING_STOPPED;
    return n > 0 ? ENDING_DONE : ENDING_LOST;
}

/* An errno; 0: connected. */
static int finish(int fd, const struct dial *dial, size_t index, enum ending *ending)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (connect(fd, (const struct sockaddr *)&dial->at[index], dial->lens[index]) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    *ending = dial_wait(fd, POLLOUT, dial->stop_fd);
    if (*ending != ENDING_DONE)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/* A full backlog refuses at once on unix sockets: somebody who only waits a moment gets in. */
static int connect_to(int fd, const struct dial *dial, size_t index, enum ending *ending)
{
    int error = finish(fd, dial, index, ending);
    for (int tries = 0; error == EAGAIN && tries < DIAL_SECONDS * 100; tries++) {
        if (poll(&(struct pollfd){dial->stop_fd, POLLIN, 0}, 1, 10) > 0) {
            *ending = ENDING_STOPPED;
            break;
        }
        error = finish(fd, dial, index, ending);
    }
    return error;
}

enum ending dial_connect(struct dial *dial, int *fd, struct buf *why)
{
    int error = 0, on = 1;
    enum ending ending = ENDING_DONE;
    for (size_t i = 0; i < dial->count && ending != ENDING_STOPPED; i++) {
        sa_family_t family = dial->at[i].ss_family;
        ending = ENDING_DONE;
        *fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        error = *fd < 0 ? errno : connect_to(*fd, dial, i, &ending);
        if (error == 0) {
            if (family != AF_UNIX)
                setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return ENDING_DONE;
        }
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
    }
    buf_printf(why, "%s: %s", dial->text, strerror(error));
    return ending == ENDING_STOPPED ? ENDING_STOPPED : ENDING_LOST;
}
