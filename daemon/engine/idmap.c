/* SPDX-License-Identifier: BSD-2-Clause */
/* Open addressing with linear probing in two tables: the current one, and one that is being
 * emptied. Deleting from the current one shifts back; in the old one it leaves a mark, so that what
 * comes after it is still found. */
#include "daemon/engine/idmap.h"

#include <assert.h>

#include "daemon/engine/mem.h"

enum {
    IDMAP_LEAST = 16,
    IDMAP_MOVES =
        8, /* places moved per promise: an old table is empty long before the next growth */
};

#define MOVED UINT64_MAX

static size_t home(const struct idmap *map, const struct idmap_table *table, uint64_t key)
{
    return (size_t)idhash_of(&map->hash, key) & (table->count - 1);
}

static struct idmap_place *find(const struct idmap *map, const struct idmap_table *table,
                                uint64_t key)
{
    if (table->count == 0)
        return NULL;
    for (size_t i = home(map, table, key);; i = (i + 1) & (table->count - 1)) {
        if (table->places[i].key == key)
            return &table->places[i];
        if (table->places[i].key == 0)
            return NULL;
    }
}

static void insert(struct idmap *map, uint64_t key, void *value)
{
    struct idmap_table *table = &map->now;
    size_t i = home(map, table, key);
    while (table->places[i].key != 0)
        i = (i + 1) & (table->count - 1);
    table->places[i] = (struct idmap_place){key, value};
}

/* Empties a place and pulls back what had to step over it. */
static void erase(struct idmap *map, struct idmap_place *place)
{
    struct idmap_table *table = &map->now;
    size_t mask = table->count - 1;
    size_t hole = (size_t)(place - table->places);
    for (size_t i = (hole + 1) & mask; table->places[i].key != 0; i = (i + 1) & mask) {
        size_t away = (i - home(map, table, table->places[i].key)) & mask;
        if (away >= ((i - hole) & mask)) {
            table->places[hole] = table->places[i];
            hole = i;
        }
    }
    table->places[hole].key = 0;
}

void idmap_init(struct idmap *map, const uint8_t hash_key[SIPHASH_KEY_LEN])
{
    *map = (struct idmap){.hash = idhash_make(hash_key)};
}

static void table_free(struct idmap_table *table, struct mem *mem)
{
    mem_free(mem, table->places, table->count * sizeof *table->places);
    *table = (struct idmap_table){NULL, 0};
}

/* Moves out of the old table about budget places. */
static void move_some(struct idmap *map, struct mem *mem, size_t budget)
{
    if (map->old.count == 0)
        return;
    for (; budget > 0 && map->moved < map->old.count; budget--, map->moved++) {
        struct idmap_place *place = &map->old.places[map->moved];
        if (place->key != 0 && place->key != MOVED) {
            insert(map, place->key, place->value);
            place->key = MOVED;
        }
    }
    if (map->moved == map->old.count) {
        table_free(&map->old, mem);
        map->moved = 0;
    }
}

static bool begin_move(struct idmap *map, struct mem *mem, size_t places)
{
    assert(map->hash.factor != 0);
    struct idmap_place *fresh = mem_zalloc(mem, places * sizeof *fresh);
    if (fresh == NULL)
        return false;
    move_some(map, mem, SIZE_MAX); /* all but nothing: see IDMAP_MOVES and idmap_trim */
    map->old = map->now;
    map->now = (struct idmap_table){fresh, places};
    return true;
}

/* Three quarters full at most. */
static size_t places_for(size_t keys)
{
    size_t places = IDMAP_LEAST;
    while (places / 4 * 3 < keys)
        places *= 2;
    return places;
}

bool idmap_reserve(struct idmap *map, struct mem *mem)
{
    size_t need = map->count + map->reserved + 1;
    if (need > map->now.count / 4 * 3 && !begin_move(map, mem, places_for(need)))
        return false;
    move_some(map, mem, IDMAP_MOVES);
    map->reserved++;
    return true;
}

void idmap_unreserve(struct idmap *map)
{
    map->reserved--;
}

void idmap_put(struct idmap *map, uint64_t key, void *value)
{
    map->reserved--;
    map->count++;
    insert(map, key, value);
}

/* Keys to look for come from outside: the marks are none. */
static bool is_key(uint64_t key)
{
    return key != 0 && key != MOVED;
}

void *idmap_get(const struct idmap *map, uint64_t key)
{
    const struct idmap_place *place = find(map, &map->now, key);
    if (place == NULL)
        place = find(map, &map->old, key);
    return !is_key(key) || place == NULL ? NULL : place->value;
}

void *idmap_del(struct idmap *map, uint64_t key)
{
    struct idmap_place *place = find(map, &map->now, key);
    void *value = NULL;
    if (!is_key(key))
        return NULL;
    if (place != NULL) {
        value = place->value;
        erase(map, place);
    } else if ((place = find(map, &map->old, key)) != NULL) {
        value = place->value;
        place->key = MOVED;
    } else {
        return NULL;
    }
    map->count--;
    return value;
}

bool idmap_trim(struct idmap *map, struct mem *mem, size_t budget)
{
    size_t need = map->count + map->reserved;
    if (need == 0) {
        idmap_free(map, mem);
        return false;
    }
    /* By halves, so that the old table is empty before the new one can be full. Without memory it
     * stays as large as it is. */
    if (map->old.count == 0 && (map->now.count <= IDMAP_LEAST || need > map->now.count / 4 ||
                                !begin_move(map, mem, map->now.count / 2)))
        return false;
    move_some(map, mem, budget);
    return map->old.count > 0 || (need <= map->now.count / 4 && map->now.count > IDMAP_LEAST);
}

void idmap_free(struct idmap *map, struct mem *mem)
{
    table_free(&map->now, mem);
    table_free(&map->old, mem);
    *map = (struct idmap){.hash = map->hash};
}
