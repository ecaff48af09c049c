/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorting of canonical entries in place, O(n log n) for any input. */
#ifndef WIRE_CANON_SORT_H
#define WIRE_CANON_SORT_H

#include "wire/value/value_canon.h"

/* Sorts by hash, then length, then bytes; the entries' offsets count from base. */
void canon_sort(const uint8_t *base, struct canon_entry *entries, size_t count);

#endif
