/* SPDX-License-Identifier: BSD-2-Clause */
/* Leases, graces, exit codes. */
#include "cli/supervise/run_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/report.h"
#include "cli/supervise/child.h"

enum { CODE_MAX = 255 };

static int64_t number(const struct arguments *arguments, const char *name, int64_t otherwise)
{
    const struct mgr_named *given = arguments_find(arguments, name);
    return given == NULL ? otherwise : given->value.integer;
}

static int take_fence(struct cli *cli, const struct arguments *arguments, struct run_options *out)
{
    int64_t grace_ms = number(arguments, "grace_ms", -1);
    out->lease_ms = cli->options.lease_given ? cli->options.lease_ms : LEASE_DEFAULT_MS;
    if (lease_deadline_init(&out->deadline, out->lease_ms, grace_ms))
        return 0;
    if (out->lease_ms < LEASE_LEAST_MS)
        return report(cli, MGR_USAGE, "--lease must be at least 1s");
    return report(cli, MGR_USAGE, "--grace must be at most a quarter of --lease");
}

/* Programs do not inherit it: who reads its other end waits for the end. */
static int take_status_fd(struct cli *cli, const struct arguments *arguments,
                          struct run_options *out)
{
    int64_t fd = number(arguments, "status_fd", -1);
    out->status_fd = (int)fd;
    if (fd < 0)
        return 0;
    if (fd > INT32_MAX || fcntl(out->status_fd, F_GETFD) < 0)
        return report(cli, MGR_USAGE, "--status-fd: there is no open file %lld", (long long)fd);
    if (fd > 2)
        (void)fcntl(out->status_fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

int run_options_take(struct cli *cli, const struct binding *binding,
                     const struct arguments *arguments, struct run_options *out)
{
    int64_t own = number(arguments, "exit_code", -1);
    *out = (struct run_options){.status_fd = -1, .own_code = (int)own};
    out->argv = calloc(binding->program_count + 1, sizeof *out->argv);
    if (out->argv == NULL)
        return report(cli, MGR_NOMEM, "out of memory");
    memcpy(out->argv, binding->program, binding->program_count * sizeof *out->argv);
    if (cli->shell)
        return report(cli, MGR_USAGE, "programs are not run from the shell");
    if (own > CODE_MAX)
        return report(cli, MGR_USAGE, "--exit-code is from 0 to %d", CODE_MAX);
    int code = take_fence(cli, arguments, out);
    return code != 0 ? code : take_status_fd(cli, arguments, out);
}

void run_options_free(struct run_options *options)
{
    free(options->argv);
    options->argv = NULL;
}

bool run_check_program(struct cli *cli, const struct run_options *options, struct outcome *outcome)
{
    int code = child_find(options->argv[0]);
    if (code == 0)
        return false;
    report_note(cli, "%s: %s", options->argv[0], strerror(errno));
    *outcome = (struct outcome){.kind = OUTCOME_NOT_RUN, .number = (uint8_t)code};
    return true;
}
