/* SPDX-License-Identifier: BSD-2-Clause */
/* The refs that one object contains, counted per target, and where in their list a target stands.
 *
 * Refs stand in a list in an order that depends on nothing but what was done, so that a collection
 * may stop between any two of them. The index finds a target, without a stall when it grows: a
 * larger table is filled from the old one a few places at a time. Only engine/ includes this. */
#ifndef ENGINE_REFS_INDEX_H
#define ENGINE_REFS_INDEX_H

#include "daemon/engine/idhash.h"

struct mem;

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
    struct refs_table now;     /* the index; none: few, just look */
    struct refs_table old;     /* being emptied */
    size_t moved;              /* places of old that are done */
    const struct idhash *hash; /* the engine's */
    uint64_t owner;            /* id of the object that contains the refs */
    struct refs *next;         /* in gc.dying */
};

/* refs may be NULL: none. */
static inline size_t refs_count(const struct refs *refs)
{
    return refs == NULL ? 0 : refs->count;
}

#define EDGE_NOWHERE SIZE_MAX

/* Places of the old table that are moved for each ref that is promised. */
enum { EDGE_INDEX_MOVES = 8 };

/* Makes sure that `cap` refs fit, as the list has room for; and moves on, for so many refs. */
bool refs_index_reserve(struct refs *refs, struct mem *mem, size_t added)
    __attribute__((warn_unused_result));
/* EDGE_NOWHERE: it is not there. */
size_t refs_index_find(const struct refs *refs, uint64_t target);
/* The ref at that place of the list was not there before. */
void refs_index_add(struct refs *refs, size_t at);
/* The ref of that place of the list goes: before it does. */
void refs_index_del(struct refs *refs, size_t at);
/* The ref of one place will stand at another: before it does. */
void refs_index_move(struct refs *refs, size_t from, size_t to);
/* Only the memory: refs are not looked for any more. */
void refs_index_free(struct refs *refs, struct mem *mem);

#endif
