/* SPDX-License-Identifier: BSD-2-Clause */
/* create TYPE NAME [INIT]: by the daemon's own operation. */
#include "cli/base/cli.h"
#include "cli/base/report.h"
#include "cli/help/hints.h"
#include "cli/ops/operation.h"
#include "cli/syntax/run.h"

static bool is_on(const struct arguments *arguments, const char *name)
{
    const struct mgr_named *given = arguments_find(arguments, name);
    return given != NULL && given->value.kind == MGR_ARG_BOOL;
}

static int refuse_ephemeral(struct cli *cli)
{
    int code = report(cli, MGR_USAGE,
                      "the object would be gone when this command ends: nobody "
                      "holds an ephemeral object longer than its session");
    report_hint(cli, "--lease 60s keeps the session, or create it in mgrctl shell");
    return code;
}

int run_create(struct cli *cli, const struct binding *binding)
{
    struct arguments arguments;
    int code = arguments_read(cli, binding, &arguments);
    if (code != 0)
        return code;
    if (is_on(&arguments, "ephemeral") && !cli->shell && cli->options.lease_ms == 0)
        code = refuse_ephemeral(cli);
    if (is_on(&arguments, "ephemeral") && !cli->shell)
        cli->keep = true;
    if (code == 0)
        code = cli_connect(cli);
    if (code == 0) {
        enum mgr_status status = operation_call(cli, binding, &arguments, NULL);
        if (status != MGR_OK) {
            code = report_call(cli, status);
            hints_give(cli, binding, &arguments, status);
        }
    }
    arguments_free(&arguments);
    return code;
}
