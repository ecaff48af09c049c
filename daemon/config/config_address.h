/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses to listen on: HOST:PORT, [V6]:PORT, unix:PATH. */
#ifndef DAEMON_CONFIG_ADDRESS_H
#define DAEMON_CONFIG_ADDRESS_H

#include <sys/socket.h>

#include "wire/base/bytes.h"

enum {
    ADDRESS_TEXT_MAX = 128,
    LISTEN_MAX = 64, /* maximum number of addresses */
};

struct address {
    struct sockaddr_storage socket; /* ready for bind() */
    socklen_t socket_len;
    char text[ADDRESS_TEXT_MAX]; /* as written, for messages */
    bool is_default;             /* a default, not configured */
    const char *fault;           /* why a default cannot be used, static; NULL: it can */
};

struct config_listen {
    struct address *items; /* owned */
    size_t count;
};

/* Parses one address. A host is an IP address or "localhost" (127.0.0.1); port 0 means any free
 * port. NULL: success; else a static text that tells why not. */
const char *address_read(struct bytes text, struct address *address)
    __attribute__((warn_unused_result));

/* True if only programs on this machine can reach it: 127/8, ::1, ::ffff:127/104, a unix socket. */
bool address_is_local(const struct sockaddr *socket, socklen_t len);

/* The port; 0 for a unix socket. */
uint16_t address_port(const struct address *address);

/* Appends an address; false: no memory. */
bool listen_add(struct config_listen *listen, const struct address *address)
    __attribute__((warn_unused_result));
bool listen_equal(const struct config_listen *a, const struct config_listen *b);
void listen_free(struct config_listen *listen);

#endif
