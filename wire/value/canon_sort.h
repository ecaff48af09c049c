/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorting of canonical entries in place, O(n log n) for any input. */
#ifndef WIRE_CANON_SORT_H
#define WIRE_CANON_SORT_H

#include "wire/value/value_canon.h"

/* By hash, then length, then bytes; base is what the entries' offsets count from. */
void canon_sort(const uint8_t *base, struct canon_entry *entries, size_t count);

#endif
