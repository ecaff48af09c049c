/* SPDX-License-Identifier: BSD-2-Clause */
/* A quarter of the lease for each heartbeat, a fiftieth for the kernel to do as it is told. */
#include "cli/supervise/lease_deadline.h"

#include "cli/supervise/nanoseconds.h"

enum { BEATS = 4, MARGIN_PART = 50, MARGIN_LEAST_MS = 200 };

#define LEASE_MAX_MS (INT64_C(3650) * 24 * 3600 * 1000) /* sums stay far from overflow */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void set_lease(struct lease_deadline *deadline, int64_t lease_ms)
{
    deadline->lease_ns = smaller(lease_ms, LEASE_MAX_MS) * NS_PER_MS;
    deadline->margin_ns = larger(MARGIN_LEAST_MS * NS_PER_MS, deadline->lease_ns / MARGIN_PART);
}

bool lease_deadline_init(struct lease_deadline *deadline, int64_t lease_ms, int64_t grace_ms)
{
    set_lease(deadline, lease_ms);
    if (grace_ms < 0)
        deadline->grace_ns = smaller(GRACE_DEFAULT_MS * NS_PER_MS, deadline->lease_ns / BEATS);
    else
        deadline->grace_ns = smaller(grace_ms, LEASE_MAX_MS) * NS_PER_MS;
    return lease_ms >= LEASE_LEAST_MS && deadline->grace_ns <= deadline->lease_ns / BEATS;
}

void lease_deadline_shorten(struct lease_deadline *deadline, int64_t lease_ms)
{
    if (lease_ms <= 0 || lease_ms >= deadline->lease_ns / NS_PER_MS)
        return;
    set_lease(deadline, lease_ms);
    deadline->grace_ns = smaller(deadline->grace_ns, deadline->lease_ns / BEATS);
}

int64_t lease_deadline_beat_ns(const struct lease_deadline *deadline)
{
    return deadline->lease_ns / BEATS;
}

int64_t lease_deadline_end_at(const struct lease_deadline *deadline, int64_t since_ns)
{
    return since_ns + deadline->lease_ns;
}

int64_t lease_deadline_kill_at(const struct lease_deadline *deadline, int64_t since_ns)
{
    return lease_deadline_end_at(deadline, since_ns) - deadline->margin_ns;
}

int64_t lease_deadline_term_at(const struct lease_deadline *deadline, int64_t since_ns)
{
    return lease_deadline_kill_at(deadline, since_ns) - deadline->grace_ns;
}

enum lease_deadline_stage lease_deadline_look(const struct lease_deadline *deadline,
                                              int64_t since_ns, int64_t now_ns)
{
    if (now_ns >= lease_deadline_kill_at(deadline, since_ns))
        return LEASE_KILL;
    return now_ns >= lease_deadline_term_at(deadline, since_ns) ? LEASE_TERM : LEASE_RUNS;
}
