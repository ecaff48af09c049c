/* SPDX-License-Identifier: BSD-2-Clause */
/* When requests may begin: at once (closed loop), or each at its own time (open loop). */
#ifndef BENCH_PACE_H
#define BENCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t rate; /* requests a second; 0: closed loop */
    uint64_t began_us;
};

/* How many requests, from the first on, may have begun by now. */
static inline uint64_t pace_due(const struct pace *pace, uint64_t at_us)
{
    return pace->rate == 0 ? UINT64_MAX : (at_us - pace->began_us) * pace->rate / 1000000 + 1;
}

/* When request number n (from 0) is due; its latency counts from there. */
static inline uint64_t pace_when_us(const struct pace *pace, uint64_t n)
{
    return pace->began_us + n * 1000000 / pace->rate;
}

#endif
