/* SPDX-License-Identifier: BSD-2-Clause */
/* Most of the order of values as numbers, and sorting by those. */
#ifndef OBJECTS_SORT_KEY_H
#define OBJECTS_SORT_KEY_H

#include "daemon/objects/python/sort.h"

enum sort_keys {
    SORT_KEYS_NONE,  /* the values have no such numbers */
    SORT_KEYS_PART,  /* the smaller number is the smaller value; the same one says nothing */
    SORT_KEYS_WHOLE, /* and the same number is an equal value */
};

/* Gives each item its key, when all are ints or all strs, or all lists or tuples that begin with
 * those. SORT_KEYS_NONE also when the budget is over. */
enum sort_keys sort_keys_make(struct sort_item *items, size_t count, struct val_budget *budget);

/* Sorts by keys, stable; spare has room for as many items. False: the budget is over, and the order
 * is as it was. */
bool sort_keys_order(struct sort_item *items, struct sort_item *spare, size_t count,
                     struct val_budget *budget);

#endif
