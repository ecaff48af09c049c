/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table from values to values that keeps the order of insertion: dict, set, namespace.
 *
 * A change has two phases: find and reserve may fail and change nothing that can be seen; commit
 * and erase cannot fail. An entry is known by its place, which stays the same until table_tidy. */
#ifndef OBJECTS_TABLE_H
#define OBJECTS_TABLE_H

#include "daemon/objects/table/table_entry.h"

struct reader;
struct table_body;
struct trash;
struct writer;

struct table {
    struct mem *mem;
    const uint8_t *hash_key; /* 16 bytes; affects nothing that can be seen */
    struct table_body *body; /* NULL: empty */
    uint32_t next_seq;       /* number of the next new entry, from 1 */
    uint32_t epoch;          /* how many times all entries were renumbered */
    bool has_values;         /* false: entries are keys only */
};

void table_init(struct table *table, struct mem *mem, const uint8_t *hash_key, bool has_values);
uint64_t table_count(const struct table *table);
/* Empties the table and hands over its content, in O(1); NULL: it was empty. */
struct trash *table_clear(struct table *table) __attribute__((warn_unused_result));
/* table_clear that frees the content at once: for temporary tables. */
void table_free(struct table *table);

/* ---- one entry ---- */

struct table_spot {
    uint64_t hash;
    uint32_t place; /* when found */
    bool found;
    bool indexed;  /* keys that contain a NaN are not indexed: they equal nothing */
    bool keep_old; /* commit gives the old block in `block` instead of freeing it */
    struct bytes key, value;
    struct entry *block; /* NULL: the new value fits in place */
};

/* Looks up a hashable key. False: no memory for the comparison. */
bool table_find(const struct table *table, struct bytes key, struct table_spot *spot)
    __attribute__((warn_unused_result));
/* table_find with the key's table_hash; for a key without NaN. */
bool table_find_hashed(const struct table *table, struct bytes key, uint64_t hash,
                       struct table_spot *spot) __attribute__((warn_unused_result));
/* Whether that key is at this place, which was right some time ago. */
bool table_holds(const struct table *table, uint32_t place, struct bytes key);
/* Reserves what commit needs to store key (unless found) and value; both are borrowed until
 * then. Nothing else may be done to the table before the commit. */
bool table_reserve(struct table *table, struct table_spot *spot, struct bytes key,
                   struct bytes value) __attribute__((warn_unused_result));
/* Stores the pair. A key that was there stays. */
void table_commit(struct table *table, struct table_spot *spot, bool has_refs);
void table_erase(struct table *table, uint32_t place);
/* Maintains the table in proportion to the changes made; places are invalid afterwards. */
void table_tidy(struct table *table, size_t changes);

struct table_row {
    struct bytes key, value; /* borrowed until the entry is changed */
    uint32_t place, seq;
    bool has_refs;
};
struct table_row table_row(const struct table *table, uint32_t place);
/* Reads a part of the entry only. */
bool table_has_refs(const struct table *table, uint32_t place);
struct bytes table_value(const struct table *table, uint32_t place);
bool table_oldest(const struct table *table, struct table_row *row);
bool table_newest(const struct table *table, struct table_row *row);

/* ---- walking: for (walk = table_walk(t); table_next(&walk, &row);) ---- */

struct table_walk {
    const struct table *table;
    uint32_t place;
};
struct table_walk table_walk(const struct table *table);
/* Entries with a larger sequence number: stable while entries come and go. */
struct table_walk table_walk_after(const struct table *table, uint32_t seq);
struct table_walk table_walk_back(const struct table *table);
bool table_next(struct table_walk *walk, struct table_row *row);
bool table_prev(struct table_walk *walk, struct table_row *row);
/* All places are below this. */
uint32_t table_places(const struct table *table);

/* ---- prefetching for a batch: what a later find will touch ---- */
uint64_t table_hash(const struct table *table, struct bytes key);
void table_prefetch_directory(const struct table *table, uint64_t hash);
void table_prefetch_bucket(const struct table *table, uint64_t hash);
/* After the bucket was fetched: the place that may have the key, whose pointer is fetched next.
 * False: the key is not in the bucket. */
bool table_prefetch_place(const struct table *table, uint64_t hash, uint32_t *place);
/* After the pointer was fetched: fetches the entry it points to. */
void table_prefetch_entry(const struct table *table, uint32_t place);

void table_save(const struct table *table, struct writer *out);
/* Fills an empty table with what table_save wrote. False: reader_fail or reader_nomem was
 * called. */
bool table_load(struct table *table, struct reader *in);

#endif
