/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon as a whole: creates its parts, connects them, runs them, frees them. */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "daemon/base/log.h"
#include "daemon/config/config.h"

struct server;

/* Creates everything that the configuration asks for, and listens. path: the configuration file,
 * for reloads; NULL: defaults. Returns NULL on failure: the log tells the cause, *exit_code is
 * for exit(). */
struct server *server_new(struct config *config, const char *path, struct log *log, int *exit_code);
/* Serves until told to stop; returns the exit code. */
int server_run(struct server *server);
void server_free(struct server *server);

#endif
