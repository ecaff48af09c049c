/* SPDX-License-Identifier: BSD-2-Clause */
/* Log-linear buckets: 32 for each power of two. */
#include "bench/histogram.h"

static unsigned bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_SUB)
        return (unsigned)value;
    unsigned power = 63 - (unsigned)__builtin_clzll(value);
    return (power - 4) * HISTOGRAM_SUB + (unsigned)((value >> (power - 5)) & (HISTOGRAM_SUB - 1));
}

static uint64_t value_of(unsigned bucket)
{
    if (bucket < HISTOGRAM_SUB)
        return bucket;
    unsigned power = bucket / HISTOGRAM_SUB + 4;
    return (UINT64_C(1) << power) + ((uint64_t)(bucket % HISTOGRAM_SUB) << (power - 5));
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    unsigned bucket = bucket_of(value);
    histogram->counts[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
    histogram->total++;
}

uint64_t histogram_quantile(const struct histogram *histogram, double q)
{
    uint64_t below = (uint64_t)(q * (double)histogram->total), seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen > below)
            return value_of(i);
    }
    return 0;
}
