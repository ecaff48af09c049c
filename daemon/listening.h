/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening what clients connect to. */
#ifndef DAEMON_LISTENING_H
#define DAEMON_LISTENING_H

#include "daemon/config/config_address.h"
#include "daemon/net/net.h"

/* Sockets from the service manager come instead of the addresses. What was configured must work;
 * of the defaults one is enough, the log warns of the others. False: *why, and *exit_code. */
bool listening_open(struct net *net, const struct config_listen *listen, struct log *log,
                    struct buf *why, int *exit_code);

#endif
