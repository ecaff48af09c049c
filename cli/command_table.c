/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands that only mgrctl knows, and of operations that it runs in its own way. */
#include "cli/syntax/command.h"
#include "cli/syntax/run.h"
#include "ops_numbers.h"

/* Columns of an argument as the op table has them. */
#define POSITIONAL(name_, kind_, help_)                                     \
    {                                                                       \
        .name = (name_), .kind = (kind_), .required = true, .help = (help_) \
    }
#define OPTIONAL(name_, kind_, help_)                                               \
    {                                                                               \
        .name = (name_), .kind = (kind_), .size = sizeof(uint64_t), .help = (help_) \
    }
#define BY_NAME(name_, kind_, help_)                                         \
    {                                                                        \
        .name = (name_), .kind = (kind_), .in_oneof = true, .help = (help_), \
        .size = sizeof(uint64_t)                                             \
    }
#define NAME       POSITIONAL("name", ARG_STRING, NULL) /* NULL: cli/syntax/meanings.def has it */
#define ARGS(rows) .args = (rows), .arg_count = sizeof(rows) / sizeof((rows)[0])

static const struct arg_row args_rm[] = {
    NAME,
    BY_NAME("force", ARG_BOOL, "delete also objects that somebody holds or waits on"),
    BY_NAME("glob", ARG_BOOL, "each NAME is a pattern: delete all objects whose names match"),
    BY_NAME("dry_run", ARG_BOOL, "only list the objects that would be deleted"),
    BY_NAME("yes", ARG_BOOL, "do not ask first"),
};
static const struct arg_row args_ls[] = {
    OPTIONAL("glob", ARG_STRING, NULL),
    BY_NAME("type", ARG_STRING, "only objects of this type"),
    BY_NAME("long", ARG_BOOL,
            "a line with type, length, revision, holders, waiters and grants for each"),
};
static const struct arg_row args_show[] = {
    NAME,
    BY_NAME("deep", ARG_BOOL, "instead of references, print the content of what they refer to"),
};
static const struct arg_row args_dump[] = {OPTIONAL("glob", ARG_STRING, NULL)};
static const struct arg_row args_load[] = {
    OPTIONAL("file", ARG_STRING, "the file of a dump; default standard input"),
    BY_NAME("replace", ARG_BOOL, "delete an object that is there first, unless somebody uses it"),
    BY_NAME("if_absent", ARG_BOOL, "leave an object that is there, and its content, as it is"),
};
static const struct arg_row args_waits[] = {
    OPTIONAL("name", ARG_STRING, "only what concerns this object"),
    BY_NAME("graph", ARG_BOOL, "print a tree, with the deadlocks in it; with -o dot for Graphviz"),
    BY_NAME("check", ARG_BOOL,
            "only tell deadlocks: exit code 1 when there are any, 73 when not all "
            "who wait could be looked at"),
};
static const struct arg_row args_watch[] = {
    NAME,
    BY_NAME("since", ARG_UINT, "begin with the changes after this revision; default now"),
};
static const struct arg_row args_shell[] = {
    OPTIONAL("file", ARG_STRING, "a file of commands; default the terminal, or standard input"),
};
#define RUN_ARGS                                                               \
    BY_NAME("grace_ms", ARG_UINT, NULL), BY_NAME("exit_code", ARG_UINT, NULL), \
        BY_NAME("status_fd", ARG_UINT, NULL)
static const struct arg_row args_run[] = {NAME, RUN_ARGS};
static const struct arg_row args_run_permits[] = {
    NAME,
    BY_NAME("permits", ARG_UINT, "how many permits to take; default 1"),
    RUN_ARGS,
};
static const struct arg_row args_each[] = {
    NAME,
    BY_NAME("jobs", ARG_UINT, "how many programs run at the same time (also -j); default 1"),
    BY_NAME("attempts", ARG_UINT, "how often an item is tried, by any worker; default 5"),
    BY_NAME("backoff_ms", ARG_UINT,
            "the time before the second attempt, doubled before each further one; default 1s"),
    BY_NAME("dead", ARG_STRING,
            "the queue that an item goes to after its last attempt; created when it is absent"),
    BY_NAME("until_empty", ARG_BOOL, "end when no item is left and none can come back"),
    BY_NAME("once", ARG_BOOL, "run CMD for one item, and end with its exit code"),
    RUN_ARGS,
};
static const struct arg_row args_backup[] = {
    POSITIONAL("file", ARG_STRING, "the file to write, on this machine"),
};
static const struct arg_row args_kill[] = {
    OPTIONAL("session", ARG_UINT, "the number of a session, as session ls prints it"),
    BY_NAME("away", ARG_BOOL, "all sessions without a connection"),
    BY_NAME("named", ARG_STRING, "all sessions of clients with this name"),
    BY_NAME("uid", ARG_UINT, "all sessions of the system user with this number"),
};
static const struct arg_row args_help[] = {
    OPTIONAL(
        "topic", ARG_STRING,
        "a command, a type, a type and a method, or one of literals, exit-codes, run and each"),
};

const struct client_command command_table[] = {
    {"", "create", .operation = OP_object_create, .run = run_create},
    {"", "rm", .row = {.help = "Delete objects", ARGS(args_rm), .flags = OP_REST | OP_QUIET},
     .run = run_rm},
    {"", "ls",
     .row = {.help = "List the names of objects, all or those that match GLOB", ARGS(args_ls)},
     .run = run_ls},
    {"", "show",
     .row = {.help = "Print the whole content of an object of any type", ARGS(args_show)},
     .run = run_show},
    {"", "dump",
     .row = {.help = "Print objects, all or those that match a GLOB, as JSON lines",
             ARGS(args_dump),
             .flags = OP_REST},
     .run = run_dump},
    {"", "load",
     .row = {.help = "Create the objects of a dump in FILE or standard input", ARGS(args_load)},
     .run = run_load},
    {"", "info", .operation = OP_object_info, .run = run_operation},
    {"", "exists", .operation = OP_object_exists, .run = run_operation},
    {"", "waits", .row = {.help = "List who waits for what, and who holds it", ARGS(args_waits)},
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
     .row = {.help = "Explain a COMMAND, a TYPE, a TYPE METHOD, or one of literals, exit-codes, "
                     "run and each",
             ARGS(args_help),
             .flags = OP_REST | COMMAND_LOCAL},
     .run = run_help},
    {"object", "waits", .operation = OP_object_waits, .run = run_waits},
    {"server", "ping", .operation = OP_server_ping, .run = run_ping},
    {"session", "kill",
     .row =
         {.help =
              "End sessions and all they hold; of several of AWAY, NAMED and UID, all must be true",
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
     .row = {.help = "Run CMD while holding the lock, which is created if it is absent; stop CMD "
                     "when the lock is lost (mgrctl help run)",
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
