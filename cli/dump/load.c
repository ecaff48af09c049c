/* SPDX-License-Identifier: BSD-2-Clause */
/* load: the command, and the way from line to line. (Loading items into one object is load.c.) */
#include "cli/dump/load.h"

#include <stdlib.h>

#include "cli/base/report.h"
#include "cli/supervise/run.h"
#include "cli/syntax/grammar.h"

enum { LOAD_FILE, LOAD_REPLACE, LOAD_IF_ABSENT };

/* The object that a line is of; NULL: none. */
static const struct restore_object *object_at(const struct restore *restore, size_t line)
{
    const struct restore_object *best = NULL;
    for (size_t i = 0; i < restore->table.count; i++) {
        const struct restore_object *object = restore->table.in_order[i];
        if (object->type != NULL && object->at.line <= line &&
            (best == NULL || object->at.line > best->at.line))
            best = object;
    }
    return best;
}

int restore_report(struct restore *restore, enum mgr_status status)
{
    const struct restore_object *object = object_at(restore, restore->at.line);
    const char *error = mgr_error(restore->cli->m);
    if (object == NULL || strstr(error, " (") != NULL)
        report_note(restore->cli, "line %zu: %s", restore->at.line, error);
    else
        report_note(restore->cli, "line %zu: %s (%s \"%s\")", restore->at.line, error,
                    object->type->name, object->name);
    return mgr_status_exit_code(status);
}

int restore_read(struct restore *restore, const struct restore_at *at, struct restore_line *line)
{
    char why[RESTORE_WHY];
    restore->at = *at;
    if (cli_interrupted())
        return report(restore->cli, MGR_INTERRUPTED, "interrupted");
    int code = restore_file_again(&restore->file, at, &restore->text);
    if (code != 0)
        return code;
    if (restore_line_read(buf_bytes(&restore->text), &restore->names, &restore->value, line, why))
        return 0;
    if (restore->cli->m != NULL && mgr_last_status(restore->cli->m) != MGR_OK)
        return restore_report(restore, mgr_last_status(restore->cli->m));
    return report(restore->cli, MGR_VALUE, "line %zu: %s", at->line, why);
}

/* Objects that are as the dump says when the pass of content ends at a line. */
static size_t count_whole(const struct restore *restore, size_t line, size_t *all)
{
    size_t whole = 0;
    *all = 0;
    for (size_t i = 0; i < restore->table.count; i++) {
        const struct restore_object *object = restore->table.in_order[i];
        *all += object->type != NULL;
        whole += object->type != NULL && object->at.line < line;
    }
    return whole;
}

static void note_partial(struct restore *restore)
{
    size_t all;
    const struct restore_object *object = object_at(restore, restore->at.line);
    if (object == NULL)
        return;
    size_t whole = count_whole(restore, object->at.line, &all);
    report_note(
        restore->cli,
        "stopped at line %zu: of %zu objects the first %zu are in, those of the lines before "
        "%zu; \"%s\" is not whole, and those behind it have no content yet",
        restore->at.line, all, whole, object->at.line, object->name);
}

static int load_all(struct restore *restore)
{
    int code = restore_check(restore);
    if (code != 0) {
        report_note(restore->cli, "nothing was loaded");
        return code;
    }
    code = restore_make(restore);
    if (code != 0)
        return code;
    restore->filling = true;
    code = restore_fill(restore);
    if (code == 0)
        code = restore_settle(restore);
    if (code != 0)
        note_partial(restore);
    restore_forget(restore);
    return code;
}

int run_load(struct cli *cli, const struct binding *binding)
{
    struct restore restore = {
        .cli = cli,
        .replace = binding->words[LOAD_REPLACE] != NULL,
        .if_absent = binding->words[LOAD_IF_ABSENT] != NULL,
    };
    if (restore.replace && restore.if_absent)
        return report(cli, MGR_USAGE, "--replace and --if-absent exclude each other");
    restore.names = (struct literal_names){restore_resolve, NULL, &restore};
    buf_init(&restore.text);
    buf_init(&restore.value);
    int code = restore_file_open(&restore.file, cli, binding->words[LOAD_FILE]);
    if (code == 0)
        code = cli_connect(cli);
    if (code == 0)
        code = load_all(&restore);
    restore_file_close(&restore.file);
    restore_table_free(&restore.table);
    buf_free(&restore.text);
    buf_free(&restore.value);
    free(restore.gone);
    return code;
}
