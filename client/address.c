/* SPDX-License-Identifier: BSD-2-Clause */
/* Connects to the daemon's address: HOST:PORT (each address of the host in turn), [V6]:PORT,
 * unix:PATH. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "client/internal.h"

enum { HOST_MAX = 256, PORT_MAX = 32, RETRY_MS = 10 };

/* A unix socket with a full backlog refuses at once (EAGAIN): try again until the deadline. */
static enum link_status connect_unix(struct mgr *m, const char *path, int64_t deadline_ms,
                                     int *error)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    *error = len == 0 ? EINVAL : ENAMETOOLONG;
    if (len == 0 || len >= sizeof to.sun_path)
        return LINK_LOST;
    memcpy(to.sun_path, path, len + 1);
    for (;;) {
        enum link_status status = link_connect_to(m, (const struct sockaddr *)&to,
                                                  (socklen_t)sizeof to, deadline_ms, error);
        if (status != LINK_LOST || *error != EAGAIN)
            return status;
        status = link_pause(m, RETRY_MS);
        if (status == LINK_INTERRUPTED)
            return status;
        if (client_now_ms() >= deadline_ms)
            return LINK_TIMEOUT;
    }
}

/* Splits HOST:PORT or [V6]:PORT. False: the text is neither. */
static bool split(const char *text, char host[HOST_MAX], char port[PORT_MAX])
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0')
        return false;
    size_t len = (size_t)(colon - text), port_len = strlen(colon + 1);
    if (len > 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        len -= 2;
    } else if (memchr(text, ':', len) != NULL) {
        return false; /* an IPv6 address without brackets: the port's colon is ambiguous */
    }
    if (len >= HOST_MAX || port_len >= PORT_MAX)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    memcpy(port, colon + 1, port_len + 1);
    return true;
}

/* Checks the port here, because getaddrinfo takes any number, signed ones too, modulo 65536. A
 * service name is left to getaddrinfo. */
static bool is_port(const char *text)
{
    bool name = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    unsigned number = 0;
    for (const char *at = text; !name && *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || number > UINT16_MAX)
            return false;
        number = number * 10 + (unsigned)(*at - '0');
    }
    return name || (number > 0 && number <= UINT16_MAX);
}

/* Splits the remaining time evenly over the remaining addresses, so that one that drops packets
 * does not use it all. */
static int64_t share(int64_t deadline_ms, const struct addrinfo *at)
{
    int64_t now_ms = client_now_ms(), left = 0;
    for (; at != NULL; at = at->ai_next)
        left++;
    return deadline_ms > now_ms ? now_ms + (deadline_ms - now_ms) / left : deadline_ms;
}

static enum link_status connect_each(struct mgr *m, const struct addrinfo *found,
                                     int64_t deadline_ms, int *error)
{
    enum link_status status = LINK_LOST;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        status = link_connect_to(m, at->ai_addr, at->ai_addrlen, share(deadline_ms, at), error);
        if (status == LINK_OK || status == LINK_INTERRUPTED)
            break;
    }
    return status;
}

/* The resolver may take longer than the deadline to look up a host name; numeric addresses need
 * no lookup. */
static enum link_status connect_tcp(struct mgr *m, int64_t deadline_ms, char *why, size_t size)
{
    char host[HOST_MAX], port[PORT_MAX];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (!split(m->server, host, port)) {
        snprintf(why, size, "neither HOST:PORT, [V6]:PORT nor unix:PATH");
        return LINK_LOST;
    }
    if (!is_port(port)) {
        snprintf(why, size, "'%s' is not a port: a number from 1 to %u", port,
                 (unsigned)UINT16_MAX);
        return LINK_LOST;
    }
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        snprintf(why, size, "%s", error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return LINK_LOST;
    }
    enum link_status status = connect_each(m, found, deadline_ms, &error);
    freeaddrinfo(found);
    if (status == LINK_LOST)
        snprintf(why, size, "%s", strerror(error));
    return status;
}

enum link_status link_connect(struct mgr *m, int64_t deadline_ms, char *why, size_t size)
{
    int error;
    link_close(m);
    if (strncmp(m->server, "unix:", 5) != 0)
        return connect_tcp(m, deadline_ms, why, size);
    enum link_status status = connect_unix(m, m->server + 5, deadline_ms, &error);
    if (status == LINK_LOST)
        snprintf(why, size, "%s", strerror(error));
    return status;
}
