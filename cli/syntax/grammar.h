/* SPDX-License-Identifier: BSD-2-Clause */
/* Words to a command and its arguments. Knows no daemon and no file. */
#ifndef CLI_GRAMMAR_H
#define CLI_GRAMMAR_H

#include "cli/base/options.h"
#include "cli/syntax/command.h"

/* Which word is which argument of a command. Words are borrowed. */
struct binding {
    const struct command *command;
    const char *words[COMMAND_ARGS]; /* by position in row.args; NULL: not given; bool: "true" */
    int special;                     /* the argument where @FILE and - mean files; -1: none */
    int from_stdin;                  /* the argument that -x fills; -1: none */
    int rest_arg;                    /* the argument that takes all further words; -1: none */
    const char **rest;               /* those words; owned */
    size_t rest_count;
    char **program; /* the words behind -- of a command that runs one */
    size_t program_count;
};

/* What is wrong with the words. */
struct grammar_error {
    enum mgr_status status;
    char text[300];
    char hint[300]; /* "": none */
};

/* Whether a word is an option: -5 and -.5 and - are not, -0 is. */
bool grammar_is_option(const char *word);
/* The field of a command that --NAME means; -1: none. */
int grammar_field(const struct op_row *row, const char *name, size_t len);
/* Whether a field is a duration: its name ends with its unit, _ms. */
bool grammar_is_duration(const char *field);
/* The field as it is typed: with dashes, without the unit of a duration. */
void grammar_typed(const char *field, char out[OP_WORDS]);
/* Whether a field is given by position. */
bool grammar_is_positional(const struct arg_row *arg);
/* Whether it waits only as long as --timeout says, as Python's poll() does; others wait for ever.
 */
bool grammar_polls(const struct op_row *row);
/* The argument that takes all further words; -1: none. */
int grammar_rest(const struct op_row *row);

/* Finds the command that the words name; 0: there is none, error says so; else how many words. */
unsigned grammar_find(char **words, size_t count, struct command *command,
                      struct grammar_error *error);
/* Takes all words, skip of which are the command: options go to options, the rest is bound.
 * command NULL: options alone matter. False: error says why. Free the binding in any case. */
bool grammar_bind(const struct command *command, char **words, size_t count,
                  struct options *options, struct binding *out, struct grammar_error *error)
    __attribute__((warn_unused_result));
void grammar_free(struct binding *binding);

#endif
