/* SPDX-License-Identifier: BSD-2-Clause */
/* condition wait, notify, notify-all by single commands: the lock, which they need, is taken before
 * and given back after. In a shell that has the lock already it stays as it is. */
#include <stdio.h>
#include <time.h>

#include "cli/base/report.h"
#include "cli/base/wait_notice.h"
#include "cli/help/hints.h"
#include "cli/ops/operation.h"
#include "cli/syntax/run.h"

/* One command on one condition. */
struct with_lock {
    struct cli *cli;
    const struct binding *binding;
    const struct arguments *arguments;
    struct mgr_named name;
    int64_t deadline_ms; /* of the whole command, by now_ms; MGR_FOREVER: none */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t time_left(const struct with_lock *with)
{
    if (with->deadline_ms == MGR_FOREVER)
        return MGR_FOREVER;
    int64_t left = with->deadline_ms - now_ms();
    return left > 0 ? left : 0;
}

static const char *type_of(const struct with_lock *with)
{
    return with->binding->command->row.type;
}

static const char *operation_of(const struct with_lock *with, const char *method,
                                char room[OP_WORDS])
{
    return op_words(type_of(with), method, room);
}

static enum mgr_status acquire(struct with_lock *with)
{
    struct wait_notice notice;
    char room[OP_WORDS];
    const char *operation = operation_of(with, "acquire", room);
    const struct mgr_arg *name = time_left(with) == 0 ? NULL : &with->name.value;
    wait_notice_begin(&notice, with->cli, operation, name);
    enum mgr_status status =
        mgr_call(with->cli->m, operation, &with->name, 1, time_left(with), NULL);
    wait_notice_end(&notice);
    /* the try of somebody who may wait a little is over, not refused */
    return status == MGR_BUSY && with->cli->options.timeout_ms > 0 ? MGR_TIMEOUT : status;
}

/* Whether this session has the lock; only a shell's can. */
static bool is_held(struct with_lock *with)
{
    char room[OP_WORDS];
    struct mgr_value *answer = NULL;
    bool held = false;
    if (with->cli->shell &&
        cli_call(with->cli, operation_of(with, "held", room), &with->name, 1, &answer) == MGR_OK)
        (void)mgr_as_bool(mgr_view(answer), &held);
    mgr_value_free(answer);
    return held;
}

static enum mgr_status take_lock(struct with_lock *with)
{
    enum mgr_status status = acquire(with);
    if (status != MGR_NO_SUCH_OBJECT || !with->cli->options.create)
        return status;
    status = created_make(with->cli, &with->binding->command->row, with->name.value);
    return status == MGR_OK ? acquire(with) : status;
}

/* The operation itself. What is left of the time is its wait. */
static int run_held(struct with_lock *with)
{
    struct mgr_value *result = NULL;
    struct cli *cli = with->cli;
    int64_t given_ms = cli->options.timeout_ms;
    cli->options.timeout_ms = time_left(with);
    enum mgr_status status = operation_call(cli, with->binding, with->arguments, &result);
    cli->options.timeout_ms = given_ms;
    int code = status == MGR_OK
                   ? operation_print(cli, with->binding, mgr_view(result))
                   : report_call_of(cli, status, type_of(with), with->binding->words[0]);
    mgr_value_free(result);
    return code;
}

static int run_with_lock(struct with_lock *with)
{
    char room[OP_WORDS];
    struct cli *cli = with->cli;
    bool held = is_held(with);
    enum mgr_status status = held ? MGR_OK : take_lock(with);
    if (status != MGR_OK) {
        int code = report_call_of(cli, status, type_of(with), with->binding->words[0]);
        hints_give(cli, with->binding, with->arguments, status);
        created_settle(cli, status);
        return code;
    }
    int code = run_held(with);
    if (!held && cli->m != NULL) /* after a failure there may be nothing to release */
        (void)!cli_call(cli, operation_of(with, "release", room), &with->name, 1, NULL);
    created_settle(cli, MGR_OK);
    return code;
}

int run_condition(struct cli *cli, const struct binding *binding)
{
    struct arguments arguments;
    int code = arguments_read(cli, binding, &arguments);
    if (code != 0)
        return code;
    struct with_lock with = {
        .cli = cli,
        .binding = binding,
        .arguments = &arguments,
        .name = *arguments_find(&arguments, "name"),
        .deadline_ms = MGR_FOREVER,
    };
    if (cli->options.timeout_ms != MGR_FOREVER)
        with.deadline_ms = now_ms() + cli->options.timeout_ms;
    code = cli_connect(cli);
    if (code == 0)
        code = run_with_lock(&with);
    arguments_free(&arguments);
    return code;
}
