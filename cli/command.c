/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands that only mgrctl knows, and of operations that it runs in its own way. */
#include "cli/command.h"

#include <string.h>

#include "cli/run.h"

/* Columns of an argument as the op table has them. */
#define POSITIONAL(name_, kind_)                           \
    {                                                      \
        .name = (name_), .kind = (kind_), .required = true \
    }
#define OPTIONAL(name_, kind_)                                     \
    {                                                              \
        .name = (name_), .kind = (kind_), .size = sizeof(uint64_t) \
    }
#define BY_NAME(name_, kind_)                                                        \
    {                                                                                \
        .name = (name_), .kind = (kind_), .in_oneof = true, .size = sizeof(uint64_t) \
    }
#define ARGS(rows) .args = (rows), .arg_count = sizeof(rows) / sizeof((rows)[0])

static const struct arg_row args_rm[] = {
    POSITIONAL("name", ARG_STRING),
    BY_NAME("force", ARG_BOOL),
    BY_NAME("glob", ARG_BOOL),
};
static const struct arg_row args_ls[] = {
    OPTIONAL("glob", ARG_STRING),
    BY_NAME("type", ARG_STRING),
    BY_NAME("long", ARG_BOOL),
};
static const struct arg_row args_show[] = {
    POSITIONAL("name", ARG_STRING),
    BY_NAME("deep", ARG_BOOL),
};
static const struct arg_row args_watch[] = {
    POSITIONAL("name", ARG_STRING),
    BY_NAME("since", ARG_UINT),
};
static const struct arg_row args_shell[] = {OPTIONAL("file", ARG_STRING)};
static const struct arg_row args_help[] = {OPTIONAL("topic", ARG_STRING)};

/* One line per command. operation: the arguments and the help are those of this operation. */
static const struct client_command {
    const char *type, *method;
    const char *operation[2];
    struct op_row row;
    command_fn *run;
} table[] = {
    {"", "create", {"object", "create"}, {.help = NULL}, run_create},
    {"",
     "rm",
     {NULL, NULL},
     {.help = "Delete objects; GLOB: all whose names match; FORCE: also those in use",
      ARGS(args_rm),
      .flags = OP_REST | OP_QUIET},
     run_rm},
    {"",
     "ls",
     {NULL, NULL},
     {.help = "List the names of objects, of those that match GLOB; LONG: with type, length, "
              "revision",
      ARGS(args_ls)},
     run_ls},
    {"",
     "show",
     {NULL, NULL},
     {.help = "Print the whole content of an object of any type; DEEP: that of objects inside too",
      ARGS(args_show)},
     run_show},
    {"", "info", {"object", "info"}, {.help = NULL}, run_operation},
    {"", "exists", {"object", "exists"}, {.help = NULL}, run_operation},
    {"", "waits", {"object", "waits"}, {.help = NULL}, run_operation},
    {"",
     "watch",
     {NULL, NULL},
     {.help = "Print revision and content at each change, or run CMD (MGR_OBJECT, MGR_REVISION)",
      ARGS(args_watch),
      .flags = OP_WAITS | COMMAND_RUNS},
     run_watch},
    {"",
     "shell",
     {NULL, NULL},
     {.help = "Run commands from a terminal, FILE or standard input, in one session",
      ARGS(args_shell)},
     run_shell},
    {"",
     "help",
     {NULL, NULL},
     {.help = "Explain a COMMAND, a TYPE, a TYPE METHOD, exit-codes or literals",
      ARGS(args_help),
      .flags = OP_REST | COMMAND_LOCAL},
     run_help},
    {"server", "ping", {"server", "ping"}, {.help = NULL}, run_ping},
};

enum { TABLE_COUNT = sizeof(table) / sizeof(table[0]) };

/* ---- operations as commands ---- */

/* What a program that ends at once, or libmgr itself, has no use for. */
static bool is_hidden(const struct op_row *row)
{
    if (row->class == CLASS_session)
        return true;
    return strcmp(row->type, "object") == 0 &&
           (strcmp(row->method, "create") == 0 || strcmp(row->method, "delete") == 0);
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
    const struct op_row *row = op_find("object", "create");
    unsigned count = 0;
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
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

static void take_client(const struct client_command *from, struct command *out)
{
    out->type = from->type;
    out->method = from->method;
    out->row = from->row;
    if (from->operation[0] != NULL)
        out->row = *op_find(from->operation[0], from->operation[1]);
    out->row.type = from->type;
    out->row.method = from->method;
    out->run = from->run;
    if (from->run == run_create)
        order_create(out);
}

/* ---- finding ---- */

static const struct client_command *find_client(const char *type, const char *method)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (strcmp(table[i].type, type) == 0 && strcmp(table[i].method, method) == 0)
            return &table[i];
    return NULL;
}

unsigned command_find(const char *first, const char *second, struct command *out)
{
    const struct client_command *client = find_client("", first);
    if (client != NULL) {
        take_client(client, out);
        return 1;
    }
    if (second == NULL)
        return 0;
    client = find_client(first, second);
    const struct op_row *row = op_find(first, second);
    if (client != NULL)
        take_client(client, out);
    else if (row != NULL && !is_hidden(row))
        take_operation(row, out);
    else
        return 0;
    return 2;
}

bool command_next(size_t *at, struct command *out)
{
    for (; *at < TABLE_COUNT; ++*at) {
        if (*table[*at].type != '\0')
            continue;
        take_client(&table[(*at)++], out);
        return true;
    }
    const struct op_row *row =
        *at == TABLE_COUNT ? op_next(NULL) : op_next(op_row((unsigned)(*at - TABLE_COUNT)));
    while (row != NULL && is_hidden(row))
        row = op_next(row);
    if (row == NULL)
        return false;
    *at = TABLE_COUNT + row->number;
    const struct client_command *client = find_client(row->type, row->method);
    if (client != NULL)
        take_client(client, out);
    else
        take_operation(row, out);
    return true;
}

bool command_is_type(const char *word)
{
    for (const struct op_row *row = op_next(NULL); row != NULL; row = op_next(row))
        if (strcmp(row->type, word) == 0)
            return true;
    return false;
}
