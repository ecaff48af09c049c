/* SPDX-License-Identifier: BSD-2-Clause */
/* load: the command, and the way from line to line. (Loading items into one object is load.c.) */
#include "cli/dump/load.h"

#include <stdlib.h>

#include "cli/base/report.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"

enum { LOAD_FILE, LOAD_REPLACE, LOAD_IF_ABSENT };

/* The object that a line is of; NULL: none. */
static const struct load_object *object_at(const struct load *load, size_t line)
{
    const struct load_object *best = NULL;
    for (size_t i = 0; i < load->table.count; i++) {
        const struct load_object *object = load->table.in_order[i];
        if (object->type != NULL && object->at.line <= line &&
            (best == NULL || object->at.line > best->at.line))
            best = object;
    }
    return best;
}

int load_report(struct load *load, enum mgr_status status)
{
    const struct load_object *object = object_at(load, load->at.line);
    const char *error = mgr_error(load->cli->m);
    if (object == NULL || strstr(error, " (") != NULL)
        report_note(load->cli, "line %zu: %s", load->at.line, error);
    else
        report_note(load->cli, "line %zu: %s (%s \"%s\")", load->at.line, error, object->type->name,
                    object->name);
    return mgr_status_exit_code(status);
}

int load_read(struct load *load, const struct load_at *at, struct load_line *line)
{
    char why[RESTORE_WHY];
    load->at = *at;
    if (cli_interrupted())
        return report(load->cli, MGR_INTERRUPTED, "interrupted");
    int code = load_file_again(&load->file, at, &load->text);
    if (code != 0)
        return code;
    if (load_line_read(buf_bytes(&load->text), &load->names, &load->value, line, why))
        return 0;
    if (load->cli->m != NULL && mgr_last_status(load->cli->m) != MGR_OK)
        return load_report(load, mgr_last_status(load->cli->m));
    return report(load->cli, MGR_VALUE, "line %zu: %s", at->line, why);
}

/* Objects that are as the dump says when the pass of content ends at a line. */
static size_t count_whole(const struct load *load, size_t line, size_t *all)
{
    size_t whole = 0;
    *all = 0;
    for (size_t i = 0; i < load->table.count; i++) {
        const struct load_object *object = load->table.in_order[i];
        *all += object->type != NULL;
        whole += object->type != NULL && object->at.line < line;
    }
    return whole;
}

static void note_partial(struct load *load)
{
    size_t all;
    const struct load_object *object = object_at(load, load->at.line);
    if (object == NULL)
        return;
    size_t whole = count_whole(load, object->at.line, &all);
    report_note(
        load->cli,
        "stopped at line %zu: of %zu objects the first %zu are in, those of the lines before "
        "%zu; \"%s\" is not whole, and those behind it have no content yet",
        load->at.line, all, whole, object->at.line, object->name);
}

static int load_all(struct load *load)
{
    int code = load_check(load);
    if (code != 0) {
        report_note(load->cli, "nothing was loaded");
        return code;
    }
    code = load_make(load);
    if (code != 0)
        return code;
    load->filling = true;
    code = load_fill(load);
    if (code == 0)
        code = load_settle(load);
    if (code != 0)
        note_partial(load);
    load_forget(load);
    return code;
}

int run_load(struct cli *cli, const struct binding *binding)
{
    struct load load = {
        .cli = cli,
        .replace = binding->words[LOAD_REPLACE] != NULL,
        .if_absent = binding->words[LOAD_IF_ABSENT] != NULL,
    };
    if (load.replace && load.if_absent)
        return report(cli, MGR_USAGE, "--replace and --if-absent exclude each other");
    load.names = (struct literal_names){load_resolve, NULL, &load};
    buf_init(&load.text);
    buf_init(&load.value);
    int code = load_file_open(&load.file, cli, binding->words[LOAD_FILE]);
    if (code == 0)
        code = cli_connect(cli);
    if (code == 0)
        code = load_all(&load);
    load_file_close(&load.file);
    load_table_free(&load.table);
    buf_free(&load.text);
    buf_free(&load.value);
    free(load.gone);
    return code;
}
