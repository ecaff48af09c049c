/* SPDX-License-Identifier: BSD-2-Clause */
/* A stable sort of values by Python's `<`. */
#ifndef OBJECTS_SORT_H
#define OBJECTS_SORT_H

#include "daemon/engine/mem.h"
#include "wire/value/value.h"

struct sort_item {
    struct bytes value; /* encoded value */
    uint64_t from;      /* set by the caller: index of the item */
    uint64_t key;       /* used by the sort */
};

enum sort_status {
    SORT_OK,
    SORT_INCOMPARABLE, /* TypeError: '<' is not supported between fault's x and y */
    SORT_NOMEM,        /* out of memory, or the budget is over */
};

/* Unless SORT_OK, the order of the items is undefined afterwards: sort a copy. Only `later <
 * earlier` is asked, as in Python, so that NaN and errors have the same outcome. */
enum sort_status sort_values(struct mem *mem, struct sort_item *items, size_t count,
                             struct val_kinds *fault, struct val_budget *budget);

#endif
