/* SPDX-License-Identifier: BSD-2-Clause */
/* How long the longest turn of the loop took: nobody else is served meanwhile. */
#ifndef DAEMON_METER_H
#define DAEMON_METER_H

#include <stdint.h>

#include "daemon/base/metric.h"

enum { METER_SLOW_US = 1000 };

struct meter {
    uint64_t turns, slow_turns; /* slow: more than METER_SLOW_US of CPU time */
    uint64_t began_wall_us, ended_cpu_us;
    uint64_t longest_wall_us; /* of a turn, from its first event to the end */
    uint64_t longest_cpu_us;  /* of the thread; waking up included */
};

void meter_init(struct meter *meter);
/* The first event of a turn is there. */
void meter_begin(struct meter *meter);
/* All of it is done and answered. */
void meter_end(struct meter *meter);

/* Of a meter. */
extern const struct metric_table meter_metrics;

#endif
