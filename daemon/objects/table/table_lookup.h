/* SPDX-License-Identifier: BSD-2-Clause */
/* From the hash of a key to its place in the order array.
 *
 * Extendible hashing: a directory of small segments, split and merged one at a time, so that growth
 * never moves more than a few hundred places at once. A segment is a power of two of buckets of 64
 * bytes, each with the places of 12 keys and 8 bits of their hashes. A full bucket spills into the
 * next one of its segment and counts how many places passed by. */
#ifndef OBJECTS_TABLE_LOOKUP_H
#define OBJECTS_TABLE_LOOKUP_H

#include <stdalign.h>

#include "daemon/engine/mem.h"
#include "wire/base/bytes.h"

enum {
    BUCKET_SLOTS = 12,
    LOOKUP_SEGMENT_BITS = 5, /* buckets of a segment, once there is more than one */
    LOOKUP_DEPTH_MAX = 26,
};

struct bucket {
    uint8_t tags[BUCKET_SLOTS]; /* 0: free */
    uint16_t passed;            /* places that spilled over this bucket */
    uint16_t unused;
    uint32_t places[BUCKET_SLOTS];
};

struct lookup_segment {
    alignas(64) uint32_t count; /* places in it */
    uint8_t depth;              /* leading bits of the hash that all of its keys share */
    uint8_t bits;               /* log2 of the buckets */
    uint8_t offset;             /* from the start of the block */
    alignas(64) struct bucket buckets[];
};

struct lookup {
    struct lookup_segment **directory; /* 2^depth; NULL: empty */
    uint32_t swept;   /* entries of the directory that lookup_free_some is done with */
    uint32_t deepest; /* segments as deep as the directory */
    uint8_t depth;
};

/* Who knows the hash of the key at a place. */
struct lookup_keys {
    uint64_t (*hash)(const void *arg, uint32_t place);
    /* Has the memory fetched that hash will read: step 1, then, when that has come, step 2. */
    void (*fetch)(const void *arg, uint32_t place, unsigned step);
    const void *arg;
};

/* Walks the places that may hold the key of a hash. */
struct lookup_probe {
    const struct bucket *buckets;
    uint32_t mask;         /* buckets of the segment, less one */
    uint32_t bucket, left; /* buckets to be looked at, this one included */
    uint32_t hits;         /* slots of this bucket */
    uint8_t tag;
};
struct lookup_probe lookup_probe(const struct lookup *lookup, uint64_t hash);
bool lookup_probe_next(struct lookup_probe *probe, uint32_t *place);

/* Room for one more place of that hash; splits where necessary. False: no memory, nothing changed.
 */
bool lookup_reserve(struct lookup *lookup, struct mem *mem, uint64_t hash,
                    const struct lookup_keys *keys) __attribute__((warn_unused_result));
/* An empty one gets the segments that so many places will need, unless hashes are uneven. False: no
 * memory, it is still empty. */
bool lookup_presize(struct lookup *lookup, struct mem *mem, uint64_t count)
    __attribute__((warn_unused_result));
void lookup_insert(struct lookup *lookup, uint64_t hash, uint32_t place);
void lookup_move(struct lookup *lookup, uint64_t hash, uint32_t from, uint32_t to);
/* Takes it out; merges segments that have become empty enough, when there is memory for it. */
void lookup_erase(struct lookup *lookup, uint64_t hash, uint32_t place);
void lookup_shrink(struct lookup *lookup, struct mem *mem, uint64_t hash,
                   const struct lookup_keys *keys);
void lookup_prefetch_directory(const struct lookup *lookup, uint64_t hash);
void lookup_prefetch(const struct lookup *lookup, uint64_t hash);
/* Frees one segment, and the directory with the last one; false: nothing is left. */
bool lookup_free_some(struct lookup *lookup, struct mem *mem);

#endif
