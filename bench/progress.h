/* SPDX-License-Identifier: BSD-2-Clause */
/* One line on a terminal, once a second, that says how far a run is. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool wanted;
    uint64_t next_us; /* when it is told again */
    uint64_t last_us; /* when it was told, */
    uint64_t replies; /* and how many there were */
};

void progress_begin(struct progress *progress, bool quiet);
/* fraction: how much is done, 0..1. */
void progress_tell(struct progress *progress, uint64_t at_us, uint64_t replies, double fraction);
void progress_end(struct progress *progress);

#endif
