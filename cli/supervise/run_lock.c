/* SPDX-License-Identifier: BSD-2-Clause */
/* lock run, rlock run, semaphore run: a program that runs while something is held. */
#include <stdio.h>
#include <string.h>

#include "cli/base/report.h"
#include "cli/supervise/lock_job.h"
#include "cli/supervise/run_options.h"
#include "cli/syntax/arguments.h"
#include "cli/syntax/run.h"

enum { OPERATION = 40 };

static int run(struct cli *cli, const struct binding *binding, const struct run_options *options,
               int64_t permits)
{
    const char *type = binding->command->type;
    unsigned flags = type_flags(type);
    bool permitted = (flags & TYPE_FLAG_PERMITS) != 0;
    struct lock_job_plan holder = {.type = type,
                                   .name = binding->words[0],
                                   .permits = permitted ? permits : 0,
                                   .reentrant = (flags & TYPE_FLAG_REENTRANT) != 0,
                                   .create = !permitted || cli->options.create,
                                   .wait_ms = cli->options.timeout_ms,
                                   .lease_ms = options->lease_ms,
                                   .deadline = options->deadline,
                                   .argv = options->argv};
    char operation[OPERATION];
    const struct parent_plan parent = {.guard = lock_job_guard,
                                       .arg = &holder,
                                       .deadline = options->deadline,
                                       .terminal = true,
                                       .operation = operation,
                                       .name = cli->options.timeout_ms > 0 ? holder.name : NULL};
    struct outcome outcome;
    snprintf(operation, sizeof operation, "%s run", type);
    if (!run_check_program(cli, options, &outcome))
        outcome = parent_run(cli, &parent);
    return parent_finish(cli, &outcome, options->status_fd, options->own_code);
}

int run_lock(struct cli *cli, const struct binding *binding)
{
    struct run_options options;
    struct arguments arguments;
    int code = arguments_read(cli, binding, &arguments);
    if (code != 0)
        return code;
    const struct mgr_named *permits = arguments_find(&arguments, "permits");
    code = run_options_take(cli, binding, &arguments, &options);
    if (code == 0 && permits != NULL && permits->value.integer < 1)
        code = report(cli, MGR_VALUE, "--permits must be at least 1");
    if (code == 0)
        code = run(cli, binding, &options, permits == NULL ? 1 : permits->value.integer);
    run_options_free(&options);
    arguments_free(&arguments);
    return code;
}
