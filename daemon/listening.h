/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the addresses that clients connect to. */
#ifndef DAEMON_LISTENING_H
#define DAEMON_LISTENING_H

#include "daemon/config/config_address.h"
#include "daemon/net/net.h"

/* Sockets from the service manager replace the addresses. Every configured address must work; of
 * the default ones a single one is enough, and the log warns about the others. False: *why tells
 * the cause; *exit_code is set. */
bool listening_open(struct net *net, const struct config_listen *listen, struct log *log,
                    struct buf *why, int *exit_code);

#endif
