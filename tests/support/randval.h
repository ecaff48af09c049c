/* SPDX-License-Identifier: BSD-2-Clause */
/* Random valid values, with a weight on ref cases. The same seed gives the same value. */
#ifndef TESTS_SUPPORT_RANDVAL_H
#define TESTS_SUPPORT_RANDVAL_H

#include "wire/base/buf.h"

/* Appends a Value with at most depth containers nested; moves *seed on. */
void randval(struct buf *out, uint64_t *seed, int depth);

/* The same, but one that can be a dict key. */
void randval_key(struct buf *out, uint64_t *seed, int depth);

/* A random number below bound (bound > 0). */
uint64_t randval_below(uint64_t *seed, uint64_t bound);

#endif
