/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the n-th allocation fail: link with --wrap=malloc, --wrap=calloc, --wrap=realloc.
 * Assertions allocate as well: none between alloc_fail_at and alloc_fail_never. */
#ifndef TESTS_SUPPORT_ALLOC_H
#define TESTS_SUPPORT_ALLOC_H

#include <stddef.h>

/* The n-th allocation from now (1: the next) fails, once. Restarts the count. */
void alloc_fail_at(size_t n);
/* None fails. Keeps the count, so that `alloc_count() >= n` then tells whether the n-th was
 * reached. */
void alloc_fail_never(void);
/* Allocations since the last alloc_fail_at, those that failed included. */
size_t alloc_count(void);

#endif
