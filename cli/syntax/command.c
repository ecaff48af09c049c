/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding commands: those of command_table.c first, then the operations. */
#include "cli/syntax/command.h"

#include <string.h>

#include "cli/syntax/run.h"
#include "ops_numbers.h"

/* ---- operations as commands ---- */

/* What a program that ends at once, or libmgr itself, has no use for. */
static bool is_hidden(const struct op_row *row)
{
    if (row->class == CLASS_session)
        return true;
    return row->number == OP_object_create || row->number == OP_object_delete ||
           row->number == OP_server_fetch; /* server backup does it */
}

static void take_operation(const struct op_row *row, struct command *out)
{
    out->type = row->type;
    out->method = row->method;
    out->row = *row;
    out->run = run_operation;
}

/* TYPE NAME [INIT], and every other parameter by its name, whatever order the schema has. */
static void order_create(struct command *out)
{
    static const char *const first[] = {"type", "name", "init"};
    const struct op_row *row = op_row(OP_object_create);
    unsigned count = 0;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        for (unsigned k = 0; k < row->arg_count; k++)
            if (strcmp(row->args[k].name, first[i]) == 0)
                out->own[count++] = row->args[k];
    unsigned positional = count;
    for (unsigned i = 0; i < positional; i++)
        out->own[i].required = out->own[i].kind == ARG_STRING;
    for (unsigned k = 0; k < row->arg_count && count < COMMAND_ARGS; k++) {
        bool is_first = false;
        for (unsigned i = 0; i < positional; i++)
            is_first = is_first || strcmp(row->args[k].name, out->own[i].name) == 0;
        if (is_first)
            continue;
        out->own[count] = row->args[k];
        out->own[count].required = false;
        out->own[count++].in_oneof = true;
    }
    out->row.args = out->own;
    out->row.arg_count = count;
}

/* type: the word that the command was looked up with; "" for commands of one word. */
static void take_client(const struct client_command *from, const char *type, struct command *out)
{
    const struct type_row *row = type_find(bytes_text(type));
    out->type = from->type != NULL ? from->type : row->name;
    out->method = from->method;
    out->row = from->operation != 0 ? *op_row(from->operation) : from->row;
    out->row.type = out->type;
    out->row.method = from->method;
    out->run = from->run;
    if (from->run == run_create)
        order_create(out);
}

/* ---- finding ---- */

static bool is_of(const struct client_command *client, const char *type)
{
    if (client->type != NULL)
        return strcmp(client->type, type) == 0;
    if (client->type_flags != 0)
        return (client->type_flags & type_flags(type)) != 0;
    return strcmp(op_row(client->operation)->type, type) == 0;
}

static const struct client_command *find_client(const char *type, const char *method)
{
    for (size_t i = 0; i < command_table_count; i++)
        if (is_of(&command_table[i], type) && strcmp(command_table[i].method, method) == 0)
            return &command_table[i];
    return NULL;
}

unsigned command_find(const char *first, const char *second, struct command *out)
{
    const struct client_command *client = find_client("", first);
    if (client != NULL) {
        take_client(client, "", out);
        return 1;
    }
    if (second == NULL)
        return 0;
    const struct op_row *row = op_find(first, second);
    client = find_client(first, row == NULL ? second : row->method); /* notify-all is notify_all */
    if (client != NULL)
        take_client(client, first, out);
    else if (row != NULL && !is_hidden(row))
        take_operation(row, out);
    else
        return 0;
    return 2;
}

/* Behind the last operation of a type come the commands of that type that are no operations: the
 * nth of them, NULL: there are not so many. */
static const struct client_command *find_extra(const char *type, size_t nth)
{
    for (size_t i = 0; i < command_table_count; i++)
        if (is_of(&command_table[i], type) && op_find(type, command_table[i].method) == NULL &&
            nth-- == 0)
            return &command_table[i];
    return NULL;
}

/* Where a walk stands: behind the table at row number * PLACES + extra commands given. */
enum { PLACES = 16 };

static bool next_of_type(size_t *at, struct command *out)
{
    size_t place = *at - command_table_count;
    const struct op_row *row = place == 0 ? NULL : op_row((unsigned)(place / PLACES));
    const struct op_row *next = op_next(row);
    while (next != NULL && is_hidden(next))
        next = op_next(next);
    if (row != NULL && (next == NULL || strcmp(next->type, row->type) != 0)) {
        const struct client_command *extra = find_extra(row->type, place % PLACES);
        if (extra != NULL) {
            ++*at;
            take_client(extra, row->type, out);
            return true;
        }
    }
    if (next == NULL)
        return false;
    *at = command_table_count + next->number * PLACES;
    const struct client_command *client = find_client(next->type, next->method);
    if (client != NULL)
        take_client(client, next->type, out);
    else
        take_operation(next, out);
    return true;
}

bool command_next(size_t *at, struct command *out)
{
    for (; *at < command_table_count; ++*at) {
        if (!is_of(&command_table[*at], ""))
            continue;
        take_client(&command_table[(*at)++], "", out);
        return true;
    }
    return next_of_type(at, out);
}

bool command_is_type(const char *word)
{
    for (const struct op_row *row = op_next(NULL); row != NULL; row = op_next(row))
        if (strcmp(row->type, word) == 0)
            return true;
    return false;
}
