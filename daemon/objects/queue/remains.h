/* SPDX-License-Identifier: BSD-2-Clause */
/* Items that no client can get any more, but whose refs their object still counts. The refs are
 * dropped in slices, in the order in which the items came here; the objects they refer to live
 * until then. */
#ifndef OBJECTS_REMAINS_H
#define OBJECTS_REMAINS_H

#include "daemon/objects/queue/items.h"

struct remains {
    struct item *first, *last; /* one item of each bundle, which carries the others */
    uint64_t count;            /* number of items */
};

/* What a command spends on an item: 1, plus 1 for this many bytes of a value with refs. */
enum { REMAINS_SPEND_BYTES = 16 };

/* Takes over `count` items of a line and a tree (either may be NULL) without needing memory, and
 * marks the object to be looked at again at the end of the command. */
void remains_add(struct ctx *ctx, struct object *object, struct remains *remains, struct item *line,
                 struct item *tree, uint64_t count);
/* Drops as many items as the command may (ctx_spend). */
void remains_drop(struct ctx *ctx, struct object *object, struct remains *remains);
/* Frees only the memory, in slices, when the object counts no refs any more. */
void remains_discard(struct engine *engine, struct remains *remains);

void remains_save(const struct remains *remains, struct writer *out);
/* Fills empty remains. False: reader_fail or reader_nomem was called. */
bool remains_load(struct mem *mem, struct remains *remains, struct reader *in);

#endif
