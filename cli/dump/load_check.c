/* SPDX-License-Identifier: BSD-2-Clause */
/* The first pass: is it a dump, whole and without a fault, and is all there that it refers to? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/report.h"
#include "cli/dump/load.h"
#include "wire/literal/literal_quote.h"

enum { GONE_TYPE = TYPE_EVENT }; /* of what stands for a deleted object: a small one */

/* What the lines so far were. */
struct check {
    struct load *load;
    bool begun, ended;
    struct load_object *object; /* of the last line */
};

static int fail(struct check *check, const char *why)
{
    return report(check->load->cli, MGR_VALUE, "line %zu: %s", check->load->at.line, why);
}

static int fail_memory(struct check *check)
{
    return report(check->load->cli, MGR_NOMEM, "out of memory");
}

/* ---- references ---- */

/* Something may refer to what comes later: ids are only told apart in this pass. */
static bool note_reference(struct load *load, struct bytes name, uint64_t *id)
{
    struct load_object *object = load_table_get(&load->table, name);
    if (object == NULL)
        return false;
    if (object->id == 0)
        object->id = ++load->strangers;
    if (object->at.line == 0)
        object->at = load->at;
    *id = object->id;
    return true;
}

/* A reference to what was deleted dangles. The daemon takes none of that kind: so it is one to an
 * object that will be deleted in the end. */
static bool make_gone(struct load *load, uint64_t *id)
{
    const struct mgr_named args[] = {{"type", mgr_str(type_name(GONE_TYPE))}};
    struct mgr_value *ref = NULL;
    if (load->gone_count == load->gone_cap) {
        size_t cap = load->gone_cap == 0 ? 16 : load->gone_cap * 2;
        uint64_t *gone = realloc(load->gone, cap * sizeof *gone);
        if (gone == NULL)
            return false;
        load->gone = gone;
        load->gone_cap = cap;
    }
    bool ok = cli_call(load->cli, "object create", args, 1, &ref) == MGR_OK &&
              mgr_as_ref(mgr_view(ref), id);
    mgr_value_free(ref);
    if (ok)
        load->gone[load->gone_count++] = *id;
    return ok;
}

bool load_resolve(void *arg, struct bytes name, uint64_t *id)
{
    struct load *load = arg;
    if (name.len == 0 && load->filling)
        return make_gone(load, id);
    if (name.len == 0) {
        *id = UINT64_MAX - ++load->strangers;
        return true;
    }
    if (memchr(name.data, '\0', name.len) != NULL)
        return false;
    if (!load->filling)
        return note_reference(load, name, id);
    const struct load_object *object = load_table_find(&load->table, name);
    if (object == NULL)
        return false;
    *id = object->id;
    return true;
}

void load_forget(struct load *load)
{
    char name[64];
    for (size_t i = 0; i < load->gone_count; i++) {
        snprintf(name, sizeof name, "~%s-%" PRIu64, type_name(GONE_TYPE), load->gone[i]);
        const struct mgr_named args[] = {{"name", mgr_str(name)}, {"force", mgr_bool(true)}};
        if (cli_call(load->cli, "object delete", args, 2, NULL) != MGR_OK)
            report_note(load->cli, "%s could not be deleted: %s", name, mgr_error(load->cli->m));
    }
    load->gone_count = 0;
}

/* ---- lines ---- */

static void take_params(struct load_object *object, const struct load_line *line)
{
    const struct dump_param *param = NULL;
    struct val value;
    while ((param = dump_param_next(object->type, param)) != NULL) {
        if (!load_line_param(line, param->field, &value))
            continue;
        object->uses_lock = object->uses_lock || param->kind == DUMP_LOCK;
        object->settles = object->settles || param->operation != NULL;
        if (strcmp(param->field, "ephemeral") == 0)
            object->ephemeral = value.boolean;
        if (strcmp(param->field, "kind") == 0) /* what was put in last comes out first */
            object->backwards = bytes_equal(value.body, bytes_text("lifo"));
    }
}

static int take_part(struct check *check, const struct load_line *line)
{
    struct load_object *object = check->object;
    if (load_line_count(line, object->type) > 0 &&
        !load_table_part(&check->load->table, object, &check->load->at))
        return fail_memory(check);
    return 0;
}

static int take_object(struct check *check, const struct load_line *line)
{
    struct load *load = check->load;
    struct load_object *object = load_table_get(&load->table, line->name);
    struct val lock;
    uint64_t id;
    if (object == NULL)
        return fail_memory(check);
    if (object->type != NULL)
        return report(load->cli, MGR_VALUE, "line %zu: \"%s\" is in line %zu already",
                      load->at.line, object->name, object->at.line);
    object->type = line->type;
    object->at = load->at;
    check->object = object;
    take_params(object, line);
    if (object->uses_lock && load_line_param(line, "lock", &lock) &&
        !load_resolve(load, lock.body, &id))
        return fail(check, "\"lock\" is no name of an object");
    return take_part(check, line);
}

static int take_more(struct check *check, const struct load_line *line)
{
    char why[RESTORE_WHY];
    if (check->object == NULL || !bytes_equal(line->name, bytes_text(check->object->name)))
        return fail(check, "a line of more follows no line of that object");
    if (!load_line_fits(line, check->object->type, why))
        return fail(check, why);
    return take_part(check, line);
}

static int take_line(struct check *check, struct bytes text)
{
    struct load *load = check->load;
    struct load_line line;
    char why[RESTORE_WHY];
    load->at = load->file.at;
    if (check->ended)
        return fail(check, "unexpected line after the end of the dump");
    if (!load_line_read(text, &load->names, &load->value, &line, why))
        return fail(check, why);
    if (line.kind == RESTORE_HEADER && check->begun)
        return fail(check, "a second header: two dumps in one are loaded one by one");
    if (line.kind != RESTORE_HEADER && !check->begun)
        return fail(check, "this is no dump: the first line must be {\"mgrd_dump\": 1}");
    check->begun = true;
    check->ended = line.kind == RESTORE_END;
    return line.kind == RESTORE_OBJECT ? take_object(check, &line)
           : line.kind == RESTORE_MORE ? take_more(check, &line)
                                       : 0;
}

/* ---- what it refers to ---- */

/* An object that the dump does not have must be there. */
static int find_outside(struct load *load, struct load_object *object)
{
    const struct mgr_named args[] = {{"name", mgr_str(object->name)}};
    struct mgr_value *info = NULL;
    struct mgr_view view;
    const char *text;
    size_t len;
    load->at = object->at;
    if (object->name[0] == DUMP_ANONYMOUS)
        return report(load->cli, MGR_VALUE, "line %zu: refers to \"%s\", which is not in the dump",
                      object->at.line, object->name);
    enum mgr_status status = cli_call(load->cli, "object info", args, 1, &info);
    if (status == MGR_NO_SUCH_OBJECT)
        return report(load->cli, status,
                      "line %zu: refers to \"%s\", which is neither in the dump nor in the daemon",
                      object->at.line, object->name);
    if (status != MGR_OK)
        return load_report(load, status);
    if (mgr_field(mgr_view(info), "id", &view) && mgr_as_str(view, &text, &len))
        object->id = strtoull(text, NULL, 10);
    object->real = strdup(object->name);
    mgr_value_free(info);
    return object->real != NULL ? 0 : report(load->cli, MGR_NOMEM, "out of memory");
}

static int find_all(struct load *load)
{
    int code = 0;
    for (size_t i = 0; i < load->table.count && code == 0; i++)
        if (load->table.in_order[i]->type == NULL)
            code = find_outside(load, load->table.in_order[i]);
    return code;
}

/* The last part of what comes out in the other order goes in first. */
static void turn_parts(struct load_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct load_object *object = table->in_order[i];
        struct load_part *parts = table->parts + object->first_part;
        for (size_t k = 0; object->backwards && k < object->parts / 2; k++) {
            struct load_part other = parts[object->parts - 1 - k];
            parts[object->parts - 1 - k] = parts[k];
            parts[k] = other;
        }
    }
}

int load_check(struct load *load)
{
    struct check check = {.load = load};
    struct bytes text;
    int code = 0;
    while (load_file_next(&load->file, &text, &code)) {
        code = take_line(&check, text);
        if (code == 0 && cli_interrupted())
            code = report(load->cli, MGR_INTERRUPTED, "interrupted");
        if (code != 0)
            return code;
    }
    if (code != 0)
        return code;
    load->at = load->file.at;
    if (!check.begun)
        return report(load->cli, MGR_VALUE, "%s is empty, not a dump", load->file.path);
    if (!check.ended)
        return report(load->cli, MGR_VALUE,
                      "line %zu: the dump is not whole: {\"end\": true} is missing behind it",
                      load->at.line);
    turn_parts(&load->table);
    return find_all(load);
}
