/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash map from 64-bit ids (revisions) to pointers, without a stall when it grows: a larger table
 * is filled from the old one a few places at a time. */
#ifndef ENGINE_IDMAP_H
#define ENGINE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/engine/idhash.h"

struct mem;

struct idmap_place {
    uint64_t key; /* 0: empty; UINT64_MAX: was moved out of the old table */
    void *value;
};

struct idmap_table {
    struct idmap_place *places; /* NULL: no table */
    size_t count;               /* of places: a power of two */
};

struct idmap {
    struct idmap_table now; /* where new ones go */
    struct idmap_table old; /* being emptied */
    size_t moved;           /* places of old that are done */
    size_t count;           /* keys in both */
    size_t reserved;        /* places promised */
    struct idhash hash;
};

/* Empty; the order of its places depends on the key, and nothing else does. */
void idmap_init(struct idmap *map, const uint8_t hash_key[SIPHASH_KEY_LEN]);

/* Makes sure that one more put cannot fail. */
bool idmap_reserve(struct idmap *map, struct mem *mem) __attribute__((warn_unused_result));
void idmap_unreserve(struct idmap *map);
/* 0 < key < UINT64_MAX, not in the map. Uses a promise. */
void idmap_put(struct idmap *map, uint64_t key, void *value);
void *idmap_get(const struct idmap *map, uint64_t key);
void *idmap_del(struct idmap *map, uint64_t key);
/* Gives memory back when most of it is not used, moving about budget places; true: there is more.
 */
bool idmap_trim(struct idmap *map, struct mem *mem, size_t budget);
/* Empty as after idmap_init. mem may be NULL in all calls: then memory is not counted. */
void idmap_free(struct idmap *map, struct mem *mem);

#endif
