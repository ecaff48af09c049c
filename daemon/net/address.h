/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses as text, for people and logs. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

/* Writes HOST:PORT, [V6]:PORT or unix:PATH, with numbers only. */
void address_print(const struct sockaddr *from, socklen_t len, char *to, size_t size);
/* The path of a unix address; NULL for other addresses. */
const char *address_path(const struct sockaddr *address);

#endif
