/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses to listen on: parsing, properties, and the list of them. */
#include "daemon/config/config_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>

#include "daemon/config/config_unit.h"

static const char *read_unix(struct bytes path, struct address *address)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&address->socket;
    if (path.len == 0)
        return "names no path after unix:";
    if (path.len >= sizeof un->sun_path)
        return "has a path longer than 107 bytes";
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path.data, path.len);
    address->socket_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
    return NULL;
}

static const char *read_host6(const char *host, uint16_t port, struct address *address)
{
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->socket;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    address->socket_len = sizeof *in6;
    return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1
               ? NULL
               : "has no IPv6 address (numbers) between the brackets";
}

static const char *read_host4(const char *host, uint16_t port, struct address *address)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&address->socket;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    address->socket_len = sizeof *in;
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    else if (strcmp(host, "*") == 0)
        host = "0.0.0.0";
    if (strchr(host, ':') != NULL)
        return "needs brackets around an IPv6 address: [::1]:7600";
    return inet_pton(AF_INET, host, &in->sin_addr) == 1
               ? NULL
               : "names a host by something else than its IP address or localhost";
}

static const char *read_inet(const char *text, struct address *address)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || strchr(colon, ']') != NULL)
        return "has no port: write HOST:PORT, [V6]:PORT or unix:PATH";
    uint64_t port = 0;
    if (unit_count(bytes_text(colon + 1), &port) != UNIT_OK || port > UINT16_MAX)
        return "has no port from 0 to 65535 after the last colon";
    char host[ADDRESS_TEXT_MAX];
    size_t len = (size_t)(colon - text);
    bool brackets = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    size_t skip = brackets ? 1 : 0;
    memcpy(host, text + skip, len - 2 * skip);
    host[len - 2 * skip] = '\0';
    return (brackets ? read_host6 : read_host4)(host, (uint16_t)port, address);
}

const char *address_read(struct bytes text, struct address *address)
{
    *address = (struct address){.socket_len = 0};
    if (text.len >= sizeof address->text)
        return "is too long";
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        return "holds a NUL";
    if (text.len > 0)
        memcpy(address->text, text.data, text.len);
    if (strncmp(address->text, "unix:", 5) == 0)
        return read_unix(bytes_of(text.data + 5, text.len - 5), address);
    return read_inet(address->text, address);
}

bool address_is_local(const struct sockaddr *socket, socklen_t len)
{
    if (len < sizeof socket->sa_family)
        return false;
    if (socket->sa_family == AF_UNIX)
        return true;
    if (socket->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, socket, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (socket->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, socket, sizeof in6);
        return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) && in6.sin6_addr.s6_addr[12] == 127);
    }
    return false;
}

uint16_t address_port(const struct address *address)
{
    struct sockaddr_in in; /* or IPv6: the port is at the same offset */
    memcpy(&in, &address->socket, sizeof in);
    return in.sin_family == AF_UNIX ? 0 : ntohs(in.sin_port);
}

bool listen_add(struct config_listen *listen, const struct address *address)
{
    struct address *items = realloc(listen->items, (listen->count + 1) * sizeof *items);
    if (items == NULL)
        return false;
    items[listen->count++] = *address;
    listen->items = items;
    return true;
}

bool listen_equal(const struct config_listen *a, const struct config_listen *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].socket_len != b->items[i].socket_len ||
            memcmp(&a->items[i].socket, &b->items[i].socket, a->items[i].socket_len) != 0)
            return false;
    return true;
}

void listen_free(struct config_listen *listen)
{
    free(listen->items);
    *listen = (struct config_listen){NULL, 0};
}
