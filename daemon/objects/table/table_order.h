/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of a table in insertion order: an array in segments, with holes.
 *
 * A hole keeps the sequence number of its former entry, so the array stays sorted by sequence
 * number, and a binary search finds a cursor. Compaction moves entries down, a few at a time;
 * while it runs, the places between gap_to (filled so far) and gap_from (read so far) mean
 * nothing. It changes neither the order nor the sequence numbers. */
#ifndef OBJECTS_TABLE_ORDER_H
#define OBJECTS_TABLE_ORDER_H

#include "daemon/objects/table/table_entry.h"

enum {
    ORDER_SEGMENT_BITS = 13, /* places of a segment (log2): 64 KiB */
    ORDER_SEGMENT = 1 << ORDER_SEGMENT_BITS,
};
#define ORDER_NOWHERE UINT32_MAX
#define ORDER_MAX     0x80000000u /* maximum number of places */

struct order {
    uintptr_t **segments; /* entry pointers; in holes: sequence number * 2 + 1 */
    uint32_t directory;   /* capacity of the array of segments */
    uint32_t segment_count;
    uint32_t cap;   /* places in all segments; the first segment grows to its full size */
    uint32_t first; /* no entry before this place */
    uint32_t end;   /* no entry from this place on */
    uint32_t gap_to, gap_from;
    bool compacting;
    uint32_t count; /* number of entries */
};

static inline uintptr_t *order_at(const struct order *order, uint32_t place)
{
    return &order->segments[place >> ORDER_SEGMENT_BITS][place & (ORDER_SEGMENT - 1)];
}

/* Whether there is an entry at the place, which may be any number. */
static inline bool order_has(const struct order *order, uint32_t place)
{
    bool in_gap = place >= order->gap_to && place < order->gap_from;
    return place >= order->first && place < order->end && !in_gap &&
           (*order_at(order, place) & 1) == 0;
}

/* The entry at a place that has one. */
static inline struct entry *order_entry(const struct order *order, uint32_t place)
{
    return (struct entry *)*order_at(order, place);
}

/* Makes room for one more entry at the end; false: no memory. */
bool order_reserve(struct order *order, struct mem *mem) __attribute__((warn_unused_result));
/* Appends the entry, after order_reserve; returns its place. */
uint32_t order_append(struct order *order, struct entry *entry);
/* Replaces the block of an entry. */
void order_replace(struct order *order, uint32_t place, struct entry *entry);
/* Leaves a hole. The caller frees the block. */
void order_erase(struct order *order, uint32_t place);

/* The first entry at or after the place, or the last one before it; ORDER_NOWHERE: none. */
uint32_t order_from(const struct order *order, uint32_t place);
uint32_t order_before(const struct order *order, uint32_t place);
/* The place of the first entry with a larger sequence number. */
uint32_t order_after(const struct order *order, uint32_t seq);
/* Prefetches the entry at the place: a small one covers at most two cache lines. Always inlined:
 * gcc treats a call of a function that only prefetches as having no effect, and drops it. */
__attribute__((always_inline)) static inline void order_prefetch(const struct order *order,
                                                                 uint32_t place)
{
    enum { NEXT_LINE = 56 };
    if (place >= order->end)
        return;
    const char *entry = (const char *)order_entry(order, place);
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + NEXT_LINE);
}

/* Whether there are so many holes that compaction should run. */
bool order_wants_compaction(const struct order *order);
/* Looks at one more place; the table must have entries. True: the entry moved from *from to *to,
 * so update the index. */
bool order_compact(struct order *order, uint32_t *from, uint32_t *to);
/* Gives all entries new sequence numbers, from 1; returns the last one. Holes keep the order. */
uint32_t order_renumber(struct order *order);
/* Frees segments that are not needed. */
void order_trim(struct order *order, struct mem *mem);
/* Frees one segment, and the directory with the last one; false: nothing is left. */
bool order_free_some(struct order *order, struct mem *mem);

#endif
