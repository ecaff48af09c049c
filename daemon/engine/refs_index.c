/* SPDX-License-Identifier: BSD-2-Clause */
/* Open addressing with linear probing in two tables, as idmap.c, but of places in a list: the keys
 * are the targets that stand there. Deleting from the current table shifts back; in the old one it
 * leaves a mark. A list that is short has no table: whoever looks for a target walks over it. */
#include "daemon/engine/refs_index.h"

#include <assert.h>

#include "daemon/engine/mem.h"

enum { EDGES_LINEAR = 8 };

#define MOVED UINT32_MAX /* was in the old table */

static size_t home(const struct refs *refs, const struct refs_table *table, uint64_t target)
{
    return (size_t)idhash_of(refs->hash, target) & (table->count - 1);
}

static uint64_t target_at(const struct refs *refs, uint32_t place)
{
    return refs->list[place - 1].target;
}

/* NULL: it is not in this table. */
static uint32_t *find(const struct refs *refs, const struct refs_table *table, uint64_t target)
{
    if (table->count == 0)
        return NULL;
    for (size_t i = home(refs, table, target);; i = (i + 1) & (table->count - 1)) {
        uint32_t place = table->places[i];
        if (place == 0)
            return NULL;
        if (place != MOVED && target_at(refs, place) == target)
            return &table->places[i];
    }
}

static uint32_t *find_any(const struct refs *refs, uint64_t target)
{
    uint32_t *place = find(refs, &refs->now, target);
    return place != NULL ? place : find(refs, &refs->old, target);
}

static void insert(struct refs *refs, uint32_t place)
{
    struct refs_table *table = &refs->now;
    size_t i = home(refs, table, target_at(refs, place));
    while (table->places[i] != 0)
        i = (i + 1) & (table->count - 1);
    table->places[i] = place;
}

/* Empties a place of the current table and pulls back what had to step over it. */
static void erase(struct refs *refs, uint32_t *place)
{
    struct refs_table *table = &refs->now;
    size_t mask = table->count - 1;
    size_t hole = (size_t)(place - table->places);
    for (size_t i = (hole + 1) & mask; table->places[i] != 0; i = (i + 1) & mask) {
        size_t away = (i - home(refs, table, target_at(refs, table->places[i]))) & mask;
        if (away >= ((i - hole) & mask)) {
            table->places[hole] = table->places[i];
            hole = i;
        }
    }
    table->places[hole] = 0;
}

static void table_free(struct refs_table *table, struct mem *mem)
{
    mem_free(mem, table->places, table->count * sizeof *table->places);
    *table = (struct refs_table){NULL, 0};
}

/* Moves out of the old table so many places at most. */
static void move_some(struct refs *refs, struct mem *mem, size_t budget)
{
    for (; budget > 0 && refs->moved < refs->old.count; budget--, refs->moved++) {
        uint32_t *place = &refs->old.places[refs->moved];
        if (*place != 0 && *place != MOVED) {
            insert(refs, *place);
            *place = MOVED;
        }
    }
    if (refs->moved == refs->old.count) {
        table_free(&refs->old, mem);
        refs->moved = 0;
    }
}

static bool begin_move(struct refs *refs, struct mem *mem, size_t count)
{
    uint32_t *fresh = mem_zalloc(mem, count * sizeof *fresh);
    if (fresh == NULL)
        return false;
    move_some(refs, mem, SIZE_MAX); /* all but nothing: each new ref has moved several */
    refs->old = refs->now;
    refs->now = (struct refs_table){fresh, count};
    if (refs->old.count == 0) {
        assert(refs->count <= EDGES_LINEAR);
        for (size_t i = 0; i < refs->count; i++)
            insert(refs, (uint32_t)(i + 1));
    }
    return true;
}

bool refs_index_reserve(struct refs *refs, struct mem *mem, size_t added)
{
    size_t count = refs->cap * 2; /* half full at most */
    assert(refs->cap < MOVED);
    if (refs->cap > EDGES_LINEAR && refs->now.count < count && !begin_move(refs, mem, count))
        return false;
    if (refs->old.count > 0) {
        move_some(refs, mem,
                  added < SIZE_MAX / EDGE_INDEX_MOVES ? added * EDGE_INDEX_MOVES : SIZE_MAX);
    }
    return true;
}

size_t refs_index_find(const struct refs *refs, uint64_t target)
{
    if (refs->now.count > 0) {
        const uint32_t *place = find_any(refs, target);
        return place == NULL ? EDGE_NOWHERE : (size_t)*place - 1;
    }
    for (size_t i = 0; i < refs->count; i++)
        if (refs->list[i].target == target)
            return i;
    return EDGE_NOWHERE;
}

void refs_index_add(struct refs *refs, size_t at)
{
    if (refs->now.count > 0)
        insert(refs, (uint32_t)(at + 1));
}

void refs_index_del(struct refs *refs, size_t at)
{
    if (refs->now.count == 0)
        return;
    uint32_t *place = find(refs, &refs->now, refs->list[at].target);
    if (place != NULL) {
        erase(refs, place);
    } else {
        place = find(refs, &refs->old, refs->list[at].target);
        assert(place != NULL);
        *place = MOVED;
    }
}

void refs_index_move(struct refs *refs, size_t from, size_t to)
{
    if (refs->now.count > 0) {
        uint32_t *place = find_any(refs, refs->list[from].target);
        assert(place != NULL);
        *place = (uint32_t)(to + 1);
    }
}

void refs_index_free(struct refs *refs, struct mem *mem)
{
    table_free(&refs->now, mem);
    table_free(&refs->old, mem);
    refs->moved = 0;
}
