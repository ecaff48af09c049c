/* SPDX-License-Identifier: BSD-2-Clause */
/* What the arguments of commands mean, and the form in which they are written. */
#ifndef CLI_MEANING_H
#define CLI_MEANING_H

#include "cli/syntax/command.h"
#include "wire/base/buf.h"

/* "the key": the sentence of an argument; "" when there is none. */
const char *meaning_of(const struct arg_row *arg);
/* The sentence, the words that are allowed, and the form: "the key (a value)". */
void meaning_put(const struct command *command, const struct arg_row *arg, struct buf *out);

#endif
