/* SPDX-License-Identifier: BSD-2-Clause */
/* The smaller and the larger one of two numbers. */
#ifndef WIRE_BOUNDS_H
#define WIRE_BOUNDS_H

#include <stdint.h>

static inline uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
