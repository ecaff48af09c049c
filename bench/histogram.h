/* SPDX-License-Identifier: BSD-2-Clause */
/* Latencies in buckets of about 3 %: any quantile without keeping samples. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB = 32, HISTOGRAM_BUCKETS = 64 * HISTOGRAM_SUB };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
};

void histogram_add(struct histogram *histogram, uint64_t value);
/* The value below which the fraction q (0..1) lies. */
uint64_t histogram_quantile(const struct histogram *histogram, double q);

#endif
