/* SPDX-License-Identifier: BSD-2-Clause */
/* When what runs under a lease has to be stopped, so that it is dead before the daemon may give
 * what it held to somebody else. Pure arithmetic.
 *
 * Times are nanoseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps. `since` is when
 * the last heartbeat that was answered was sent: the daemon cannot have started the lease earlier.
 */
#ifndef CLI_LEASE_DEADLINE_H
#define CLI_LEASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/base/options.h"

struct lease_deadline {
    int64_t lease_ns;
    int64_t margin_ns; /* between the kill and the end of the lease */
    int64_t grace_ns;  /* between asking to end and the kill */
};

enum lease_deadline_stage {
    LEASE_RUNS,
    LEASE_TERM, /* ask it to end */
    LEASE_KILL  /* end it */
};

/* lease_ms: how long the daemon waits, the lesser of lease and linger. grace_ms < 0: the default,
 * or what fits. False: the lease is too short, or the grace longer than a quarter of it. */
bool lease_deadline_init(struct lease_deadline *deadline, int64_t lease_ms, int64_t grace_ms)
    __attribute__((warn_unused_result));
/* The daemon granted less than was asked for: the grace is cut to what fits. */
void lease_deadline_shorten(struct lease_deadline *deadline, int64_t lease_ms);
/* How often a heartbeat is sent. */
int64_t lease_deadline_beat_ns(const struct lease_deadline *deadline);
int64_t lease_deadline_term_at(const struct lease_deadline *deadline, int64_t since_ns);
int64_t lease_deadline_kill_at(const struct lease_deadline *deadline, int64_t since_ns);
int64_t lease_deadline_end_at(const struct lease_deadline *deadline, int64_t since_ns);
enum lease_deadline_stage lease_deadline_look(const struct lease_deadline *deadline,
                                              int64_t since_ns, int64_t now_ns);

#endif
