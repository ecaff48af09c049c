/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking with the service manager, through libsystemd. A lost message is no error: the manager has
 * its own timeouts. */
#include "daemon/notify.h"

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

/* As sd_notify, which waits when the manager does not read. */
static void notify(const char *text)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path == NULL ? 0 : strlen(path);
    if (len < 2 || len >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

/* One line: what comes after a line feed would be a message of its own. */
static void send_status(const char *state, char status[STATUS_MAX])
{
    char text[STATUS_MAX + 64];
    status[strcspn(status, "\n")] = '\0';
    snprintf(text, sizeof text, "%sSTATUS=%s", state, status);
    notify(text);
}

void notify_ready(const char *status)
{
    char line[STATUS_MAX];
    snprintf(line, sizeof line, "%s", status);
    send_status("READY=1\n", line);
}

void notify_reloading(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    char text[64];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, usec);
    notify(text);
}

void notify_stopping(void)
{
    notify("STOPPING=1\nSTATUS=Stopping");
}

void notify_watchdog(void)
{
    notify("WATCHDOG=1");
}

void notify_status(const char *format, ...)
{
    char line[STATUS_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    send_status("", line);
}

void notify_extend(uint64_t more_ms, const char *format, ...)
{
    char line[STATUS_MAX], state[64];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    snprintf(state, sizeof state, "EXTEND_TIMEOUT_USEC=%" PRIu64 "\n", more_ms * 1000);
    send_status(state, line);
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
