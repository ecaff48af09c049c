/* SPDX-License-Identifier: BSD-2-Clause */
/* The load: many connections, one loop. */
#ifndef BENCH_GENERATOR_H
#define BENCH_GENERATOR_H

#include "bench/dial.h"
#include "bench/plan.h"
#include "bench/tally.h"

/* Prepares what the workload needs, runs it, and fills *tally, as far as it came in any case.
 * Neither ENDING_DONE nor ENDING_STOPPED: *why says why. */
enum ending generator_run(const struct plan *plan, struct dial *dial, struct tally *tally,
                          struct buf *why) __attribute__((warn_unused_result));

#endif
