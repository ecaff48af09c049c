/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon as a whole: parts made, put together, run, and taken apart. */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "daemon/base/log.h"
#include "daemon/config/config.h"

struct server;

/* Makes everything that the configuration asks for, and listens. path: of the configuration, for
 * reloads; NULL: defaults. NULL: the log says why, *exit_code is for exit(). */
struct server *server_new(struct config *config, const char *path, struct log *log, int *exit_code);
/* Serves until it is told to stop; gives the exit code. */
int server_run(struct server *server);
void server_free(struct server *server);

#endif
