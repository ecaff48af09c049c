/* SPDX-License-Identifier: BSD-2-Clause */
/* queue each: a program for each item. */
#include "cli/base/report.h"
#include "cli/supervise/queue_job.h"
#include "cli/supervise/run_options.h"
#include "cli/syntax/arguments.h"
#include "cli/syntax/run.h"

enum { ATTEMPTS = 5, BACKOFF_MS = 1000 };

static int64_t number(const struct arguments *arguments, const char *name, int64_t otherwise)
{
    const struct mgr_named *given = arguments_find(arguments, name);
    return given == NULL ? otherwise : given->value.integer;
}

static int take_plan(struct cli *cli, const struct binding *binding,
                     const struct arguments *arguments, struct queue_job_plan *out)
{
    const struct op_row *row = &binding->command->row;
    int64_t jobs = number(arguments, "jobs", 1), attempts = number(arguments, "attempts", ATTEMPTS);
    if (jobs < 1 || jobs > WORKERS_MAX)
        return report(cli, MGR_VALUE, "--jobs is from 1 to %d", WORKERS_MAX);
    if (attempts < 1)
        return report(cli, MGR_VALUE, "--attempts must be at least 1");
    *out = (struct queue_job_plan){
        .type = binding->command->type,
        .name = binding->words[0],
        .dead = binding->words[grammar_field(row, "dead", strlen("dead"))],
        .jobs = (size_t)jobs,
        .attempts = (uint64_t)attempts,
        .backoff_ms = number(arguments, "backoff_ms", BACKOFF_MS),
        .wait_ms = cli->options.timeout_ms,
        .create = cli->options.create,
        .until_empty = arguments_find(arguments, "until_empty") != NULL,
        .once = arguments_find(arguments, "once") != NULL,
    };
    if (out->dead != NULL && strcmp(out->dead, out->name) == 0)
        return report(cli, MGR_USAGE, "--dead must be another queue");
    return 0;
}

static int run(struct cli *cli, struct queue_job_plan *plan, const struct run_options *options)
{
    const struct parent_plan parent = {
        .guard = queue_job_guard, .arg = plan, .deadline = options->deadline};
    struct outcome outcome;
    plan->lease_ms = options->lease_ms;
    plan->deadline = options->deadline;
    plan->argv = options->argv;
    if (!run_check_program(cli, options, &outcome))
        outcome = parent_run(cli, &parent);
    return parent_finish(cli, &outcome, options->status_fd, options->own_code);
}

int run_each(struct cli *cli, const struct binding *binding)
{
    struct queue_job_plan plan;
    struct run_options options;
    struct arguments arguments;
    int code = arguments_read(cli, binding, &arguments);
    if (code != 0)
        return code;
    code = run_options_take(cli, binding, &arguments, &options);
    if (code == 0)
        code = take_plan(cli, binding, &arguments, &plan);
    if (code == 0)
        code = run(cli, &plan, &options);
    run_options_free(&options);
    arguments_free(&arguments);
    return code;
}
