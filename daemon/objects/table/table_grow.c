/* SPDX-License-Identifier: BSD-2-Clause */
/* Grows and shrinks a table's index, one segment at a time. */
#include "daemon/objects/table/table_segment.h"

enum {
    FULL_PARTS = 7, /* a segment is full with 7 of 8 slots taken */
    PARTS = 8,
    MERGE_PARTS = 3, /* two segments that fill less than 3 of 8 together are merged */
    LEAST_PARTS = 1, /* a single segment that fills less than 1 of 8 is halved */
};

static size_t block_size(unsigned bits)
{
    return sizeof(struct lookup_segment) + (sizeof(struct bucket) << bits) +
           alignof(struct lookup_segment);
}

static struct lookup_segment *segment_new(struct mem *mem, unsigned depth, unsigned bits)
{
    uint8_t *block = mem_alloc(mem, block_size(bits));
    if (block == NULL)
        return NULL;
    size_t align = alignof(struct lookup_segment);
    uint8_t offset = (uint8_t)(align - ((uintptr_t)block & (align - 1)));
    struct lookup_segment *segment = (struct lookup_segment *)(void *)(block + offset);
    memset(segment, 0, sizeof *segment + (sizeof(struct bucket) << bits));
    segment->depth = (uint8_t)depth;
    segment->bits = (uint8_t)bits;
    segment->offset = offset;
    return segment;
}

static void segment_free(struct mem *mem, struct lookup_segment *segment)
{
    if (segment != NULL)
        mem_free(mem, (uint8_t *)segment - segment->offset, block_size(segment->bits));
}

static uint32_t segment_slots(unsigned bits)
{
    return (uint32_t)BUCKET_SLOTS << bits;
}

static bool segment_full(const struct lookup_segment *segment)
{
    return segment->count >= segment_slots(segment->bits) * FULL_PARTS / PARTS;
}

enum { FETCH_AHEAD = 2 }; /* buckets: prefetch distance */

static void fetch_bucket(const struct lookup_segment *from, uint32_t at, unsigned step,
                         const struct lookup_keys *keys)
{
    if (at >= segment_buckets(from))
        return;
    const struct bucket *bucket = &from->buckets[at];
    for (int slot = 0; slot < BUCKET_SLOTS; slot++)
        if (bucket->tags[slot] != 0)
            keys->fetch(keys->arg, bucket->places[slot], step);
}

/* Distributes the places of one segment to two, by the bit of the hash after `depth` bits. */
static void pour(const struct lookup_segment *from, struct lookup_segment *const to[2],
                 unsigned depth, const struct lookup_keys *keys)
{
    for (uint32_t at = 0; at < 2 * FETCH_AHEAD; at++)
        fetch_bucket(from, at, 1, keys);
    for (uint32_t at = 0; at < FETCH_AHEAD; at++)
        fetch_bucket(from, at, 2, keys);
    for (uint32_t at = 0; at < segment_buckets(from); at++) {
        const struct bucket *bucket = &from->buckets[at];
        fetch_bucket(from, at + 2 * FETCH_AHEAD, 1, keys);
        fetch_bucket(from, at + FETCH_AHEAD, 2, keys);
        for (int slot = 0; slot < BUCKET_SLOTS; slot++) {
            if (bucket->tags[slot] == 0)
                continue;
            uint64_t hash = keys->hash(keys->arg, bucket->places[slot]);
            segment_insert(to[hash >> (63 - depth) & 1], hash, bucket->places[slot]);
        }
    }
}

static bool start(struct lookup *lookup, struct mem *mem)
{
    struct lookup_segment **directory = mem_alloc(mem, sizeof *directory);
    if (directory == NULL)
        return false;
    directory[0] = segment_new(mem, 0, 0);
    if (directory[0] == NULL) {
        mem_free(mem, directory, sizeof *directory);
        return false;
    }
    *lookup = (struct lookup){.directory = directory, .deepest = 1};
    return true;
}

/* Doubles or halves the buckets of the only segment. */
static bool resize_only(struct lookup *lookup, struct mem *mem, unsigned bits,
                        const struct lookup_keys *keys)
{
    struct lookup_segment *old = lookup->directory[0];
    struct lookup_segment *segment = segment_new(mem, 0, bits);
    if (segment == NULL)
        return false;
    pour(old, (struct lookup_segment *const[2]){segment, segment}, 0, keys);
    segment_free(mem, old);
    lookup->directory[0] = segment;
    return true;
}

static bool double_directory(struct lookup *lookup, struct mem *mem)
{
    size_t size = sizeof(struct lookup_segment *) << lookup->depth;
    struct lookup_segment **directory = mem_alloc(mem, 2 * size);
    if (directory == NULL)
        return false;
    for (uint32_t i = 0; i < UINT32_C(2) << lookup->depth; i++)
        directory[i] = lookup->directory[i / 2];
    mem_free(mem, lookup->directory, size);
    lookup->directory = directory;
    lookup->depth++;
    lookup->deepest = 0;
    return true;
}

/* Makes the directory point to a segment wherever it pointed to the segment of `slot` with that
 * depth. */
static void enter(struct lookup *lookup, uint32_t slot, struct lookup_segment *segment)
{
    uint32_t span = UINT32_C(1) << (lookup->depth - segment->depth);
    uint32_t base = slot & ~(span - 1);
    for (uint32_t i = 0; i < span; i++)
        lookup->directory[base + i] = segment;
}

static bool split(struct lookup *lookup, struct mem *mem, uint64_t hash,
                  const struct lookup_keys *keys)
{
    struct lookup_segment *old = lookup_segment(lookup, hash);
    if (old->depth == LOOKUP_DEPTH_MAX)
        return false;
    if (old->depth == lookup->depth && !double_directory(lookup, mem))
        return false;
    struct lookup_segment *halves[2];
    halves[0] = segment_new(mem, old->depth + 1u, LOOKUP_SEGMENT_BITS);
    halves[1] = segment_new(mem, old->depth + 1u, LOOKUP_SEGMENT_BITS);
    if (halves[0] == NULL || halves[1] == NULL) {
        segment_free(mem, halves[0]);
        segment_free(mem, halves[1]);
        return false;
    }
    pour(old, halves, old->depth, keys);
    uint32_t half = UINT32_C(1) << (lookup->depth - old->depth - 1);
    uint32_t base = lookup_slot(lookup, hash) & ~(2 * half - 1);
    enter(lookup, base, halves[0]);
    enter(lookup, base + half, halves[1]);
    if (old->depth + 1 == lookup->depth)
        lookup->deepest += 2;
    segment_free(mem, old);
    return true;
}

bool lookup_reserve(struct lookup *lookup, struct mem *mem, uint64_t hash,
                    const struct lookup_keys *keys)
{
    if (lookup->directory == NULL && !start(lookup, mem))
        return false;
    for (;;) {
        const struct lookup_segment *segment = lookup_segment(lookup, hash);
        if (!segment_full(segment))
            return true;
        bool grown = segment->bits < LOOKUP_SEGMENT_BITS
                         ? resize_only(lookup, mem, segment->bits + 1u, keys)
                         : split(lookup, mem, hash, keys);
        if (!grown)
            return false;
    }
}

/* ---- filling an empty index ---- */

static void drop_first(struct lookup_segment **directory, struct mem *mem, uint32_t count)
{
    while (count > 0)
        segment_free(mem, directory[--count]);
}

/* Makes a directory of segments of one depth. */
static bool fill_directory(struct lookup_segment **directory, struct mem *mem, unsigned depth,
                           unsigned bits)
{
    for (uint32_t i = 0; i < UINT32_C(1) << depth; i++) {
        directory[i] = segment_new(mem, depth, bits);
        if (directory[i] == NULL) {
            drop_first(directory, mem, i);
            return false;
        }
    }
    return true;
}

bool lookup_presize(struct lookup *lookup, struct mem *mem, uint64_t count)
{
    enum { EXPECTED = 296 }; /* places per segment, so that few segments will be split */
    unsigned depth = 0, bits = 0;
    while (count >> depth > EXPECTED && depth < LOOKUP_DEPTH_MAX)
        depth++;
    while (bits < LOOKUP_SEGMENT_BITS && segment_slots(bits) * FULL_PARTS / PARTS < count)
        bits++;
    struct lookup_segment **directory = mem_alloc(mem, sizeof *directory << depth);
    if (directory == NULL)
        return false;
    if (!fill_directory(directory, mem, depth, bits)) {
        mem_free(mem, directory, sizeof *directory << depth);
        return false;
    }
    *lookup = (struct lookup){
        .directory = directory, .deepest = UINT32_C(1) << depth, .depth = (uint8_t)depth};
    return true;
}

/* ---- shrinking: optional, may fail ---- */

static void halve_directory(struct lookup *lookup, struct mem *mem)
{
    size_t size = sizeof(struct lookup_segment *) << lookup->depth;
    struct lookup_segment **directory = mem_alloc(mem, size / 2);
    if (directory == NULL)
        return;
    lookup->depth--;
    lookup->deepest = 0;
    for (uint32_t i = 0; i < UINT32_C(1) << lookup->depth; i++) {
        directory[i] = lookup->directory[2 * i];
        lookup->deepest += directory[i]->depth == lookup->depth;
    }
    mem_free(mem, lookup->directory, size);
    lookup->directory = directory;
}

/* Merges the segment of a hash with its neighbour; false: not merged. */
static bool merge(struct lookup *lookup, struct mem *mem, uint64_t hash,
                  const struct lookup_keys *keys)
{
    struct lookup_segment *one = lookup_segment(lookup, hash);
    if (one->depth == 0)
        return false;
    uint32_t slot = lookup_slot(lookup, hash);
    uint32_t neighbour = slot ^ UINT32_C(1) << (lookup->depth - one->depth);
    struct lookup_segment *other = lookup->directory[neighbour];
    if (other->depth != one->depth ||
        one->count + other->count > segment_slots(LOOKUP_SEGMENT_BITS) * MERGE_PARTS / PARTS)
        return false;
    struct lookup_segment *both = segment_new(mem, one->depth - 1u, LOOKUP_SEGMENT_BITS);
    if (both == NULL)
        return false;
    pour(one, (struct lookup_segment *const[2]){both, both}, 0, keys);
    pour(other, (struct lookup_segment *const[2]){both, both}, 0, keys);
    enter(lookup, slot, both);
    if (one->depth == lookup->depth)
        lookup->deepest -= 2;
    segment_free(mem, one);
    segment_free(mem, other);
    if (lookup->deepest == 0 && lookup->depth > 0)
        halve_directory(lookup, mem);
    return true;
}

void lookup_shrink(struct lookup *lookup, struct mem *mem, uint64_t hash,
                   const struct lookup_keys *keys)
{
    while (merge(lookup, mem, hash, keys))
        ;
    const struct lookup_segment *only = lookup->directory[0];
    if (lookup->depth == 0 && only->bits > 0 &&
        only->count < segment_slots(only->bits) * LEAST_PARTS / PARTS)
        (void)resize_only(lookup, mem, only->bits - 1u, keys);
}

bool lookup_free_some(struct lookup *lookup, struct mem *mem)
{
    if (lookup->directory == NULL)
        return false;
    if (lookup->swept < UINT32_C(1) << lookup->depth) {
        struct lookup_segment *segment = lookup->directory[lookup->swept];
        lookup->swept += UINT32_C(1) << (lookup->depth - segment->depth);
        segment_free(mem, segment);
        return true;
    }
    mem_free(mem, lookup->directory, sizeof(struct lookup_segment *) << lookup->depth);
    lookup->directory = NULL;
    return false;
}
