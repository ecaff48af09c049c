/* SPDX-License-Identifier: BSD-2-Clause */
/* Bound words to the arguments of a call. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/syntax/grammar.h"
#include "client/mgr.h"
#include "wire/literal/literal.h"

struct cli;

struct arguments {
    struct mgr_named named[COMMAND_ARGS];
    size_t count;
    struct buf data[COMMAND_ARGS]; /* what named borrows */
};

/* 0: all words are read, free it. Else the exit code: reported, and there is nothing to free. */
int arguments_read(struct cli *cli, const struct binding *binding, struct arguments *out)
    __attribute__((warn_unused_result));
void arguments_free(struct arguments *arguments);
/* The argument of that name; NULL: not given. */
const struct mgr_named *arguments_find(const struct arguments *arguments, const char *name);

#endif
