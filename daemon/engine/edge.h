/* SPDX-License-Identifier: BSD-2-Clause */
/* The refs that one object contains, counted per target. Only engine/ includes this.
 *
 * Edges stand in a list in an order that depends on nothing but what was done, so that a collection
 * may stop between any two of them. A small index beside it finds a target. */
#ifndef ENGINE_EDGE_H
#define ENGINE_EDGE_H

#include "daemon/engine/state.h"

enum { EDGES_AT_ONCE = 64 }; /* more are dropped in slices, by GC commands */

struct edge {
    uint64_t target; /* id of the object */
    uint64_t count;  /* refs to it */
};

struct edges {
    struct edge *list;
    size_t count, cap;
    uint32_t *index; /* place in list + 1 by hash of the target; 0: empty. NULL: few, just look */
    size_t places;   /* of index: a power of two */
    const struct idhash *hash; /* the engine's */
    uint64_t owner;            /* id of the object that contains the refs */
    struct edges *next;        /* in gc.dying */
};

static inline size_t edges_count(const struct object *object)
{
    return object->edges == NULL ? 0 : object->edges->count;
}

/* Drops up to max edges of what is in gc.dying, from the end; gives how many. */
size_t edges_shed(struct ctx *ctx, struct edges *edges, size_t max);
/* gc.dying, in its order. */
void edges_save_dying(const struct edges *first, struct writer *out);
bool edges_load_dying(struct engine *engine, struct reader *in);
/* Only the memory. */
void edges_release(struct engine *engine, struct edges *edges);

#endif
