/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands that only mgrctl knows, and of operations that it runs in its own way. */
#include "cli/syntax/command.h"

#include <string.h>

#include "cli/supervise/run.h"
#include "ops_numbers.h"

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
    POSITIONAL("name", ARG_STRING), BY_NAME("force", ARG_BOOL), BY_NAME("glob", ARG_BOOL),
    BY_NAME("dry_run", ARG_BOOL),   BY_NAME("yes", ARG_BOOL),
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
static const struct arg_row args_dump[] = {OPTIONAL("glob", ARG_STRING)};
static const struct arg_row args_load[] = {
    OPTIONAL("file", ARG_STRING),
    BY_NAME("replace", ARG_BOOL),
    BY_NAME("if_absent", ARG_BOOL),
};
static const struct arg_row args_waits[] = {
    OPTIONAL("name", ARG_STRING),
    BY_NAME("graph", ARG_BOOL),
    BY_NAME("check", ARG_BOOL),
};
static const struct arg_row args_watch[] = {
    POSITIONAL("name", ARG_STRING),
    BY_NAME("since", ARG_UINT),
};
static const struct arg_row args_shell[] = {OPTIONAL("file", ARG_STRING)};
static const struct arg_row args_run[] = {
    POSITIONAL("name", ARG_STRING),
    BY_NAME("grace_ms", ARG_UINT),
    BY_NAME("exit_code", ARG_UINT),
    BY_NAME("status_fd", ARG_UINT),
};
static const struct arg_row args_run_permits[] = {
    POSITIONAL("name", ARG_STRING), BY_NAME("permits", ARG_UINT),   BY_NAME("grace_ms", ARG_UINT),
    BY_NAME("exit_code", ARG_UINT), BY_NAME("status_fd", ARG_UINT),
};
static const struct arg_row args_each[] = {
    POSITIONAL("name", ARG_STRING), BY_NAME("jobs", ARG_UINT),
    BY_NAME("attempts", ARG_UINT),  BY_NAME("backoff_ms", ARG_UINT),
    BY_NAME("dead", ARG_STRING),    BY_NAME("until_empty", ARG_BOOL),
    BY_NAME("once", ARG_BOOL),      BY_NAME("grace_ms", ARG_UINT),
    BY_NAME("exit_code", ARG_UINT), BY_NAME("status_fd", ARG_UINT),
};
static const struct arg_row args_backup[] = {POSITIONAL("file", ARG_STRING)};
static const struct arg_row args_kill[] = {
    OPTIONAL("session", ARG_UINT),
    BY_NAME("away", ARG_BOOL),
    BY_NAME("named", ARG_STRING),
    BY_NAME("uid", ARG_UINT),
};
static const struct arg_row args_help[] = {OPTIONAL("topic", ARG_STRING)};

/* One line per command. type: NULL for a command of all types with one of these flags, or of the
 * operation's. operation: arguments and help are those of this operation; 0: they are in row. */
static const struct client_command {
    const char *type, *method;
    unsigned type_flags;
    unsigned operation;
    struct op_row row;
    command_fn *run;
} table[] = {
    {"", "create", .operation = OP_object_create, .run = run_create},
    {"", "rm",
     .row = {.help = "Delete objects; GLOB: all whose names match, at a terminal after asking "
                     "(YES: without), DRY_RUN: only list them; FORCE: also those in use",
             ARGS(args_rm),
             .flags = OP_REST | OP_QUIET},
     .run = run_rm},
    {"", "ls",
     .row = {.help = "List the names of objects, of those that match GLOB; LONG: with type, "
                     "length, revision",
             ARGS(args_ls)},
     .run = run_ls},
    {"", "show",
     .row =
         {.help =
              "Print the whole content of an object of any type; DEEP: that of objects inside too",
          ARGS(args_show)},
     .run = run_show},
    {"", "dump",
     .row = {.help = "Print objects, all or those that match a GLOB, as JSON lines",
             ARGS(args_dump),
             .flags = OP_REST},
     .run = run_dump},
    {"", "load",
     .row = {.help = "Create the objects of a dump in FILE or standard input; REPLACE: instead of "
                     "those that are there; IF_ABSENT: those that are not there",
             ARGS(args_load)},
     .run = run_load},
    {"", "info", .operation = OP_object_info, .run = run_operation},
    {"", "exists", .operation = OP_object_exists, .run = run_operation},
    {"", "waits",
     .row = {.help = "List who waits for what, held by whom; GRAPH: as a tree with its deadlocks "
                     "(-o dot: for Graphviz); CHECK: only tell deadlocks, exit code 1 if there are "
                     "any, 73 if not all who wait could be looked at",
             ARGS(args_waits)},
     .run = run_waits},
    {"", "watch",
     .row = {.help =
                 "Print revision and content at each change, or run CMD (MGR_OBJECT, MGR_REVISION)",
             ARGS(args_watch),
             .flags = OP_WAITS | COMMAND_RUNS},
     .run = run_watch},
    {"", "shell",
     .row = {.help = "Run commands from a terminal, FILE or standard input, in one session",
             ARGS(args_shell)},
     .run = run_shell},
    {"", "help",
     .row = {.help = "Explain a COMMAND, a TYPE, a TYPE METHOD, exit-codes or literals",
             ARGS(args_help),
             .flags = OP_REST | COMMAND_LOCAL},
     .run = run_help},
    {"object", "waits", .operation = OP_object_waits, .run = run_waits},
    {"server", "ping", .operation = OP_server_ping, .run = run_ping},
    {"session", "kill",
     .row = {.help = "End sessions and all they hold: each SESSION, or all without a connection "
                     "(AWAY), of clients NAMED so, of the system user with the number UID; of "
                     "several of these, all must hold",
             ARGS(args_kill),
             .flags = OP_REST | OP_QUIET},
     .run = run_session_kill},
    {"server", "save", .operation = OP_server_save, .run = run_save},
    {"server", "backup",
     .row = {.help = "Write the whole state of one moment to FILE, while the daemon serves; mgrd "
                     "--restore reads it",
             ARGS(args_backup),
             .flags = OP_QUIET},
     .run = run_backup},
    {NULL, "run", .type_flags = TYPE_FLAG_OWNED,
     .row = {.help = "Run CMD as the owner: created when absent, CMD is stopped when it is lost "
                     "(mgrctl help run)",
             ARGS(args_run),
             .flags = OP_WAITS | COMMAND_RUNS | COMMAND_NEEDS},
     .run = run_lock},
    {NULL, "run", .type_flags = TYPE_FLAG_PERMITS,
     .row =
         {.help =
              "Run CMD with PERMITS (default 1), and stop it when they are lost (mgrctl help run)",
          ARGS(args_run_permits),
          .flags = OP_WAITS | COMMAND_RUNS | COMMAND_NEEDS},
     .run = run_lock},
    {NULL, "each", .type_flags = TYPE_FLAG_ITEMS,
     .row = {.help = "Run CMD for each item, which is on its standard input or in place of {}, -j "
                     "JOBS at a time (mgrctl help each)",
             ARGS(args_each),
             .flags = OP_WAITS | COMMAND_RUNS | COMMAND_NEEDS},
     .run = run_each},
    {NULL, "wait", .operation = OP_condition_wait, .run = run_condition},
    {NULL, "notify", .operation = OP_condition_notify, .run = run_condition},
    {NULL, "notify_all", .operation = OP_condition_notify_all, .run = run_condition},
};

enum { TABLE_COUNT = sizeof table / sizeof table[0] };

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
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (is_of(&table[i], type) && strcmp(table[i].method, method) == 0)
            return &table[i];
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
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (is_of(&table[i], type) && op_find(type, table[i].method) == NULL && nth-- == 0)
            return &table[i];
    return NULL;
}

/* Where a walk stands: behind the table at row number * PLACES + extra commands given. */
enum { PLACES = 16 };

static bool next_of_type(size_t *at, struct command *out)
{
    size_t place = *at - TABLE_COUNT;
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
    *at = TABLE_COUNT + next->number * PLACES;
    const struct client_command *client = find_client(next->type, next->method);
    if (client != NULL)
        take_client(client, next->type, out);
    else
        take_operation(next, out);
    return true;
}

bool command_next(size_t *at, struct command *out)
{
    for (; *at < TABLE_COUNT; ++*at) {
        if (!is_of(&table[*at], ""))
            continue;
        take_client(&table[(*at)++], "", out);
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
