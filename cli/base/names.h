/* SPDX-License-Identifier: BSD-2-Clause */
/* References and the names they have now. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "client/mgr.h"
#include "wire/literal/literal.h"

struct cli;

struct name_entry {
    uint64_t id;
    char *name; /* owned */
};

/* What was asked during one command. */
struct names {
    struct literal_names literal; /* for reading and printing literals */
    struct cli *cli;
    struct name_entry *entries;
    size_t count, cap;
    enum mgr_status status; /* why some question had no answer; MGR_OK: all had one */
};

void names_init(struct names *names, struct cli *cli);
/* Names change: each command asks anew. */
void names_forget(struct names *names);
void names_free(struct names *names);
/* The current name of an object, or "~ID" when it is gone. Borrowed until names_forget. */
const char *names_find(struct names *names, uint64_t id);

#endif
