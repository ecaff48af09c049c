/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints socket addresses. */
#include "daemon/net/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/un.h>

const char *address_path(const struct sockaddr *address)
{
    return address->sa_family == AF_UNIX ? ((const struct sockaddr_un *)address)->sun_path : NULL;
}

void address_print(const struct sockaddr *from, socklen_t len, char *to, size_t size)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (from->sa_family == AF_UNIX) {
        const struct sockaddr_un *un = (const struct sockaddr_un *)from;
        bool named = len > offsetof(struct sockaddr_un, sun_path) && un->sun_path[0] != '\0';
        snprintf(to, size, "unix:%s", named ? un->sun_path : "");
    } else if (getnameinfo(from, len, host, sizeof host, port, sizeof port,
                           NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        snprintf(to, size, from->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    } else {
        snprintf(to, size, "?");
    }
}
