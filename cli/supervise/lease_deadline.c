/* SPDX-License-Identifier: BSD-2-Clause */
/* A quarter of the lease for each heartbeat, a fiftieth for the kernel to do as it is told. */
#include "cli/supervise/lease_deadline.h"

enum { BEATS = 4, MARGIN_PART = 50, MARGIN_LEAST_MS = 200 };

#define NS_PER_MS    INT64_C(1000000)
#define LEASE_MAX_MS (INT64_C(3650) * 24 * 3600 * 1000) /* sums stay far from overflow */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void set_lease(struct fence *fence, int64_t lease_ms)
{
    fence->lease_ns = smaller(lease_ms, LEASE_MAX_MS) * NS_PER_MS;
    fence->margin_ns = larger(MARGIN_LEAST_MS * NS_PER_MS, fence->lease_ns / MARGIN_PART);
}

bool fence_init(struct fence *fence, int64_t lease_ms, int64_t grace_ms)
{
    set_lease(fence, lease_ms);
    if (grace_ms < 0)
        fence->grace_ns = smaller(FENCE_GRACE_DEFAULT_MS * NS_PER_MS, fence->lease_ns / BEATS);
    else
        fence->grace_ns = smaller(grace_ms, LEASE_MAX_MS) * NS_PER_MS;
    return lease_ms >= FENCE_LEASE_LEAST_MS && fence->grace_ns <= fence->lease_ns / BEATS;
}

void fence_shorten(struct fence *fence, int64_t lease_ms)
{
    if (lease_ms <= 0 || lease_ms >= fence->lease_ns / NS_PER_MS)
        return;
    set_lease(fence, lease_ms);
    fence->grace_ns = smaller(fence->grace_ns, fence->lease_ns / BEATS);
}

int64_t fence_beat_ns(const struct fence *fence)
{
    return fence->lease_ns / BEATS;
}

int64_t fence_end_at(const struct fence *fence, int64_t since_ns)
{
    return since_ns + fence->lease_ns;
}

int64_t fence_kill_at(const struct fence *fence, int64_t since_ns)
{
    return fence_end_at(fence, since_ns) - fence->margin_ns;
}

int64_t fence_term_at(const struct fence *fence, int64_t since_ns)
{
    return fence_kill_at(fence, since_ns) - fence->grace_ns;
}

enum fence_stage fence_look(const struct fence *fence, int64_t since_ns, int64_t now_ns)
{
    if (now_ns >= fence_kill_at(fence, since_ns))
        return FENCE_KILL;
    return now_ns >= fence_term_at(fence, since_ns) ? FENCE_TERM : FENCE_OPEN;
}
