/* SPDX-License-Identifier: BSD-2-Clause */
/* What came out of a run. */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include "bench/histogram.h"

enum { TALLY_TEXT = 160 };

struct tally {
    uint64_t replies;
    uint64_t misses, errors; /* of the replies */
    uint64_t values;         /* requests or replies that carried a value */
    double seconds;
    double server_cpu_s;      /* < 0: not measured */
    double server_grew_bytes; /* its resident memory; < 0: not measured */
    struct histogram latency; /* microseconds */
    char wrong[TALLY_TEXT];   /* what was wrong with the first miss or error */
    char said[TALLY_TEXT];    /* what the server said without being asked, the last of it */
};

#endif
