/* SPDX-License-Identifier: BSD-2-Clause */
/* The session behind a run. */
#include "cli/supervise/lease_session.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/supervise/child.h"
#include "cli/supervise/nanoseconds.h"

enum mgr_status session_open(struct cli *cli, int64_t lease_ms, struct mgr **m)
{
    const struct mgr_options options = {
        .server = cli->options.server,
        .client = cli->options.client,
        .connect_timeout_ms = cli->options.connect_timeout_ms,
        .timeout_ms = lease_ms, /* who waits longer has lost it anyway */
        .lease_ms = lease_ms,
        .linger_ms = lease_ms,
    };
    enum mgr_status status = mgr_open(m, &options);
    if (status == MGR_OK)
        cli_require(cli, *m);
    snprintf(cli->state_id, sizeof cli->state_id, "%s", mgr_state_id(*m));
    return status;
}

enum mgr_status session_beat(struct session_thread *thread, struct order *order)
{
    enum mgr_status status = mgr_heartbeat(thread->m);
    (void)order;
    return status == MGR_OK && mgr_epoch(thread->m) != thread->epoch ? MGR_SESSION_LOST : status;
}

int64_t session_life_ms(const struct mgr *m, int64_t since_ns)
{
    /* mgr_safe_ms takes 2 % and at least 200 ms off */
    int64_t left_ms = mgr_safe_ms(m) + (session_thread_now() - since_ns) / NS_PER_MS;
    return left_ms < 9800 ? left_ms + 200 : left_ms / 49 * 50;
}

void session_number(struct buf *out, const char *name, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    child_variable(out, name, text);
}

void session_variables(const struct cli *cli, struct buf *out)
{
    const char *server = cli->options.server;
    if (server != NULL)
        child_variable(out, "MGRCTL_SERVER", server);
    child_variable(out, "MGRCTL_REQUIRE_SERVER", server == NULL ? "127.0.0.1:7600" : server);
    child_variable(out, "MGRCTL_REQUIRE_STATE", cli->state_id);
}
