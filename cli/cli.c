/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of one run: connecting late, ending in order. */
#include "cli/cli.h"

#include "cli/report.h"
#include "cli/signals.h"

void cli_init(struct cli *cli)
{
    *cli = (struct cli){0};
    options_init(&cli->defaults);
    options_init(&cli->options);
    output_init(&cli->out, 1);
    names_init(&cli->names, cli);
}

int cli_end(struct cli *cli, int code)
{
    signals_watch(NULL);
    /* a session with a lease is meant to outlive its connection */
    if (cli->defaults.lease_ms > 0 || (!cli->shell && cli->options.lease_ms > 0))
        mgr_abandon(cli->m);
    else
        mgr_close(cli->m);
    names_free(&cli->names);
    return output_end(&cli->out) ? code : report_output(cli);
}

enum mgr_status cli_open(struct cli *cli)
{
    if (cli->m != NULL)
        return MGR_OK;
    struct mgr_options options = {
        .server = cli->options.server,
        .client = cli->options.client,
        .connect_timeout_ms = cli->options.connect_timeout_ms,
        .lease_ms = cli->options.lease_ms,
        .linger_ms = cli->options.lease_ms,
    };
    signals_watch(&cli->m); /* connecting can be interrupted too */
    enum mgr_status status = mgr_open(&cli->m, &options);
    if (status == MGR_OK)
        mgr_require(cli->m, cli->options.require);
    return status;
}

void cli_drop(struct cli *cli)
{
    signals_watch(NULL);
    mgr_close(cli->m);
    cli->m = NULL;
}

int cli_connect(struct cli *cli)
{
    enum mgr_status status = cli_open(cli);
    if (status == MGR_OK)
        return 0;
    int code = report_call(cli, status);
    cli_drop(cli);
    return code;
}

enum mgr_status cli_call(struct cli *cli, const char *operation, const struct mgr_named *args,
                         size_t count, struct mgr_value **result)
{
    return mgr_call(cli->m, operation, args, count, 0, result);
}

const struct literal_names *cli_names(struct cli *cli)
{
    return &cli->names.literal;
}

bool cli_interrupted(void)
{
    return signals_interrupted();
}
