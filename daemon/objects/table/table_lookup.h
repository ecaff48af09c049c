/* SPDX-License-Identifier: BSD-2-Clause */
/* The index of a table: from the hash of a key to its place in the order array.
 *
 * Extendible hashing: a directory of small segments, split and merged one at a time, so that
 * growth never moves more than a few hundred places at once. A segment is a power of two of
 * 64-byte buckets, each with the places of 12 keys and 8 bits of their hashes. A full bucket
 * overflows into the next one of its segment and counts the places that passed by. */
#ifndef OBJECTS_TABLE_LOOKUP_H
#define OBJECTS_TABLE_LOOKUP_H

#include <stdalign.h>

#include "daemon/engine/mem.h"
#include "wire/base/bytes.h"

enum {
    BUCKET_SLOTS = 12,
    LOOKUP_SEGMENT_BITS = 5, /* buckets of a segment (log2), once there is more than one segment */
    LOOKUP_DEPTH_MAX = 26,
};

struct bucket {
    uint8_t tags[BUCKET_SLOTS]; /* 0: free */
    uint16_t passed;            /* places that overflowed past this bucket */
    uint16_t unused;
    uint32_t places[BUCKET_SLOTS];
};

struct lookup_segment {
    alignas(64) uint32_t count; /* places in the segment */
    uint8_t depth;              /* number of leading hash bits that all its keys share */
    uint8_t bits;               /* log2 of the number of buckets */
    uint8_t offset;             /* offset from the start of the block */
    alignas(64) struct bucket buckets[];
};

struct lookup {
    struct lookup_segment **directory; /* 2^depth; NULL: empty */
    uint32_t swept;                    /* directory entries that lookup_free_some has finished */
    uint32_t deepest;                  /* number of segments as deep as the directory */
    uint8_t depth;
};

/* How to get the hash of the key at a place. */
struct lookup_keys {
    uint64_t (*hash)(const void *arg, uint32_t place);
    /* Prefetches the memory that `hash` will read: step 1, and step 2 once that has arrived. */
    void (*fetch)(const void *arg, uint32_t place, unsigned step);
    const void *arg;
};

/* A walk over the places that may hold the key of a hash. */
struct lookup_probe {
    const struct bucket *buckets;
    uint32_t mask;         /* buckets of the segment, minus one */
    uint32_t bucket, left; /* current bucket; buckets left, this one included */
    uint32_t hits;         /* matching slots of this bucket */
    uint8_t tag;
};
struct lookup_probe lookup_probe(const struct lookup *lookup, uint64_t hash);
bool lookup_probe_next(struct lookup_probe *probe, uint32_t *place);

/* Makes room for one more place of that hash; splits segments if needed. False: no memory,
 * nothing changed. */
bool lookup_reserve(struct lookup *lookup, struct mem *mem, uint64_t hash,
                    const struct lookup_keys *keys) __attribute__((warn_unused_result));
/* Gives an empty index the segments that so many places will need if hashes are even. False: no
 * memory, it is still empty. */
bool lookup_presize(struct lookup *lookup, struct mem *mem, uint64_t count)
    __attribute__((warn_unused_result));
void lookup_insert(struct lookup *lookup, uint64_t hash, uint32_t place);
void lookup_move(struct lookup *lookup, uint64_t hash, uint32_t from, uint32_t to);
/* Removes the place; merges segments that are empty enough, if there is memory for it. */
void lookup_erase(struct lookup *lookup, uint64_t hash, uint32_t place);
void lookup_shrink(struct lookup *lookup, struct mem *mem, uint64_t hash,
                   const struct lookup_keys *keys);
void lookup_prefetch_directory(const struct lookup *lookup, uint64_t hash);
void lookup_prefetch(const struct lookup *lookup, uint64_t hash);
/* Frees one segment, and the directory with the last one; false: nothing is left. */
bool lookup_free_some(struct lookup *lookup, struct mem *mem);

#endif
