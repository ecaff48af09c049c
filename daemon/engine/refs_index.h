/* SPDX-License-Identifier: BSD-2-Clause */
/* Where in the list of an object's refs a target stands, without a stall when it grows: a larger
 * table is filled from the old one a few places at a time. Only ref*.c include this. */
#ifndef ENGINE_REFS_INDEX_H
#define ENGINE_REFS_INDEX_H

#include "daemon/engine/refs.h"

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
