/* SPDX-License-Identifier: BSD-2-Clause */
/* A heap of deadlines in engine time; equal ones fire in the order they were set. */
#ifndef ENGINE_TIMER_H
#define ENGINE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mem;

/* Embedded in what waits. */
struct timer {
    uint64_t at_ms;
    uint64_t order; /* tie break: number of the setting */
    size_t slot;    /* place in the heap from 1; 0: not set */
    int kind;       /* the owner's: what fires */
};

struct timers {
    struct timer **heap; /* heap[1..count] */
    size_t count;
    size_t cap;
    size_t reserved; /* places promised by timers_reserve and not yet used */
    uint64_t orders; /* settings so far: part of the state */
};

/* Makes sure that one more timer can be set without memory. */
bool timers_reserve(struct timers *timers, struct mem *mem) __attribute__((warn_unused_result));
/* Gives a promise back that was not used. */
void timers_unreserve(struct timers *timers);
/* Sets a timer with a promise (its own when it was set already). O(log n). */
void timers_set(struct timers *timers, struct timer *timer, uint64_t at_ms);
/* The same for one that was set before, with the number it had then; orders stays. */
void timers_restore(struct timers *timers, struct timer *timer, uint64_t at_ms, uint64_t order);
/* Takes it out, if it is in. O(log n). */
void timers_clear(struct timers *timers, struct timer *timer);
/* The same, and what it occupied becomes a promise again: for one that is set again and again. */
void timers_clear_keep(struct timers *timers, struct timer *timer);
/* Gives memory back when three quarters of it are not used. */
void timers_trim(struct timers *timers, struct mem *mem);
/* The first one; NULL when there is none. */
struct timer *timers_first(const struct timers *timers);
void timers_free(struct timers *timers, struct mem *mem);

#endif
