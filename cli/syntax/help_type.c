/* SPDX-License-Identifier: BSD-2-Clause */
/* Help of a type: what it is, how it is created, its methods, examples. */
#include "cli/syntax/grammar.h"
#include "cli/syntax/help.h"
#include "cli/syntax/help_text.h"

static const struct {
    unsigned type; /* TYPE_OBJECT: of all types */
    const char *create;
} params[] = {
#define PARAM(type, field, kind, info, create, ...) {TYPE_##type, create},
#include "wire/proto/types.def"
};

static const struct {
    unsigned type;
    const char *line;
} examples[] = {
#define EXAMPLE(type, line) {TYPE_##type, line},
#include "wire/proto/examples.def"
#undef EXAMPLE
};

void help_inits(struct buf *out)
{
    struct buf left;
    buf_init(&left);
    buf_put_text(out, "\nINIT of each TYPE:\n");
    for (unsigned number = 0; number < TYPE_COUNT; number++) {
        const struct type_row *type = type_row(number);
        if (type == NULL)
            continue;
        buf_put_text(&left, type->name);
        help_entry(out, &left, type->init != NULL ? type->init : "there is none");
    }
    buf_free(&left);
}

void help_methods(const char *type, struct buf *out)
{
    struct command command;
    struct buf left;
    buf_init(&left);
    for (size_t at = 0; command_next(&at, &command);) {
        if (strcmp(command.type, type) != 0)
            continue;
        help_signature(&command, &left);
        help_entry(out, &left, command.row.help);
    }
    buf_free(&left);
}

/* ---- how it is created ---- */

static bool is_parameter(const struct type_row *type, const char *argument)
{
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        if ((params[i].type == type->number || params[i].type == TYPE_OBJECT) &&
            params[i].create != NULL && strcmp(params[i].create, argument) == 0)
            return true;
    return strcmp(argument, "if_absent") == 0;
}

static void put_init(const struct type_row *type, struct buf *out)
{
    struct buf left;
    if (type->init == NULL)
        return;
    buf_init(&left);
    buf_put_text(&left, "INIT");
    help_entry(out, &left, type->init);
    buf_free(&left);
}

static void put_create(const struct type_row *type, struct buf *out)
{
    struct command create;
    if (command_find("create", NULL, &create) == 0)
        return;
    buf_printf(out, "%c%s: %s.\n\nmgrctl create %s NAME%s [OPTIONS]\n", type->name[0] - 'a' + 'A',
               type->name + 1, type->help, type->name, type->init == NULL ? "" : " [INIT]");
    put_init(type, out);
    for (unsigned i = 0; i < create.row.arg_count; i++) {
        const struct arg_row *arg = &create.row.args[i];
        if (!grammar_is_positional(arg) && is_parameter(type, arg->name))
            help_argument(&create, arg, out);
    }
    buf_put_text(out, "\nMethods:\n");
}

static void put_examples(const struct type_row *type, struct buf *out)
{
    const char *head = "\nExamples:\n";
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        if (examples[i].type != type->number)
            continue;
        buf_printf(out, "%s  %s\n", head, examples[i].line);
        head = "";
    }
}

void help_type(const char *type, struct buf *out)
{
    const struct type_row *row = type_find(bytes_text(type));
    buf_printf(out, "usage: mgrctl [OPTIONS] %s METHOD ...\n\n", type);
    if (row != NULL)
        put_create(row, out);
    help_methods(type, out);
    if (row != NULL)
        put_examples(row, out);
    buf_printf(out, "\nmgrctl help %s METHOD explains the arguments of a method.\n", type);
}
