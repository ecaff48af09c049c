/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures how long turns of the loop take: no other client is served during a turn. */
#ifndef DAEMON_METER_H
#define DAEMON_METER_H

#include <stdint.h>

#include "daemon/base/metric.h"

enum { METER_SLOW_US = 1000 };

struct meter {
    uint64_t turns, slow_turns; /* slow_turns: with more than METER_SLOW_US of CPU time */
    uint64_t began_wall_us, ended_cpu_us;
    uint64_t longest_wall_us; /* wall time of a turn, from its first event to its end */
    uint64_t longest_cpu_us;  /* CPU time of the thread, waking up included */
};

void meter_init(struct meter *meter);
/* Call at the first event of a turn. */
void meter_begin(struct meter *meter);
/* Call when everything in the turn is done and answered. */
void meter_end(struct meter *meter);

/* Metrics of a meter. */
extern const struct metric_table meter_metrics;

#endif
