/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of a table in order of insertion: an array in segments, with holes.
 *
 * A hole keeps the sequence number of the entry that was there, so the array stays sorted by
 * sequence number and a cursor is found by binary search. Compaction moves entries down a few at a
 * time; while it runs, the places between gap_to (filled so far) and gap_from (read so far) mean
 * nothing. Neither order nor sequence numbers change by it. */
#ifndef OBJECTS_TABLE_ORDER_H
#define OBJECTS_TABLE_ORDER_H

#include "daemon/objects/table/table_entry.h"

enum {
    ORDER_SEGMENT_BITS = 13, /* places of a segment: 64 KiB */
    ORDER_SEGMENT = 1 << ORDER_SEGMENT_BITS,
};
#define ORDER_NOWHERE UINT32_MAX
#define ORDER_MAX     0x80000000u /* places at most */

struct order {
    uintptr_t **segments; /* entry pointers, or sequence number * 2 + 1 for holes */
    uint32_t directory;   /* segments there is room for */
    uint32_t segment_count;
    uint32_t cap;   /* places in all segments; the first one grows up to its full size */
    uint32_t first; /* no entry before it */
    uint32_t end;   /* no entry from it on */
    uint32_t gap_to, gap_from;
    bool compacting;
    uint32_t count; /* entries */
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

/* Room for one more at the end; false: no memory. */
bool order_reserve(struct order *order, struct mem *mem) __attribute__((warn_unused_result));
/* Appends with that room; gives the place. */
uint32_t order_append(struct order *order, struct entry *entry);
/* Another block for the same entry. */
void order_replace(struct order *order, uint32_t place, struct entry *entry);
/* Makes a hole. The block is the caller's. */
void order_erase(struct order *order, uint32_t place);

/* The first entry at or after the place, the last one before it; ORDER_NOWHERE when there is none.
 */
uint32_t order_from(const struct order *order, uint32_t place);
uint32_t order_before(const struct order *order, uint32_t place);
/* The first entry whose sequence number is larger. */
uint32_t order_after(const struct order *order, uint32_t seq);
/* Hints that the entry at that place will be read: a small one lies on two cache lines at most.
 * Inlined by force: gcc takes a call of a function that only prefetches for one without effect, and
 * drops it. */
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

/* There are so many holes that compaction should run. */
bool order_wants_compaction(const struct order *order);
/* Looks at one more place; there must be entries. True: its entry went from *from to *to, tell the
 * index. */
bool order_compact(struct order *order, uint32_t *from, uint32_t *to);
/* Gives every entry a new sequence number, from 1; returns the last one. Holes keep the order. */
uint32_t order_renumber(struct order *order);
/* Gives back segments that are not needed. */
void order_trim(struct order *order, struct mem *mem);
/* Frees one segment, and the directory with the last one; false: nothing is left. */
bool order_free_some(struct order *order, struct mem *mem);

#endif
