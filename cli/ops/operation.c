/* SPDX-License-Identifier: BSD-2-Clause */
/* Any operation of the op table: read the words, call, print or explain. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/base/report.h"
#include "cli/base/wait_notice.h"
#include "cli/help/hints.h"
#include "cli/ops/bulk_load.h"
#include "cli/ops/grants.h"
#include "cli/ops/operation.h"
#include "cli/ops/parts.h"
#include "cli/print/answer.h"
#include "cli/syntax/arguments.h"
#include "cli/syntax/run.h"
#include "ops_numbers.h"
#include "wire/value/value.h"

enum { OPERATION_NAME = 80, EXIT_NO = 1 };

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

/* Types without a default cannot be created like that: hints name the line to type. */
static bool can_create(const char *type)
{
    return type_number(bytes_text(type)) != 0 && (type_flags(type) & TYPE_FLAG_NO_DEFAULT) == 0;
}

/* --create: the objects with default parameters, if they are not there. */
static enum mgr_status create_objects(struct cli *cli, const struct op_row *row,
                                      const struct arguments *arguments)
{
    const struct mgr_named *name = arguments_find(arguments, "name");
    const struct mgr_named *to = arguments_find(arguments, "to");
    enum mgr_status status = created_make(cli, row, name->value);
    return status == MGR_OK && to != NULL ? created_make(cli, row, to->value) : status;
}

/* What looks at an object that must not have changed does not wait for it to change. */
static int64_t wait_of(const struct cli *cli, const struct op_row *row)
{
    bool polls = grammar_polls(row) && cli->options.timeout_ms == MGR_FOREVER;
    bool may = (row->flags & OP_WAITS) != 0 && cli->options.unchanged_since == 0 && !polls;
    return may ? cli->options.timeout_ms : 0;
}

/* A person at a terminal is told what a long wait is for. */
static enum mgr_status call_and_wait(struct cli *cli, const struct op_row *row,
                                     const struct arguments *arguments, struct mgr_value **result)
{
    char operation[OPERATION_NAME];
    int64_t wait_ms = wait_of(cli, row);
    const struct mgr_named *name = arguments_find(arguments, "name");
    struct wait_notice notice;
    put_operation(row, operation);
    wait_notice_begin(&notice, cli, operation, wait_ms > 0 && name != NULL ? &name->value : NULL);
    cli_since(cli);
    enum mgr_status status =
        mgr_call(cli->m, operation, arguments->named, arguments->count, wait_ms, result);
    wait_notice_end(&notice);
    return status;
}

/* What is too much for one request is done in parts, where that comes to the same; else the daemon
 * says again why not. */
static enum mgr_status call_in_parts(struct cli *cli, const struct op_row *row,
                                     const struct arguments *arguments, struct mgr_value **result)
{
    enum mgr_status status;
    if (parts_call(cli, row, arguments, result, &status))
        return status;
    return call_and_wait(cli, row, arguments, result);
}

enum mgr_status operation_call(struct cli *cli, const struct binding *binding,
                               const struct arguments *arguments, struct mgr_value **result)
{
    const struct op_row *row = &binding->command->row;
    enum mgr_status status = call_and_wait(cli, row, arguments, result);
    if (status == MGR_LIMIT)
        return call_in_parts(cli, row, arguments, result);
    if (status != MGR_NO_SUCH_OBJECT || !cli->options.create || !can_create(row->type))
        return status;
    status = create_objects(cli, row, arguments);
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
    unsigned type = row->number / OP_NUMBERS_OF_TYPE;
    return type == TYPE_SERVER ||
           (type == TYPE_OBJECT && row->number != OP_object_scan && (row->flags & OP_ANSWER) == 0);
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

/* {"items": ..., "cursor": "0a1b"}, or null: the whole answer, for programs that ask part by part.
 */
static int print_page(struct cli *cli, struct bytes value)
{
    struct mgr_view cursor = mgr_cursor(cli->m);
    struct buf page, text;
    buf_init(&page);
    buf_init(&text);
    for (size_t i = 0; i < cursor.len; i++)
        buf_printf(&text, "%02x", cursor.data[i]);
    buf_put_u8(&text, '\0');
    size_t mark = val_open(&page, VAL_DICT);
    val_put_field(&page, "items", value);
    if (cursor.len == 0)
        val_put_field(&page, "cursor", VAL_NONE_BYTES);
    else
        val_put_field_text(&page, "cursor", text.failed ? "" : (const char *)text.data);
    val_close(&page, mark);
    int code = page.failed || text.failed ? report(cli, MGR_NOMEM, "out of memory")
                                          : answer_print(cli, buf_bytes(&page));
    buf_free(&text);
    buf_free(&page);
    return code;
}

/* A page that was asked for as one, in a form for programs. */
static bool is_page(const struct cli *cli, const struct op_row *row, const struct binding *binding)
{
    int limit = grammar_field(row, "limit", 5), cursor = grammar_field(row, "cursor", 6);
    enum output_format format = cli->options.format;
    return limit >= 0 && cursor >= 0 &&
           (binding->words[limit] != NULL || binding->words[cursor] != NULL) &&
           (format == FORMAT_JSON || format == FORMAT_YAML || format == FORMAT_PYTHON);
}

/* False is no, or the end of a wait. */
static int print_truth(struct cli *cli, const struct op_row *row, struct bytes value, bool truth)
{
    bool waited = wait_of(cli, row) > 0;
    int code = cli->options.quiet ? 0 : answer_print(cli, value);
    if (code != 0 || truth)
        return code;
    return waited ? mgr_status_exit_code(MGR_TIMEOUT) : EXIT_NO;
}

/* Entries as a list of pairs, for a script: it gets the lines that show -r prints. */
static bool is_entries(const struct cli *cli, const struct op_row *row)
{
    const struct type_row *type = type_find(bytes_text(row->type));
    return cli->options.format == FORMAT_RAW && cli->options.pick == NULL && type != NULL &&
           type->content == CONTENT_PAIRS && strcmp(row->method, "items") == 0;
}

static int print_entries(struct cli *cli, struct bytes value)
{
    struct val list = val_read(value);
    struct bytes entry, key, member;
    struct buf dict;
    if (list.kind != VAL_LIST)
        return answer_print(cli, value);
    buf_init(&dict);
    size_t mark = val_open(&dict, VAL_DICT);
    for (struct val_iter it = val_iter(&list); val_next(&it, &entry);) {
        struct val pair = val_read(entry);
        struct val_iter parts = val_iter(&pair);
        if (val_next(&parts, &key) && val_next(&parts, &member))
            val_put_pair(&dict, key, member);
    }
    val_close(&dict, mark);
    int code =
        dict.failed ? report(cli, MGR_NOMEM, "out of memory") : answer_print(cli, buf_bytes(&dict));
    buf_free(&dict);
    return code;
}

static int print_value(struct cli *cli, const struct op_row *row, struct bytes value)
{
    bool truth = true;
    if ((row->flags & OP_ANSWER) != 0 &&
        mgr_as_bool((struct mgr_view){value.data, value.len}, &truth))
        return print_truth(cli, row, value, truth);
    if ((row->flags & OP_QUIET) != 0 || value.len == 0)
        return 0;
    if (row->number == OP_object_changed)
        return print_revision(cli, value);
    if (is_entries(cli, row))
        return print_entries(cli, value);
    int code = is_told_as_rows(row) ? answer_print_rows(cli, value) : answer_print(cli, value);
    if (code == 0 && row->arg_count > 1 && grammar_field(row, "cursor", 6) >= 0)
        note_cursor(cli);
    return code;
}

void operation_print_revision(struct cli *cli, uint64_t revision)
{
    if (cli->options.revision)
        buf_printf(&cli->out.buf, "%" PRIu64 "%c", revision, cli->options.nul ? '\0' : '\n');
}

int operation_print(struct cli *cli, const struct binding *binding, struct mgr_view result)
{
    const struct op_row *row = &binding->command->row;
    if (is_page(cli, row, binding))
        return print_page(cli, bytes_of(result.data, result.len));
    if (!grants_is_one(row, result))
        return print_value(cli, row, bytes_of(result.data, result.len));
    grants_note(cli, result);
    if ((row->flags & OP_ANSWER) != 0)
        return print_value(cli, row, grants_value(result));
    if ((row->flags & OP_QUIET) != 0)
        return 0;
    int code = grants_keep(cli, binding, result);
    cli->holding = true;
    code = code == 0 ? grants_print(cli, binding, result) : code;
    cli->holding = false;
    return code;
}

/* A release, ack or renew of what was lost before: done, but not by this command. */
static int report_lost(struct cli *cli, const struct binding *binding)
{
    const struct op_row *row = &binding->command->row;
    return report(cli, MGR_LOCK_LOST, "the grant was gone already (%s \"%s\")", row->type,
                  binding->words[0]);
}

int run_operation(struct cli *cli, const struct binding *binding)
{
    struct arguments arguments;
    struct mgr_value *result = NULL;
    int code = check_choice(cli, binding);
    if (code == 0)
        code = grants_check(cli, binding);
    if (code == 0 && load_wanted(cli, binding))
        return load_run(cli, binding);
    if (code != 0 || (code = arguments_read(cli, binding, &arguments)) != 0)
        return code;
    code = cli_connect(cli);
    if (code == 0) {
        enum mgr_status status = operation_call(cli, binding, &arguments, &result);
        if (status == MGR_OK) {
            operation_print_revision(cli, mgr_revision(cli->m));
            code = cli_lost(cli) ? report_lost(cli, binding)
                                 : operation_print(cli, binding, mgr_view(result));
            code = grants_settle(cli, binding, mgr_view(result), code);
        } else {
            code = report_call_of(cli, status, binding->command->row.type, binding->words[0]);
            hints_give(cli, binding, &arguments, status);
        }
        created_settle(cli, status);
        mgr_value_free(result);
    }
    arguments_free(&arguments);
    return code;
}
