/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that the process has freed, given back to the system after much was deleted. */
#ifndef DAEMON_TRIM_H
#define DAEMON_TRIM_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/metric.h"

struct trim {
    uint64_t high;     /* most bytes in use since the last time */
    uint64_t unsorted; /* bytes in use when all that was free was in order, or so many more */
    uint64_t rest_until_ms;
    uint64_t times, longest_us;
};

/* Has the allocator put in order what was freed since the last time: in each turn. */
void trim_sort(struct trim *trim, uint64_t used);
/* Whether so much less is in use than before that it is worth it, and not too soon. */
bool trim_due(struct trim *trim, uint64_t used, uint64_t now_ms);
/* Gives it back. What that costs decides how soon it may be done again. */
void trim_run(struct trim *trim, uint64_t used, uint64_t now_ms);
/* Bytes of the process that are in memory; 0: nobody says. */
uint64_t trim_resident_bytes(void);

/* Of a trim, and of the memory of the process. */
extern const struct metric_table trim_metrics;

#endif
