/* SPDX-License-Identifier: BSD-2-Clause */
/* Items that are gone for everybody, but whose refs their object still counts: they are dropped in
 * slices, in the order in which they came here, so what they refer to lives until then. */
#ifndef OBJECTS_REMAINS_H
#define OBJECTS_REMAINS_H

#include "daemon/objects/queue/items.h"

struct remains {
    struct item *first, *last; /* one of each that came together, which bears the others */
    uint64_t count;            /* of items */
};

/* What a command spends on an item: 1, and 1 for so many bytes of a value that holds refs. */
enum { REMAINS_SPEND_BYTES = 16 };

/* So many items, of a line and a tree; either may be NULL. Takes them over, no memory, and has the
 * object looked at again at the end of the command. */
void remains_add(struct ctx *ctx, struct object *object, struct remains *remains, struct item *line,
                 struct item *tree, uint64_t count);
/* Drops as many as the command may (ctx_spend). */
void remains_drop(struct ctx *ctx, struct object *object, struct remains *remains);
/* The object counts no refs any more: only the memory is given back, in slices. */
void remains_discard(struct engine *engine, struct remains *remains);

void remains_save(const struct remains *remains, struct writer *out);
/* Fills an empty one. False: reader_fail or reader_nomem was called. */
bool remains_load(struct mem *mem, struct remains *remains, struct reader *in);

#endif
