/* SPDX-License-Identifier: BSD-2-Clause */
/* start:stop:step over a sequence, as Python's slice.indices. */
#ifndef OBJECTS_SLICE_H
#define OBJECTS_SLICE_H

#include "daemon/engine/core.h"

/* The arguments as received; empty and None mean "not given". */
struct slice_args {
    struct bytes start, stop, step;
};

/* Items first, first + step, ... (count of them), all inside the sequence. */
struct slice {
    int64_t first; /* with step 1 and count 0: the position for an insertion */
    int64_t step;
    uint64_t count;
};

/* -1: fail() was called. length <= INT64_MAX. */
int slice_read(struct ctx *ctx, const struct slice_args *args, uint64_t length, struct slice *slice)
    __attribute__((warn_unused_result));

/* The position of the slice's n-th item; n < count. */
static inline uint64_t slice_at(const struct slice *slice, uint64_t n)
{
    return (uint64_t)(slice->first + (int64_t)n * slice->step);
}

/* The same items in ascending order. */
struct slice slice_ascending(struct slice slice);

#endif
