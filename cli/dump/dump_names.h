/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that objects go by in a dump: their own, or ~TYPE-N for the Nth object without a name that
 * was met. Ids would differ from daemon to daemon. */
#ifndef CLI_DUMP_NAMES_H
#define CLI_DUMP_NAMES_H

#include "cli/base/cli.h"

struct dump_anonymous {
    uint64_t id;
    size_t number; /* from 1 */
};

struct dump_names {
    struct literal_names literal; /* for printing values */
    struct cli *cli;
    char **met;                   /* the daemon's name for each, in order of meeting; owned */
    struct dump_anonymous *by_id; /* the same, sorted */
    size_t count, cap;
    bool failed; /* no memory */
};

void dump_names_init(struct dump_names *names, struct cli *cli);
void dump_names_free(struct dump_names *names);
/* Appends the name of an object that the daemon calls so ("settings", "~list-17"). */
void dump_names_put(struct dump_names *names, const char *name, struct buf *out);

#endif
