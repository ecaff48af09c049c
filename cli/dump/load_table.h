/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects of a dump by their names in it, and what they have become. */
#ifndef CLI_LOAD_TABLE_H
#define CLI_LOAD_TABLE_H

#include "cli/dump/dump_format.h"
#include "cli/dump/load_file.h"

struct load_object {
    char *name;                  /* in the dump; owned */
    char *real;                  /* in the daemon, once it is there; owned */
    uint64_t id;                 /* the same */
    const struct type_row *type; /* NULL: only referred to */
    struct load_at at;           /* its line, or the first one that refers to it */
    size_t first_part, parts;    /* of its content */
    bool uses_lock;              /* a condition that needs another object to be made */
    bool backwards;              /* parts are put in from the last item to the first */
    bool settles;                /* has a state that comes in at the end */
    bool ephemeral;              /* lives while a session holds it */
    bool made;                   /* it was created */
    bool kept;                   /* it was there, and stays as it is */
};

/* A line with content. */
struct load_part {
    struct load_at at;
    struct load_object *object;
};

struct load_table {
    void *tree;                    /* of tsearch */
    struct load_object **in_order; /* as they were met; owned */
    size_t count, cap;
    struct load_part *parts;
    size_t part_count, part_cap;
};

void load_table_free(struct load_table *table);
/* The object of that name. NULL: it is not there. */
struct load_object *load_table_find(struct load_table *table, struct bytes name);
/* The same; it is added when it is not there. NULL: no memory. */
struct load_object *load_table_get(struct load_table *table, struct bytes name);
/* Adds a part of the content of the object that was added last. False: no memory. */
bool load_table_part(struct load_table *table, struct load_object *object,
                     const struct load_at *at);

#endif
