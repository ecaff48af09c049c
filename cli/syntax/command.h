/* SPDX-License-Identifier: BSD-2-Clause */
/* All commands: the operations of the op table, and those that only mgrctl knows, with the same
 * columns. Help, completion and dispatch see no difference. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "wire/proto/ops.h"

struct cli;
struct binding;

/* Runs a command; the exit code. */
typedef int command_fn(struct cli *cli, const struct binding *binding);

enum {
    COMMAND_ARGS = 24,       /* arguments of one command at most */
    COMMAND_RUNS = 1 << 16,  /* a flag beside enum op_flag's: words behind -- are a program */
    COMMAND_NEEDS = 1 << 18, /* with COMMAND_RUNS: the program must be given */
    COMMAND_LOCAL = 1 << 17, /* needs no daemon: takes all words as they are */
};

/* One command, ready to be bound. Do not copy: row.args may point into it. */
struct command {
    const char *type; /* "" for commands of one word */
    const char *method;
    struct op_row row;
    struct arg_row own[COMMAND_ARGS];
    command_fn *run;
};

/* One line per command. type: NULL for a command of all types with one of these flags, or of the
 * operation's. operation: arguments and help are those of this operation; 0: they are in row. */
struct client_command {
    const char *type, *method;
    unsigned type_flags;
    unsigned operation;
    struct op_row row;
    command_fn *run;
};

/* Defined by cli/command_table.c, above all commands. */
extern const struct client_command command_table[];
extern const size_t command_table_count;

/* The words that begin a command: 1 or 2 are used, which is the result; 0: there is no such
 * command. second may be NULL. */
unsigned command_find(const char *first, const char *second, struct command *out);
/* All commands in the order of help: those of one word, then by type. Start with *at = 0; false at
 * the end. */
bool command_next(size_t *at, struct command *out);
/* Whether a word is a type that has methods. */
bool command_is_type(const char *word);

#endif
