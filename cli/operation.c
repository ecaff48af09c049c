/* SPDX-License-Identifier: BSD-2-Clause */
/* Any operation of the op table: read the words, call, print or explain. */
#include <stdio.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/arguments.h"
#include "cli/hints.h"
#include "cli/load.h"
#include "cli/operation.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/signals.h"
#include "wire/value.h"

enum { OPERATION_NAME = 80 };

static void put_operation(const struct op_row *row, char out[OPERATION_NAME])
{
    const struct op_row *real = op_row(row->number);
    snprintf(out, OPERATION_NAME, "%s %s", real->type, real->method);
}

/* cas and its like: one of the choices must be made. */
static int check_choice(struct cli *cli, const struct binding *binding)
{
    const struct op_row *row = &binding->command->row;
    unsigned choices = 0, given = 0;
    for (unsigned i = 0; i < row->arg_count; i++) {
        choices += row->args[i].in_oneof;
        given += row->args[i].in_oneof && binding->words[i] != NULL;
    }
    if (choices == 0 || given == 1)
        return 0;
    int code = report(cli, MGR_USAGE,
                      given == 0 ? "one of the choices is missing"
                                 : "only one of the choices can be made");
    char usage[300];
    help_usage(binding->command, usage, sizeof usage);
    report_hint(cli, "%s", usage);
    return code;
}

/* --create: the object with default parameters, if it is not there. */
static enum mgr_status create_object(struct cli *cli, const struct op_row *row,
                                     const struct arguments *arguments)
{
    const struct mgr_named *name = arguments_find(arguments, "name");
    const struct mgr_named args[] = {
        {"name", name->value}, {"type", mgr_str(row->type)}, {"if_absent", mgr_bool(true)}};
    return cli_call(cli, "object create", args, 3, NULL);
}

static int64_t wait_of(const struct cli *cli, const struct op_row *row)
{
    return (row->flags & OP_WAITS) != 0 ? cli->options.timeout_ms : 0;
}

/* A person at a terminal is told what a long wait is for. */
static enum mgr_status call_and_wait(struct cli *cli, const struct op_row *row,
                                     const struct arguments *arguments, struct mgr_value **result)
{
    char operation[OPERATION_NAME], line[OPERATION_NAME + 400];
    int64_t wait_ms = wait_of(cli, row);
    const struct mgr_named *name = arguments_find(arguments, "name");
    put_operation(row, operation);
    if (wait_ms > 0 && !cli->options.quiet && isatty(STDERR_FILENO) == 1) {
        snprintf(line, sizeof line, "mgrctl: waiting: %s %.*s (Ctrl-C ends it)\n", operation,
                 name == NULL ? 0 : (int)name->value.len,
                 name == NULL ? "" : (const char *)name->value.data);
        signals_remind(line);
    }
    enum mgr_status status =
        mgr_call(cli->m, operation, arguments->named, arguments->count, wait_ms, result);
    signals_remind(NULL);
    return status;
}

enum mgr_status operation_call(struct cli *cli, const struct binding *binding,
                               const struct arguments *arguments, struct mgr_value **result)
{
    const struct op_row *row = &binding->command->row;
    enum mgr_status status = call_and_wait(cli, row, arguments, result);
    if (status != MGR_NO_SUCH_OBJECT || !cli->options.create ||
        type_number(bytes_text(row->type)) == 0)
        return status;
    status = create_object(cli, row, arguments);
    return status == MGR_OK ? call_and_wait(cli, row, arguments, result) : status;
}

/* ---- printing ---- */

/* A revision does not fit what JSON readers take for a number. */
static int print_revision(struct cli *cli, struct bytes value)
{
    char text[32];
    struct buf string;
    if (cli->options.format == FORMAT_TEXT || val_read(value).kind != VAL_INT)
        return answer_print(cli, value);
    buf_init(&string);
    snprintf(text, sizeof text, "%lld", (long long)val_read(value).integer);
    val_put_text(&string, text);
    int code = answer_print(cli, buf_bytes(&string));
    buf_free(&string);
    return code;
}

static bool is_told_as_rows(const struct op_row *row)
{
    const struct op_row *real = op_row(row->number);
    return strcmp(real->type, "server") == 0 || strcmp(real->type, "session") == 0 ||
           (strcmp(real->type, "object") == 0 && strcmp(real->method, "scan") != 0 &&
            (row->flags & OP_ANSWER) == 0);
}

/* A part of something: how to get the next one. */
static void note_cursor(struct cli *cli)
{
    struct mgr_view cursor = mgr_cursor(cli->m);
    char text[129];
    if (cursor.len == 0 || cursor.len > sizeof text / 2 || cli->options.quiet)
        return;
    for (size_t i = 0; i < cursor.len; i++)
        snprintf(text + 2 * i, 3, "%02x", cursor.data[i]);
    report_note(cli, "there is more: --cursor %s", text);
}

static int print_result(struct cli *cli, const struct op_row *row, struct mgr_view view)
{
    struct bytes value = bytes_of(view.data, view.len);
    bool truth = true;
    if ((row->flags & OP_ANSWER) != 0 && mgr_as_bool(view, &truth)) {
        int code = cli->options.quiet ? 0 : answer_print(cli, value);
        return code != 0 ? code : truth ? 0 : 1;
    }
    if ((row->flags & OP_QUIET) != 0 || view.len == 0)
        return 0;
    if ((row->flags & OP_WAITS) != 0 && val_read(value).kind == VAL_INT)
        return print_revision(cli, value);
    int code = is_told_as_rows(row) ? answer_print_rows(cli, value) : answer_print(cli, value);
    if (code == 0 && row->arg_count > 1 && grammar_field(row, "cursor", 6) >= 0)
        note_cursor(cli);
    return code;
}

int run_operation(struct cli *cli, const struct binding *binding)
{
    const struct op_row *row = &binding->command->row;
    struct arguments arguments;
    struct mgr_value *result = NULL;
    int code = check_choice(cli, binding);
    if (code == 0 && load_wanted(cli, binding))
        return load_run(cli, binding);
    if (code != 0 || (code = arguments_read(cli, binding, &arguments)) != 0)
        return code;
    code = cli_connect(cli);
    if (code == 0) {
        enum mgr_status status = operation_call(cli, binding, &arguments, &result);
        if (status == MGR_OK) {
            code = print_result(cli, row, mgr_view(result));
        } else {
            code = report_call(cli, status);
            hints_give(cli, binding, &arguments, status);
        }
        mgr_value_free(result);
    }
    arguments_free(&arguments);
    return code;
}
