/* SPDX-License-Identifier: BSD-2-Clause */
/* Open addressing with linear probing in two tables, as idmap.c, but of places in a list: the keys
 * are the targets that stand there. Deleting from the current table shifts back; in the old one it
 * leaves a mark. A list that is short has no table: whoever looks for a target walks over it. */
#include "daemon/engine/edge_index.h"

#include <assert.h>

enum { EDGES_LINEAR = 8 };

#define MOVED UINT32_MAX /* was in the old table */

static size_t home(const struct edges *edges, const struct edge_table *table, uint64_t target)
{
    return (size_t)idhash_of(edges->hash, target) & (table->count - 1);
}

static uint64_t target_at(const struct edges *edges, uint32_t place)
{
    return edges->list[place - 1].target;
}

/* NULL: it is not in this table. */
static uint32_t *find(const struct edges *edges, const struct edge_table *table, uint64_t target)
{
    if (table->count == 0)
        return NULL;
    for (size_t i = home(edges, table, target);; i = (i + 1) & (table->count - 1)) {
        uint32_t place = table->places[i];
        if (place == 0)
            return NULL;
        if (place != MOVED && target_at(edges, place) == target)
            return &table->places[i];
    }
}

static uint32_t *find_any(const struct edges *edges, uint64_t target)
{
    uint32_t *place = find(edges, &edges->now, target);
    return place != NULL ? place : find(edges, &edges->old, target);
}

static void insert(struct edges *edges, uint32_t place)
{
    struct edge_table *table = &edges->now;
    size_t i = home(edges, table, target_at(edges, place));
    while (table->places[i] != 0)
        i = (i + 1) & (table->count - 1);
    table->places[i] = place;
}

/* Empties a place of the current table and pulls back what had to step over it. */
static void erase(struct edges *edges, uint32_t *place)
{
    struct edge_table *table = &edges->now;
    size_t mask = table->count - 1;
    size_t hole = (size_t)(place - table->places);
    for (size_t i = (hole + 1) & mask; table->places[i] != 0; i = (i + 1) & mask) {
        size_t away = (i - home(edges, table, target_at(edges, table->places[i]))) & mask;
        if (away >= ((i - hole) & mask)) {
            table->places[hole] = table->places[i];
            hole = i;
        }
    }
    table->places[hole] = 0;
}

static void table_free(struct edge_table *table, struct mem *mem)
{
    mem_free(mem, table->places, table->count * sizeof *table->places);
    *table = (struct edge_table){NULL, 0};
}

/* Moves out of the old table so many places at most. */
static void move_some(struct edges *edges, struct mem *mem, size_t budget)
{
    for (; budget > 0 && edges->moved < edges->old.count; budget--, edges->moved++) {
        uint32_t *place = &edges->old.places[edges->moved];
        if (*place != 0 && *place != MOVED) {
            insert(edges, *place);
            *place = MOVED;
        }
    }
    if (edges->moved == edges->old.count) {
        table_free(&edges->old, mem);
        edges->moved = 0;
    }
}

static bool begin_move(struct edges *edges, struct mem *mem, size_t count)
{
    uint32_t *fresh = mem_zalloc(mem, count * sizeof *fresh);
    if (fresh == NULL)
        return false;
    move_some(edges, mem, SIZE_MAX); /* all but nothing: each new edge has moved several */
    edges->old = edges->now;
    edges->now = (struct edge_table){fresh, count};
    if (edges->old.count == 0) {
        assert(edges->count <= EDGES_LINEAR);
        for (size_t i = 0; i < edges->count; i++)
            insert(edges, (uint32_t)(i + 1));
    }
    return true;
}

bool edge_index_reserve(struct edges *edges, struct mem *mem, size_t refs)
{
    size_t count = edges->cap * 2; /* half full at most */
    assert(edges->cap < MOVED);
    if (edges->cap > EDGES_LINEAR && edges->now.count < count && !begin_move(edges, mem, count))
        return false;
    if (edges->old.count > 0) {
        move_some(edges, mem,
                  refs < SIZE_MAX / EDGE_INDEX_MOVES ? refs * EDGE_INDEX_MOVES : SIZE_MAX);
    }
    return true;
}

size_t edge_index_find(const struct edges *edges, uint64_t target)
{
    if (edges->now.count > 0) {
        const uint32_t *place = find_any(edges, target);
        return place == NULL ? EDGE_NOWHERE : (size_t)*place - 1;
    }
    for (size_t i = 0; i < edges->count; i++)
        if (edges->list[i].target == target)
            return i;
    return EDGE_NOWHERE;
}

void edge_index_add(struct edges *edges, size_t at)
{
    if (edges->now.count > 0)
        insert(edges, (uint32_t)(at + 1));
}

void edge_index_del(struct edges *edges, size_t at)
{
    if (edges->now.count == 0)
        return;
    uint32_t *place = find(edges, &edges->now, edges->list[at].target);
    if (place != NULL) {
        erase(edges, place);
    } else {
        place = find(edges, &edges->old, edges->list[at].target);
        assert(place != NULL);
        *place = MOVED;
    }
}

void edge_index_move(struct edges *edges, size_t from, size_t to)
{
    if (edges->now.count > 0) {
        uint32_t *place = find_any(edges, edges->list[from].target);
        assert(place != NULL);
        *place = (uint32_t)(to + 1);
    }
}

void edge_index_free(struct edges *edges, struct mem *mem)
{
    table_free(&edges->now, mem);
    table_free(&edges->old, mem);
    edges->moved = 0;
}
