/* SPDX-License-Identifier: BSD-2-Clause */
/* The order array: segments, holes, compaction. */
#include "daemon/objects/table/table_order.h"

enum {
    FIRST_PLACES = 8, /* places of the first segment at its start */
    HOLES_FREE = 128, /* this many holes are always tolerated */
    HOLES_SHARE = 2,  /* holes are tolerated up to one per this many entries */
    AHEAD = 8,        /* prefetch distance in places */
};

static bool is_hole(uintptr_t slot)
{
    return (slot & 1) != 0;
}

static uint32_t slot_seq(uintptr_t slot)
{
    return is_hole(slot) ? (uint32_t)(slot >> 1) : entry_seq((const struct entry *)slot);
}

static uintptr_t hole(uint32_t seq)
{
    return ((uintptr_t)seq << 1) | 1;
}

static bool in_gap(const struct order *order, uint32_t place)
{
    return place >= order->gap_to && place < order->gap_from;
}

/* ---- room ---- */

static size_t segment_bytes(const struct order *order, uint32_t segment)
{
    size_t places = segment == 0 && order->cap < ORDER_SEGMENT ? order->cap : ORDER_SEGMENT;
    return places * sizeof(uintptr_t);
}

static bool resize_first(struct order *order, struct mem *mem, uint32_t places)
{
    uintptr_t *segment = mem_resize(mem, order->segments[0], order->cap * sizeof(uintptr_t),
                                    places * sizeof(uintptr_t));
    if (segment == NULL)
        return false;
    order->segments[0] = segment;
    order->cap = places;
    return true;
}

static bool grow_directory(struct order *order, struct mem *mem)
{
    uint32_t more = order->directory == 0 ? 1 : order->directory * 2;
    uintptr_t **segments = mem_resize(mem, order->segments, order->directory * sizeof(uintptr_t *),
                                      more * sizeof(uintptr_t *));
    if (segments == NULL)
        return false;
    order->segments = segments;
    order->directory = more;
    return true;
}

bool order_reserve(struct order *order, struct mem *mem)
{
    if (order->end < order->cap)
        return true;
    if (order->end >= ORDER_MAX)
        return false;
    if (order->cap > 0 && order->cap < ORDER_SEGMENT)
        return resize_first(order, mem, order->cap * 2);
    if (order->segment_count == order->directory && !grow_directory(order, mem))
        return false;
    uint32_t places = order->cap == 0 ? FIRST_PLACES : ORDER_SEGMENT;
    uintptr_t *segment = mem_alloc(mem, places * sizeof(uintptr_t));
    if (segment == NULL)
        return false;
    order->segments[order->segment_count++] = segment;
    order->cap += places;
    return true;
}

void order_trim(struct order *order, struct mem *mem)
{
    uint32_t needed = (order->end >> ORDER_SEGMENT_BITS) + 2; /* one more, against oscillation */
    while (order->segment_count > needed) {
        order->segment_count--;
        order->cap -= ORDER_SEGMENT;
        mem_free(mem, order->segments[order->segment_count], ORDER_SEGMENT * sizeof(uintptr_t));
    }
}

bool order_free_some(struct order *order, struct mem *mem)
{
    if (order->segments == NULL)
        return false;
    if (order->segment_count > 0) {
        uint32_t last = order->segment_count - 1;
        mem_free(mem, order->segments[last], segment_bytes(order, last));
        order->segment_count = last;
        return true;
    }
    mem_free(mem, order->segments, order->directory * sizeof(uintptr_t *));
    order->segments = NULL;
    return false;
}

/* ---- entries ---- */

uint32_t order_append(struct order *order, struct entry *entry)
{
    uint32_t place = order->end++;
    *order_at(order, place) = (uintptr_t)entry;
    order->count++;
    return place;
}

void order_replace(struct order *order, uint32_t place, struct entry *entry)
{
    *order_at(order, place) = (uintptr_t)entry;
}

/* Ends the compaction: all entries have been read and moved. */
static void end_compaction(struct order *order)
{
    order->end = order->gap_to;
    order->gap_to = order->gap_from = 0;
    order->compacting = false;
    if (order->first > order->end)
        order->first = order->end;
}

static void drop_last_holes(struct order *order)
{
    for (;;) {
        if (order->compacting && order->end == order->gap_from)
            end_compaction(order);
        if (order->end == 0 || !is_hole(*order_at(order, order->end - 1)))
            return;
        order->end--;
    }
}

static void skip_first_holes(struct order *order)
{
    while (order->first < order->end)
        if (in_gap(order, order->first))
            order->first = order->gap_from;
        else if (is_hole(*order_at(order, order->first)))
            order->first++;
        else
            return;
}

void order_erase(struct order *order, uint32_t place)
{
    uintptr_t *slot = order_at(order, place);
    *slot = hole(slot_seq(*slot));
    order->count--;
    if (place + 1 == order->end || order->count == 0)
        drop_last_holes(order);
    if (order->first > order->end)
        order->first = order->end;
    skip_first_holes(order);
}

/* ---- walking ---- */

uint32_t order_from(const struct order *order, uint32_t place)
{
    if (place < order->first)
        place = order->first;
    while (place < order->end)
        if (in_gap(order, place))
            place = order->gap_from;
        else if (is_hole(*order_at(order, place)))
            place++;
        else
            return place;
    return ORDER_NOWHERE;
}

uint32_t order_before(const struct order *order, uint32_t place)
{
    if (place > order->end)
        place = order->end;
    while (place > order->first)
        if (in_gap(order, place - 1))
            place = order->gap_to;
        else if (is_hole(*order_at(order, place - 1)))
            place--;
        else
            return place - 1;
    return ORDER_NOWHERE;
}

uint32_t order_after(const struct order *order, uint32_t seq)
{
    /* The gap is not counted: places low..high-1 may still hold the answer. */
    uint32_t gap = order->gap_from - order->gap_to;
    uint32_t low = 0;
    uint32_t high = order->end - gap;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t place = middle < order->gap_to ? middle : middle + gap;
        if (slot_seq(*order_at(order, place)) > seq)
            high = middle;
        else
            low = middle + 1;
    }
    return order_from(order, low < order->gap_to ? low : low + gap);
}

/* ---- maintenance ---- */

bool order_wants_compaction(const struct order *order)
{
    if (order->compacting)
        return true;
    return order->end - order->count > order->count / HOLES_SHARE + HOLES_FREE;
}

bool order_compact(struct order *order, uint32_t *from, uint32_t *to)
{
    if (!order->compacting) { /* holes at the front are the first gap */
        order->compacting = true;
        order->gap_to = 0;
        order->gap_from = order->first;
        order->first = 0;
    }
    order_prefetch(order, order->gap_from + AHEAD);
    *from = order->gap_from++;
    uintptr_t slot = *order_at(order, *from);
    bool moved = false;
    if (!is_hole(slot)) {
        *to = order->gap_to++;
        *order_at(order, *to) = slot;
        if (order->first > *to)
            order->first = *to;
        moved = *from != *to;
    }
    drop_last_holes(order);
    return moved;
}

uint32_t order_renumber(struct order *order)
{
    uint32_t seq = 0;
    for (uint32_t place = 0; place < order->end; place++) {
        if (in_gap(order, place))
            place = order->gap_from;
        uintptr_t *slot = order_at(order, place);
        if (is_hole(*slot)) {
            *slot = hole(seq);
            continue;
        }
        struct entry *entry = (struct entry *)*slot;
        entry->head = (entry->head & ENTRY_HAS_REFS) | ++seq;
    }
    return seq;
}
