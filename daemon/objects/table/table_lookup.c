/* SPDX-License-Identifier: BSD-2-Clause */
/* Buckets and segments: find, insert, erase. Growth is in table_grow.c. */
#include "daemon/objects/table/table_lookup.h"

#include <assert.h>
#include <endian.h>

#include "daemon/objects/table/table_segment.h"

static_assert(sizeof(struct bucket) == 64, "a bucket is a cache line");
static_assert(offsetof(struct lookup_segment, buckets) == 64, "buckets start at a cache line");

static uint8_t hash_tag(uint64_t hash)
{
    uint8_t tag = (uint8_t)hash;
    return tag == 0 ? 1 : tag;
}

/* The bucket where a key goes first. */
static uint32_t home_of(uint64_t hash, uint32_t mask)
{
    return (uint32_t)(hash >> 8) & mask;
}

static uint32_t hash_bucket(uint64_t hash, const struct lookup_segment *segment)
{
    return home_of(hash, segment_buckets(segment) - 1);
}

/* Sets the highest bit of each byte that is zero. */
static uint64_t zero_bytes(uint64_t x)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    return ~(((x & low) + low) | x | low);
}

/* Collects the highest bits of eight bytes. */
static uint32_t gather(uint64_t flags)
{
    return (uint32_t)(((flags >> 7) * UINT64_C(0x0102040810204080)) >> 56);
}

/* One bit per slot with that tag. */
static uint32_t bucket_match(const struct bucket *bucket, uint8_t tag)
{
    uint64_t first;
    uint32_t second;
    memcpy(&first, bucket->tags, sizeof first);
    memcpy(&second, bucket->tags + sizeof first, sizeof second);
    uint64_t pattern = UINT64_C(0x0101010101010101) * tag;
    uint32_t low = gather(zero_bytes(le64toh(first) ^ pattern));
    uint32_t high = gather(zero_bytes(le32toh(second) ^ pattern)) & 0xf;
    return low | high << sizeof first;
}

struct lookup_probe lookup_probe(const struct lookup *lookup, uint64_t hash)
{
    struct lookup_probe probe = {.tag = hash_tag(hash)};
    if (lookup->directory == NULL)
        return probe;
    const struct lookup_segment *segment = lookup_segment(lookup, hash);
    probe.buckets = segment->buckets;
    probe.mask = lookup_mask(lookup, segment);
    probe.bucket = home_of(hash, probe.mask);
    probe.left = probe.mask + 1;
    probe.hits = bucket_match(&probe.buckets[probe.bucket], probe.tag);
    return probe;
}

bool lookup_probe_next(struct lookup_probe *probe, uint32_t *place)
{
    while (probe->left > 0) {
        const struct bucket *bucket = &probe->buckets[probe->bucket];
        if (probe->hits != 0) {
            *place = bucket->places[__builtin_ctz(probe->hits)];
            probe->hits &= probe->hits - 1;
            return true;
        }
        if (bucket->passed == 0)
            return false;
        probe->left--;
        probe->bucket = (probe->bucket + 1) & probe->mask;
        probe->hits = bucket_match(&probe->buckets[probe->bucket], probe->tag);
    }
    return false;
}

void segment_insert(struct lookup_segment *segment, uint64_t hash, uint32_t place)
{
    uint32_t at = hash_bucket(hash, segment);
    uint32_t empty;
    while ((empty = bucket_match(&segment->buckets[at], 0)) == 0) {
        segment->buckets[at].passed++;
        at = (at + 1) & (segment_buckets(segment) - 1);
    }
    int slot = __builtin_ctz(empty);
    segment->buckets[at].tags[slot] = hash_tag(hash);
    segment->buckets[at].places[slot] = place;
    segment->count++;
}

void lookup_insert(struct lookup *lookup, uint64_t hash, uint32_t place)
{
    segment_insert(lookup_segment(lookup, hash), hash, place);
}

/* The slot with that place, which must exist. */
static int segment_find(const struct lookup_segment *segment, uint64_t hash, uint32_t place,
                        uint32_t *at)
{
    *at = hash_bucket(hash, segment);
    for (uint32_t left = segment_buckets(segment); left > 0; left--) {
        const struct bucket *bucket = &segment->buckets[*at];
        for (uint32_t hits = bucket_match(bucket, hash_tag(hash)); hits != 0; hits &= hits - 1) {
            int slot = __builtin_ctz(hits);
            if (bucket->places[slot] == place)
                return slot;
        }
        *at = (*at + 1) & (segment_buckets(segment) - 1);
    }
    return -1;
}

void lookup_move(struct lookup *lookup, uint64_t hash, uint32_t from, uint32_t to)
{
    struct lookup_segment *segment = lookup_segment(lookup, hash);
    uint32_t at;
    int slot = segment_find(segment, hash, from, &at);
    assert(slot >= 0);
    segment->buckets[at].places[slot] = to;
}

void lookup_erase(struct lookup *lookup, uint64_t hash, uint32_t place)
{
    struct lookup_segment *segment = lookup_segment(lookup, hash);
    uint32_t at;
    int slot = segment_find(segment, hash, place, &at);
    assert(slot >= 0);
    segment->buckets[at].tags[slot] = 0;
    segment->count--;
    for (uint32_t i = hash_bucket(hash, segment); i != at;
         i = (i + 1) & (segment_buckets(segment) - 1))
        segment->buckets[i].passed--;
}

void lookup_prefetch_directory(const struct lookup *lookup, uint64_t hash)
{
    if (lookup->directory != NULL)
        __builtin_prefetch(&lookup->directory[lookup_slot(lookup, hash)]);
}

void lookup_prefetch(const struct lookup *lookup, uint64_t hash)
{
    if (lookup->directory == NULL)
        return;
    const struct lookup_segment *segment = lookup_segment(lookup, hash);
    __builtin_prefetch(&segment->buckets[home_of(hash, lookup_mask(lookup, segment))]);
}
