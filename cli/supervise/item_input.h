/* SPDX-License-Identifier: BSD-2-Clause */
/* An item of a queue as a program gets it: on its standard input, and in its arguments. */
#ifndef CLI_ITEM_INPUT_H
#define CLI_ITEM_INPUT_H

#include <stdbool.h>

#include "cli/base/cli.h"
#include "wire/base/buf.h"

/* Appends a str or bytes as it is, others as JSON, or as a literal where JSON has no form. */
void item_input_text(struct mgr_view item, struct buf *out);
/* A file with that content, at its start; closed on exec. -1: errno. */
int item_input_file(struct bytes text);
/* The words with {} replaced by the text wherever it stands; to be freed by item_input_free. NULL:
 * no memory (ENOMEM), or the text has a NUL byte, which no argument can (EINVAL). */
char **item_input_arguments(char *const *words, struct bytes text);
void item_input_free(char **arguments);

#endif
