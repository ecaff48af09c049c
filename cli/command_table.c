/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands that only mgrctl knows, and of operations that it runs in its own way. */
#include "cli/syntax/command.h"
#include "cli/syntax/run.h"
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

const struct client_command command_table[] = {
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

const size_t command_table_count = sizeof command_table / sizeof command_table[0];
