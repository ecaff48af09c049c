/* SPDX-License-Identifier: BSD-2-Clause */
/* Where in the list of an object's edges a target stands, without a stall when it grows: a larger
 * table is filled from the old one a few places at a time. Only edge*.c include this. */
#ifndef ENGINE_EDGE_INDEX_H
#define ENGINE_EDGE_INDEX_H

#include "daemon/engine/edge.h"

#define EDGE_NOWHERE SIZE_MAX

/* Places of the old table that are moved for each ref that is promised. */
enum { EDGE_INDEX_MOVES = 8 };

/* Makes sure that `cap` edges fit, as the list has room for; and moves on, for so many refs. */
bool edge_index_reserve(struct edges *edges, struct mem *mem, size_t refs)
    __attribute__((warn_unused_result));
/* EDGE_NOWHERE: it is not there. */
size_t edge_index_find(const struct edges *edges, uint64_t target);
/* The edge at that place of the list was not there before. */
void edge_index_add(struct edges *edges, size_t at);
/* The edge of that place of the list goes: before it does. */
void edge_index_del(struct edges *edges, size_t at);
/* The edge of one place will stand at another: before it does. */
void edge_index_move(struct edges *edges, size_t from, size_t to);
/* Only the memory: edges are not looked for any more. */
void edge_index_free(struct edges *edges, struct mem *mem);

#endif
