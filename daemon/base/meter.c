/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures the turns of the loop. CPU time as well as wall time, to tell slow turns from turns
 * that another process interrupted. */
#include "daemon/base/meter.h"

#include <time.h>

static uint64_t us_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void keep_larger(uint64_t *longest, uint64_t us)
{
    if (us > *longest)
        *longest = us;
}

void meter_init(struct meter *meter)
{
    *meter = (struct meter){.began_wall_us = us_of(CLOCK_MONOTONIC),
                            .ended_cpu_us = us_of(CLOCK_THREAD_CPUTIME_ID)};
}

void meter_begin(struct meter *meter)
{
    meter->began_wall_us = us_of(CLOCK_MONOTONIC);
}

void meter_end(struct meter *meter)
{
    uint64_t cpu_us = us_of(CLOCK_THREAD_CPUTIME_ID);
    keep_larger(&meter->longest_wall_us, us_of(CLOCK_MONOTONIC) - meter->began_wall_us);
    keep_larger(&meter->longest_cpu_us, cpu_us - meter->ended_cpu_us);
    meter->turns++;
    meter->slow_turns += cpu_us - meter->ended_cpu_us > METER_SLOW_US;
    meter->ended_cpu_us = cpu_us;
}

static const struct metric metrics[] = {
    {"turns", METRIC_COUNTER, "Turns of the event loop", METRIC_AT(struct meter, turns)},
    {"slow_turns", METRIC_COUNTER, "Turns that took more than 1 ms of CPU time",
     METRIC_AT(struct meter, slow_turns)},
    {"longest_turn_cpu_us", METRIC_GAUGE, "CPU time of the longest turn so far, in microseconds",
     METRIC_AT(struct meter, longest_cpu_us)},
    {"longest_turn_wall_us", METRIC_GAUGE, "Duration of the longest turn so far, in microseconds",
     METRIC_AT(struct meter, longest_wall_us)},
};
const struct metric_table meter_metrics = METRIC_TABLE(metrics);
