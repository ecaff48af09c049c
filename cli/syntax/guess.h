/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody may have meant by a word that is none: " (did you mean 'dict'?)", or "". */
#ifndef CLI_GUESS_H
#define CLI_GUESS_H

#include "cli/syntax/command.h"

struct guess {
    char text[96];
};

/* A command of one word, or a type. */
struct guess guess_command(const char *word);
/* A method of a type, named with its type. */
struct guess guess_method(const char *type, const char *word);
/* An option of a command, or one that all have; without its dashes. command may be NULL. */
struct guess guess_option(const struct command *command, struct bytes word);
/* A type of objects. */
struct guess guess_type(const char *word);

#endif
