/* SPDX-License-Identifier: BSD-2-Clause */
/* Help from the tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/syntax/command.h"
#include "wire/base/buf.h"

/* How an argument is called in help: KEY, TTL. */
void help_label(const struct arg_row *arg, char *out, size_t size);
/* "dict set NAME KEY VALUE", after "mgrctl ". */
void help_signature(const struct command *command, struct buf *out);
/* "usage: mgrctl dict set NAME KEY VALUE". */
void help_usage(const struct command *command, char *out, size_t size);
/* All about one command. */
void help_command(const struct command *command, struct buf *out);
/* What `mgrctl help` prints. */
void help_overview(struct buf *out);
/* "KEY", "--ttl TTL", "--force", "INIT, --init". */
void help_argument_label(const struct arg_row *arg, struct buf *out);
/* One argument of a command, as a line of help. */
void help_argument(const struct command *command, const struct arg_row *arg, struct buf *out);
/* What INIT of create may be, for each type. */
void help_inits(struct buf *out);
/* The methods of a type; "": the commands of one word. */
void help_methods(const char *type, struct buf *out);
/* All about a type. */
void help_type(const char *type, struct buf *out);
/* exit-codes, literals, run, each. False: there is no such topic. */
bool help_topic(const char *topic, struct buf *out);
/* The names of topics, NULL at the end. */
const char *help_topics(size_t at);
/* The generated sections of the manual page, in roff. */
void help_man(struct buf *out);

#endif
