/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entries of two tables have equal keys: the basis of set algebra and of d | x. */
#ifndef OBJECTS_TABLE_MATCH_H
#define OBJECTS_TABLE_MATCH_H

#include "daemon/objects/table/table.h"

struct ctx;

struct twins_side {
    const struct table *table;
    uint32_t *twin;  /* by place: 1 + the place of the twin; 0: none; owned */
    uint32_t places; /* number of places at the time of matching: later entries do not count */
};

struct twins {
    struct twins_side left, right;
    size_t common; /* number of pairs of twins */
    struct mem *mem;
};

/* Looks up every key of right in left. -1: fail() was called, nothing to free. */
int twins_find(struct ctx *ctx, const struct table *left, const struct table *right,
               struct twins *twins) __attribute__((warn_unused_result));
void twins_free(struct twins *twins);
/* Exchanges left and right. */
void twins_swap(struct twins *twins);

/* Which entries of a side to walk. */
enum pick { PICK_NONE, PICK_ALL, PICK_TWINS, PICK_SINGLES };
/* Gives the next picked entry. */
bool twins_next(struct table_walk *walk, const struct twins_side *side, enum pick pick,
                struct table_row *row);
/* Replies with a set: the entries picked from left, then those picked from right. */
int twins_reply(struct ctx *ctx, const struct twins *twins, enum pick left, enum pick right);

#endif
