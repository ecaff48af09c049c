/* SPDX-License-Identifier: BSD-2-Clause */
/* The session behind a run: opened with a lease, kept alive, seen through when it is replaced. */
#ifndef CLI_LEASE_SESSION_H
#define CLI_LEASE_SESSION_H

#include "cli/base/cli.h"
#include "cli/supervise/session_thread.h"

/* A client whose session ends by itself when nothing is heard of it for lease_ms. */
enum mgr_status session_open(struct cli *cli, int64_t lease_ms, struct mgr **m);
/* A heartbeat. Not MGR_OK also when it reached another session than thread->epoch. */
order_fn session_beat;
/* How long the daemon really keeps a session whose last heartbeat was sent at since_ns and
 * answered.
 */
int64_t session_life_ms(const struct mgr *m, int64_t since_ns);
/* What mgrctl needs inside a program to find the same daemon. */
void session_variables(const struct cli *cli, struct buf *out);
/* NAME=NUMBER for a program. */
void session_number(struct buf *out, const char *name, int64_t number);

#endif
