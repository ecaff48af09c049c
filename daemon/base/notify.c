/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to the service manager, by libsystemd. A lost state message could make the manager
 * kill the daemon, so it is sent again until the manager reads it. Repeated messages (watchdog,
 * status, more time) may be lost. */
#include "daemon/base/notify.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_MAX = 256 };

#define RELOADING "RELOADING=1\n"

static bool may_be_read_later(int error)
{
    return error == EAGAIN || error == ENOBUFS || error == ENOMEM || error == EMFILE ||
           error == ENFILE || error == EINTR;
}

/* sd_notify, which would block while the manager does not read. False: try again later. */
static bool notify(const char *text)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path == NULL ? 0 : strlen(path);
    if (len < 2 || len >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return true;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return !may_be_read_later(errno);
    ssize_t n = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    bool done = n >= 0 || !may_be_read_later(errno);
    close(fd);
    return done;
}

bool notify_again(struct notify *states)
{
    unsigned sent = 0;
    while (sent < states->count && notify(states->unsent[sent]))
        sent++;
    states->count -= sent;
    memmove(states->unsent, states->unsent + sent, states->count * sizeof *states->unsent);
    return states->count > 0;
}

/* Queues a state after the first `keep` unsent ones; the rest is out of date. */
static void tell(struct notify *states, unsigned keep, const char *text)
{
    assert(keep <= states->count && keep < NOTIFY_UNSENT);
    snprintf(states->unsent[keep], sizeof states->unsent[keep], "%s", text);
    states->count = keep + 1;
    (void)notify_again(states);
}

static bool is_reloading(const char *text)
{
    return strncmp(text, RELOADING, strlen(RELOADING)) == 0;
}

/* One line only: text after a line feed would be a separate message. */
static void put_status(char text[NOTIFY_TEXT], const char *state, const char *status)
{
    snprintf(text, NOTIFY_TEXT, "%sSTATUS=%.*s", state, (int)strcspn(status, "\n"), status);
}

void notify_ready(struct notify *states, const char *status)
{
    char text[NOTIFY_TEXT];
    unsigned keep = states->count;
    if (keep > 0 && !is_reloading(states->unsent[keep - 1]))
        keep--;
    put_status(text, "READY=1\n", status);
    tell(states, keep, text);
}

/* An unsent earlier reload is covered by this one. */
void notify_reloading(struct notify *states)
{
    unsigned keep = 0;
    while (keep < states->count && !is_reloading(states->unsent[keep]))
        keep++;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    char text[64];
    snprintf(text, sizeof text, RELOADING "MONOTONIC_USEC=%" PRIu64, usec);
    tell(states, keep, text);
}

void notify_stopping(struct notify *states)
{
    tell(states, 0, "STOPPING=1\nSTATUS=Stopping");
}

void notify_watchdog(void)
{
    (void)notify("WATCHDOG=1");
}

void notify_extend(uint64_t more_ms, const char *format, ...)
{
    char line[STATUS_MAX], state[64], text[NOTIFY_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    snprintf(state, sizeof state, "EXTEND_TIMEOUT_USEC=%" PRIu64 "\n", more_ms * 1000);
    put_status(text, state, line);
    (void)notify(text);
}

uint64_t notify_watchdog_ms(void)
{
    uint64_t usec = 0;
    if (sd_watchdog_enabled(0, &usec) <= 0)
        return 0;
    uint64_t half_ms = usec / 2000;
    return half_ms > 0 ? half_ms : 1;
}

static int check_socket(int fd)
{
    int listening = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1);
    if (listening <= 0)
        return listening < 0 ? listening : -ENOTSOCK;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    return 0;
}

int notify_sockets(int *fds, size_t cap)
{
    int count = sd_listen_fds(1);
    if (count < 0)
        return count;
    if ((size_t)count > cap)
        return -E2BIG;
    for (int i = 0; i < count; i++) {
        fds[i] = SD_LISTEN_FDS_START + i;
        int fault = check_socket(fds[i]);
        if (fault < 0)
            return fault;
    }
    return count;
}
