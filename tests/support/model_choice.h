/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a test takes its choices from: a seed, or the bytes of a fuzzer. */
#ifndef TESTS_SUPPORT_MODEL_CHOICE_H
#define TESTS_SUPPORT_MODEL_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choice {
    const uint8_t *at, *end; /* bytes that are not used yet */
    uint64_t *seed;          /* not NULL: choices without end */
};

/* A number below bound (0 < bound <= 65536). 0 when the bytes are used up. */
uint64_t choose(struct choice *c, uint64_t bound);
/* One in n. */
bool choose_rarely(struct choice *c, uint64_t n);
/* The bytes are used up. */
bool choice_over(const struct choice *c);

#endif
