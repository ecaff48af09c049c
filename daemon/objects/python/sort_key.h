/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that give most of the order of values, and sorting by them. */
#ifndef OBJECTS_SORT_KEY_H
#define OBJECTS_SORT_KEY_H

#include "daemon/objects/python/sort.h"

enum sort_keys {
    SORT_KEYS_NONE,  /* the values have no such keys */
    SORT_KEYS_PART,  /* a smaller key means a smaller value; equal keys tell nothing */
    SORT_KEYS_WHOLE, /* as SORT_KEYS_PART, and equal keys mean equal values */
};

/* Makes the keys if all values are ints, or all are strs, or all are lists or tuples that begin
 * with such. SORT_KEYS_NONE also if the budget is over. */
enum sort_keys sort_keys_make(struct sort_item *items, size_t count, struct val_budget *budget);

/* Sorts by keys, stable; spare has room for count items. False: the budget is over, and the
 * order is unchanged. */
bool sort_keys_order(struct sort_item *items, struct sort_item *spare, size_t count,
                     struct val_budget *budget);

#endif
