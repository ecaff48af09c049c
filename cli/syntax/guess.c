/* SPDX-License-Identifier: BSD-2-Clause */
/* Guesses from the tables of commands, types and options. */
#include "cli/syntax/guess.h"

#include <stdio.h>

#include "cli/syntax/grammar.h"
#include "wire/base/nearest.h"

static void offer(struct nearest *nearest, const char *before, const char *name,
                  struct guess *guess)
{
    char word[OP_WORDS];
    grammar_typed(name, word);
    if (nearest_offer(nearest, bytes_text(word)))
        snprintf(guess->text, sizeof guess->text, " (did you mean '%s%s'?)", before, word);
}

struct guess guess_command(const char *word)
{
    struct guess guess = {""};
    struct nearest nearest;
    struct command command;
    nearest_begin(&nearest, bytes_text(word));
    for (size_t at = 0; command_next(&at, &command);)
        offer(&nearest, "", *command.type == '\0' ? command.method : command.type, &guess);
    return guess;
}

struct guess guess_method(const char *type, const char *word)
{
    struct guess guess = {""};
    struct nearest nearest;
    struct command command;
    char before[OP_WORDS];
    nearest_begin(&nearest, bytes_text(word));
    snprintf(before, sizeof before, "%s ", type);
    for (size_t at = 0; command_next(&at, &command);)
        if (strcmp(command.type, type) == 0)
            offer(&nearest, before, command.method, &guess);
    return guess;
}

struct guess guess_option(const struct command *command, struct bytes word)
{
    struct guess guess = {""};
    struct nearest nearest;
    nearest_begin(&nearest, word);
    for (unsigned i = 0; command != NULL && i < command->row.arg_count; i++)
        offer(&nearest, "--", command->row.args[i].name, &guess);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        offer(&nearest, "--", options_rows()[i].name, &guess);
    return guess;
}

struct guess guess_type(const char *word)
{
    struct guess guess = {""};
    struct nearest nearest;
    nearest_begin(&nearest, bytes_text(word));
    for (unsigned number = 0; number < TYPE_COUNT; number++)
        if (type_name(number) != NULL)
            offer(&nearest, "", type_name(number), &guess);
    return guess;
}
