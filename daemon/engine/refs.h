/* SPDX-License-Identifier: BSD-2-Clause */
/* The refs that one object contains, counted per target. Only engine/ includes this.
 *
 * Refs stand in a list in an order that depends on nothing but what was done, so that a collection
 * may stop between any two of them. A small index beside it finds a target. */
#ifndef ENGINE_REFS_H
#define ENGINE_REFS_H

#include "daemon/engine/state.h"

enum { REFS_AT_ONCE = 64 }; /* more are dropped in slices, by GC commands */

struct ref {
    uint64_t target; /* id of the object */
    uint64_t count;  /* refs to it */
};

struct refs_table {
    uint32_t *places; /* place in the list + 1 by hash of the target; 0: empty. NULL: no table */
    size_t count;     /* a power of two */
};

struct refs {
    struct ref *list;
    size_t count, cap;
    struct refs_table now;     /* the index, see refs_index.h; none: few, just look */
    struct refs_table old;     /* being emptied */
    size_t moved;              /* places of old that are done */
    const struct idhash *hash; /* the engine's */
    uint64_t owner;            /* id of the object that contains the refs */
    struct refs *next;         /* in gc.dying */
};

static inline size_t refs_count(const struct object *object)
{
    return object->refs == NULL ? 0 : object->refs->count;
}

/* Drops up to max refs of what is in gc.dying, from the end; gives how many. */
size_t refs_shed(struct ctx *ctx, struct refs *refs, size_t max);
/* gc.dying, in its order. */
void refs_save_dying(const struct refs *first, struct writer *out);
bool refs_load_dying(struct engine *engine, struct reader *in);
/* Only the memory. */
void refs_release(struct engine *engine, struct refs *refs);

#endif
