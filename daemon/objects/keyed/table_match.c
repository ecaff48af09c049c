/* SPDX-License-Identifier: BSD-2-Clause */
/* Matches the entries of two tables by their keys. */
#include "daemon/objects/keyed/table_match.h"

#include "daemon/engine/core.h"
#include "daemon/objects/python/iterable.h"

enum { PLACES_CLEARED = 64 }; /* places cleared in one step */

/* One more than needed, so that an empty table gets memory too. */
static size_t array_size(const struct twins_side *side)
{
    return ((size_t)side->places + 1) * sizeof *side->twin;
}

static struct twins_side side_of(struct mem *mem, const struct table *table)
{
    struct twins_side side = {.table = table, .places = table_places(table)};
    side.twin = mem_zalloc(mem, array_size(&side));
    return side;
}

void twins_free(struct twins *twins)
{
    mem_free(twins->mem, twins->left.twin, array_size(&twins->left));
    mem_free(twins->mem, twins->right.twin, array_size(&twins->right));
}

int twins_find(struct ctx *ctx, const struct table *left, const struct table *right,
               struct twins *twins)
{
    struct mem *mem = ctx_mem(ctx);
    if (work_take_each(ctx, table_count(right), STEPS_FIND) != 0 ||
        work_take(ctx, (uint64_t)table_places(left) / PLACES_CLEARED) != 0)
        return -1;
    *twins = (struct twins){.left = side_of(mem, left), .right = side_of(mem, right), .mem = mem};
    if (twins->left.twin == NULL || twins->right.twin == NULL)
        goto no_memory;
    struct table_row row;
    struct table_spot spot;
    for (struct table_walk walk = table_walk(right); table_next(&walk, &row);) {
        if (!table_find(left, row.key, &spot))
            goto no_memory;
        if (!spot.found)
            continue;
        twins->left.twin[spot.place] = row.place + 1;
        twins->right.twin[row.place] = spot.place + 1;
        twins->common++;
    }
    return 0;
no_memory:
    twins_free(twins);
    return fail_nomem(ctx);
}

void twins_swap(struct twins *twins)
{
    const struct twins_side left = twins->left;
    twins->left = twins->right;
    twins->right = left;
}

static bool picked(enum pick pick, bool has_twin)
{
    return pick == PICK_ALL || (pick == PICK_TWINS && has_twin) ||
           (pick == PICK_SINGLES && !has_twin);
}

bool twins_next(struct table_walk *walk, const struct twins_side *side, enum pick pick,
                struct table_row *row)
{
    while (pick != PICK_NONE && table_next(walk, row) && row->place < side->places)
        if (picked(pick, side->twin[row->place] != 0))
            return true;
    return false;
}

static void put(struct buf *out, const struct twins_side *side, enum pick pick)
{
    struct table_row row;
    for (struct table_walk walk = table_walk(side->table);
         twins_next(&walk, side, pick, &row) && !out->failed;)
        val_put_item(out, row.key);
}

/* The number of rows that the walk passes. */
static uint64_t walked(const struct twins_side *side, enum pick pick)
{
    return pick == PICK_NONE ? 0 : side->places;
}

int twins_reply(struct ctx *ctx, const struct twins *twins, enum pick left, enum pick right)
{
    if (work_take_each(ctx, walked(&twins->left, left) + walked(&twins->right, right),
                       STEPS_VISIT) != 0)
        return -1;
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_SET);
    put(out, &twins->left, left);
    put(out, &twins->right, right);
    val_close(out, mark);
    return reply_scratch(ctx);
}
