/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments of a table's index, shared by the two files that handle them. */
#ifndef OBJECTS_TABLE_SEGMENT_H
#define OBJECTS_TABLE_SEGMENT_H

#include "daemon/objects/table/table_lookup.h"

static inline uint32_t segment_buckets(const struct lookup_segment *segment)
{
    return UINT32_C(1) << segment->bits;
}

/* The number of buckets minus one. All segments have one size once there are several, so this
 * does not read the segment's head, which is on another cache line. */
static inline uint32_t lookup_mask(const struct lookup *lookup,
                                   const struct lookup_segment *segment)
{
    unsigned bits = lookup->depth > 0 ? LOOKUP_SEGMENT_BITS : segment->bits;
    return (UINT32_C(1) << bits) - 1;
}

/* The directory slot for a hash: its leading bits. */
static inline uint32_t lookup_slot(const struct lookup *lookup, uint64_t hash)
{
    return lookup->depth == 0 ? 0 : (uint32_t)(hash >> (64 - lookup->depth));
}

static inline struct lookup_segment *lookup_segment(const struct lookup *lookup, uint64_t hash)
{
    return lookup->directory[lookup_slot(lookup, hash)];
}

/* Inserts a place; the segment must have a free slot. */
void segment_insert(struct lookup_segment *segment, uint64_t hash, uint32_t place);

#endif
