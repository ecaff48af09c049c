/* SPDX-License-Identifier: BSD-2-Clause */
/* A binary heap of deadlines; heap[0] is not used. */
#include "daemon/engine/timer.h"

#include "daemon/engine/mem.h"

enum { TIMERS_LEAST = 16 };

static size_t heap_bytes(size_t cap)
{
    return (cap + 1) * sizeof(struct timer *);
}

static bool heap_resize(struct timers *timers, struct mem *mem, size_t cap)
{
    struct timer **heap = mem_resize(mem, timers->heap, heap_bytes(timers->cap), heap_bytes(cap));
    if (heap == NULL)
        return false;
    timers->heap = heap;
    timers->cap = cap;
    return true;
}

bool timers_reserve(struct timers *timers, struct mem *mem)
{
    /* Never more than cap are promised or used, so the difference cannot wrap. */
    if (timers->cap - timers->count - timers->reserved == 0 &&
        !heap_resize(timers, mem, timers->cap == 0 ? TIMERS_LEAST : timers->cap * 2))
        return false;
    timers->reserved++;
    return true;
}

void timers_unreserve(struct timers *timers)
{
    timers->reserved--;
}

static bool before(const struct timer *a, const struct timer *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void place(struct timers *timers, struct timer *timer, size_t slot)
{
    timers->heap[slot] = timer;
    timer->slot = slot;
}

static void sift_up(struct timers *timers, struct timer *timer, size_t slot)
{
    while (slot > 1 && before(timer, timers->heap[slot / 2])) {
        place(timers, timers->heap[slot / 2], slot);
        slot /= 2;
    }
    place(timers, timer, slot);
}

static void sift_down(struct timers *timers, struct timer *timer, size_t slot)
{
    while (slot * 2 <= timers->count) {
        size_t child = slot * 2;
        if (child < timers->count && before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!before(timers->heap[child], timer))
            break;
        place(timers, timers->heap[child], slot);
        slot = child;
    }
    place(timers, timer, slot);
}

/* Puts the timer into a hole at slot. */
static void settle(struct timers *timers, struct timer *timer, size_t slot)
{
    if (slot > 1 && before(timer, timers->heap[slot / 2]))
        sift_up(timers, timer, slot);
    else
        sift_down(timers, timer, slot);
}

void timers_restore(struct timers *timers, struct timer *timer, uint64_t at_ms, uint64_t order)
{
    size_t slot = timer->slot;
    if (slot == 0) {
        timers->reserved--;
        slot = ++timers->count;
    }
    timer->at_ms = at_ms;
    timer->order = order;
    settle(timers, timer, slot);
}

void timers_set(struct timers *timers, struct timer *timer, uint64_t at_ms)
{
    timers_restore(timers, timer, at_ms, ++timers->orders);
}

void timers_clear(struct timers *timers, struct timer *timer)
{
    size_t slot = timer->slot;
    if (slot == 0)
        return;
    struct timer *last = timers->heap[timers->count--];
    if (last != timer)
        settle(timers, last, slot);
    timer->slot = 0;
}

void timers_clear_keep(struct timers *timers, struct timer *timer)
{
    if (timer->slot != 0) {
        timers_clear(timers, timer);
        timers->reserved++;
    }
}

struct timer *timers_first(const struct timers *timers)
{
    return timers->count == 0 ? NULL : timers->heap[1];
}

void timers_trim(struct timers *timers, struct mem *mem)
{
    size_t need = timers->count + timers->reserved;
    size_t cap = timers->cap;
    if (need > 0 && need > cap / 4)
        return;
    if (need == 0) {
        timers_free(timers, mem);
        return;
    }
    while (cap / 2 >= need && cap / 2 >= TIMERS_LEAST)
        cap /= 2;
    /* Without memory it stays as large as it is. */
    if (cap < timers->cap && !heap_resize(timers, mem, cap))
        return;
}

void timers_free(struct timers *timers, struct mem *mem)
{
    mem_free(mem, timers->heap, heap_bytes(timers->cap));
    timers->heap = NULL;
    timers->cap = 0;
    timers->count = 0;
    timers->reserved = 0;
}
