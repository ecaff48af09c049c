/* SPDX-License-Identifier: BSD-2-Clause */
/* A daemon that was stopped or stalled must not expire sessions: their heartbeats wait in its
 * sockets. Time beyond the requested sleep is not counted in engine time. */
#include "daemon/base/clock.h"

#include <time.h>

uint64_t clock_mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void clock_init(struct clock *clock)
{
    uint64_t now = clock_mono_ms();
    *clock = (struct clock){.mono_ms = now, .taken_ms = now, .woke_by_ms = UINT64_MAX};
}

void clock_continue(struct clock *clock, uint64_t engine_ms)
{
    clock->taken_ms -= engine_ms; /* may wrap around: only differences count */
}

/* How much of the time from before_ms to now_ms was a stall. */
static uint64_t clock_excess(uint64_t before_ms, uint64_t woke_by_ms, uint64_t now_ms)
{
    uint64_t expected = woke_by_ms > before_ms ? woke_by_ms : before_ms;
    if (woke_by_ms == UINT64_MAX || now_ms <= expected || now_ms - expected <= CLOCK_STALL_MS)
        return 0;
    return now_ms - expected - CLOCK_STALL_MS;
}

void clock_sleep(struct clock *clock, uint64_t sleep_ms)
{
    uint64_t now = clock_mono_ms();
    /* for the turn that ends now */
    clock->taken_ms += clock_excess(clock->mono_ms, clock->mono_ms, now);
    clock->mono_ms = now;
    clock->woke_by_ms = sleep_ms == UINT64_MAX ? UINT64_MAX : now + sleep_ms;
}

uint64_t clock_wake(struct clock *clock, uint64_t *stalled_ms)
{
    uint64_t now = clock_mono_ms();
    *stalled_ms = clock_excess(clock->mono_ms, clock->woke_by_ms, now);
    clock->taken_ms += *stalled_ms;
    clock->mono_ms = now;
    clock->woke_by_ms = now;
    return now - clock->taken_ms;
}
