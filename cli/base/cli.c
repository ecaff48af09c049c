/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of one run: connecting late, ending in order. */
#include "cli/base/cli.h"

#include "cli/base/report.h"
#include "cli/base/signals.h"
#include "client/options.h"

/* How long a lost connection is waited for by a command that will keep what it acquires: a wait of
 * a command that was killed shall end soon. */
enum { CLI_LINGER_MS = 1000 };

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
    bool arrived = output_end(&cli->out); /* before Bye, which says that it did */
    signals_watch(NULL);
    if (!arrived)
        code = report_output(cli);
    if (!arrived || cli->give_back)
        mgr_close_returning(cli->m);
    else if (cli->keep)
        mgr_abandon(cli->m);
    else
        mgr_close(cli->m);
    mgr_close(cli->aside);
    names_free(&cli->names);
    return code;
}

void cli_require(struct cli *cli, struct mgr *m)
{
    if (!cli->options.require_inherited) {
        mgr_require(m, cli->options.require);
        return;
    }
    if (options_inherit(m) || cli->stranger_told || cli->options.quiet)
        return;
    cli->stranger_told = true;
    report_note(cli, "MGRCTL_REQUIRE is of another daemon: not checked");
}

static enum mgr_status open_client(struct cli *cli, struct mgr_options *options, struct mgr **m)
{
    options->server = cli->options.server;
    options->client = cli->options.client;
    options->connect_timeout_ms = cli->options.connect_timeout_ms;
    enum mgr_status status = mgr_open(m, options);
    if (status == MGR_OK)
        cli_require(cli, *m);
    return status;
}

enum mgr_status cli_open(struct cli *cli)
{
    if (cli->m != NULL)
        return MGR_OK;
    struct mgr_options options = {
        .detach = cli->keep,
        .whole_lease = true, /* known before anything is acquired */
        .lease_ms = cli->keep || cli->acquires ? cli->options.lease_ms : 0,
        .linger_ms = !cli->keep && cli->acquires ? CLI_LINGER_MS : 0,
    };
    signals_watch(&cli->m); /* connecting can be interrupted too */
    return open_client(cli, &options, &cli->m);
}

struct mgr *cli_asker(struct cli *cli)
{
    struct mgr_options options = {.lease_ms = 0};
    if (!cli->holding)
        return cli->m;
    if (cli->aside == NULL && open_client(cli, &options, &cli->aside) != MGR_OK) {
        mgr_close(cli->aside);
        cli->aside = NULL;
    }
    return cli->aside;
}

/* Ends the session; the next call opens another one. */
static void cli_drop(struct cli *cli)
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

void cli_since(struct cli *cli)
{
    if (cli->options.unchanged_since != 0)
        mgr_unchanged_since(cli->m, cli->options.unchanged_since);
}

bool cli_lost(const struct cli *cli)
{
    return mgr_lost(cli->m);
}

const struct literal_names *cli_names(struct cli *cli)
{
    return &cli->names.literal;
}

bool cli_interrupted(void)
{
    return signals_interrupted();
}
