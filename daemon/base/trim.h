/* SPDX-License-Identifier: BSD-2-Clause */
/* Returns freed memory to the system after much was deleted. */
#ifndef DAEMON_TRIM_H
#define DAEMON_TRIM_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/metric.h"

struct trim {
    uint64_t high;     /* maximum bytes in use since the last trim */
    uint64_t unsorted; /* bytes in use at the last sort, or more */
    uint64_t rest_until_ms;
    uint64_t times, longest_us;
};

/* Has the allocator sort what was freed since the last time; call it in each turn. */
void trim_sort(struct trim *trim, uint64_t used);
/* Whether enough was freed since the last trim, and enough time has passed. */
bool trim_due(struct trim *trim, uint64_t used, uint64_t now_ms);
/* Trims. Its cost decides how soon the next trim may run. */
void trim_run(struct trim *trim, uint64_t used, uint64_t now_ms);
/* Resident memory of the process in bytes; 0: unknown. */
uint64_t trim_resident_bytes(void);

/* Metrics of a trim, and of the process's memory. */
extern const struct metric_table trim_metrics;

#endif
