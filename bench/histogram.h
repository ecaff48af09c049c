/* SPDX-License-Identifier: BSD-2-Clause */
/* Latencies in buckets of at most 1.6 %: any quantile without keeping samples. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BITS = 6, /* buckets of a power of two, as a power of two */
    HISTOGRAM_SUB = 1 << HISTOGRAM_BITS,
    HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS + 1) * HISTOGRAM_SUB
};

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t most; /* the largest value, exact */
};

void histogram_add(struct histogram *histogram, uint64_t value);
/* The least value of the bucket in which the fraction q (0..1) of all values is reached; 0: none.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double q);

#endif
