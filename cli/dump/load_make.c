/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects are made without content, and get their states when all content is in. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/report.h"
#include "cli/dump/load.h"

enum { CREATE_ARGS = 12 };

/* The arguments of a call of object create. */
struct create {
    struct mgr_named args[CREATE_ARGS];
    size_t count;
};

static void add(struct create *create, const char *name, struct mgr_arg value)
{
    if (create->count < CREATE_ARGS)
        create->args[create->count++] = (struct mgr_named){name, value};
}

static struct mgr_arg argument_of(struct load *load, const struct dump_param *param,
                                  const struct val *value)
{
    const struct load_object *lock;
    if (strcmp(param->create, "init") == 0)
        return mgr_of_view((struct mgr_view){value->encoding.data, value->encoding.len});
    switch (param->kind) {
    case DUMP_NUMBER:
        return mgr_int(value->integer);
    case DUMP_LOCK:
        lock = load_table_find(&load->table, value->body);
        return lock == NULL ? MGR_ABSENT : mgr_str(lock->real);
    case DUMP_TEXT:
        return mgr_strn((const char *)value->body.data, value->body.len);
    default:
        return mgr_bool(value->boolean);
    }
}

static struct create arguments_of(struct load *load, const struct load_object *object,
                                  const struct load_line *line)
{
    struct create create = {.count = 0};
    const struct dump_param *param = NULL;
    struct val value;
    if (object->name[0] != DUMP_ANONYMOUS)
        add(&create, "name", mgr_str(object->name));
    add(&create, "type", mgr_str(object->type->name));
    while ((param = dump_param_next(object->type, param)) != NULL)
        if (param->create != NULL && load_line_param(line, param->field, &value))
            add(&create, param->create, argument_of(load, param, &value));
    return create;
}

/* What it is called from now on, by the reference that create gave. */
static enum mgr_status take_ref(struct load_object *object, const struct mgr_value *ref)
{
    if (!mgr_as_ref(mgr_view(ref), &object->id))
        return MGR_PROTOCOL;
    if (object->name[0] != DUMP_ANONYMOUS)
        object->real = strdup(object->name);
    else if (asprintf(&object->real, "~%s-%" PRIu64, object->type->name, object->id) < 0)
        object->real = NULL;
    return object->real == NULL ? MGR_NOMEM : MGR_OK;
}

static enum mgr_status call_create(struct load *load, struct load_object *object,
                                   const struct create *create)
{
    struct mgr_value *ref = NULL;
    enum mgr_status status =
        cli_call(load->cli, "object create", create->args, create->count, &ref);
    if (status == MGR_OK)
        status = take_ref(object, ref);
    mgr_value_free(ref);
    return status;
}

/* It was there. */
static enum mgr_status meet(struct load *load, struct load_object *object, struct create *create)
{
    const struct mgr_named args[] = {{"name", mgr_str(object->name)}};
    if (load->if_absent) {
        add(create, "if_absent", mgr_bool(true));
        object->kept = true;
        return call_create(load, object, create);
    }
    enum mgr_status status = cli_call(load->cli, "object delete", args, 1, NULL);
    return status == MGR_OK || status == MGR_NO_SUCH_OBJECT ? call_create(load, object, create)
                                                            : status;
}

/* An ephemeral object lives as long as a session holds it: this one. */
static void keep_session(struct load *load, const struct load_object *object)
{
    struct cli *cli = load->cli;
    if (cli->shell)
        return;
    if (cli->options.lease_ms > 0)
        cli->keep = true;
    else if (!cli->options.quiet)
        report_note(cli,
                    "line %zu: \"%s\" is ephemeral, and gone when this command ends (--lease 60s "
                    "keeps the session)",
                    object->at.line, object->name);
}

static int make_one(struct load *load, struct load_object *object)
{
    struct load_line line;
    int code = load_read(load, &object->at, &line);
    if (code != 0)
        return code;
    if (object->ephemeral)
        keep_session(load, object);
    struct create create = arguments_of(load, object, &line);
    enum mgr_status status = call_create(load, object, &create);
    if (status == MGR_EXISTS && (load->replace || load->if_absent))
        status = meet(load, object, &create);
    object->made = status == MGR_OK && !object->kept;
    if (status == MGR_OK)
        return 0;
    code = load_report(load, status);
    if (status == MGR_EXISTS && !load->replace && !load->if_absent)
        report_hint(load->cli, "--replace deletes what is there, --if-absent leaves it as it is");
    else if (status == MGR_IN_USE)
        report_hint(load->cli, "mgrctl rm --force %s", object->name);
    return code;
}

/* Empty objects are no help to anybody. What --replace deleted does not come back. */
static void undo(struct load *load)
{
    size_t left = 0;
    for (size_t i = 0; i < load->table.count; i++) {
        const struct load_object *object = load->table.in_order[i];
        if (!object->made)
            continue;
        const struct mgr_named args[] = {{"name", mgr_str(object->real)},
                                         {"force", mgr_bool(true)}};
        left += cli_call(load->cli, "object delete", args, 2, NULL) != MGR_OK;
    }
    if (left > 0)
        report_note(load->cli, "%zu objects were made, have no content, and could not be deleted",
                    left);
    else
        report_note(load->cli, load->replace
                                   ? "nothing was loaded; objects of the lines before may have "
                                     "been deleted, to be replaced"
                                   : "nothing was loaded");
}

int load_make(struct load *load)
{
    int code = 0;
    for (int with_lock = 0; with_lock <= 1; with_lock++) {
        for (size_t i = 0; i < load->table.count && code == 0; i++) {
            struct load_object *object = load->table.in_order[i];
            if (object->type != NULL && object->uses_lock == (with_lock == 1))
                code = make_one(load, object);
        }
    }
    if (code != 0)
        undo(load);
    return code;
}

static int settle_one(struct load *load, const struct load_object *object)
{
    const struct dump_param *param = NULL;
    struct load_line line;
    struct val value;
    int code = load_read(load, &object->at, &line);
    while (code == 0 && (param = dump_param_next(object->type, param)) != NULL) {
        if (param->operation == NULL || !load_line_param(&line, param->field, &value) ||
            !value.boolean)
            continue;
        const struct mgr_named args[] = {{"name", mgr_str(object->real)},
                                         {"end", mgr_int(param->end)}};
        enum mgr_status status =
            cli_call(load->cli, param->operation, args, param->end > 0 ? 2 : 1, NULL);
        if (status != MGR_OK)
            code = load_report(load, status);
    }
    return code;
}

int load_settle(struct load *load)
{
    int code = 0;
    for (size_t i = 0; i < load->table.count && code == 0; i++) {
        const struct load_object *object = load->table.in_order[i];
        if (object->settles && !object->kept)
            code = settle_one(load, object);
    }
    return code;
}
