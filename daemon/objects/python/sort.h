/* SPDX-License-Identifier: BSD-2-Clause */
/* A stable sort of values by Python's `<`. */
#ifndef OBJECTS_SORT_H
#define OBJECTS_SORT_H

#include "daemon/engine/mem.h"
#include "wire/value/value.h"

struct sort_item {
    struct bytes value; /* encoding */
    uint64_t from;      /* the caller's: which item it is */
    uint64_t key;       /* the sort's own */
};

enum sort_status {
    SORT_OK,
    SORT_INCOMPARABLE, /* TypeError: '<' is not supported between fault's x and y */
    SORT_NOMEM,        /* or the budget is over */
};

/* Unless SORT_OK the items are worthless afterwards: sort a copy. Only `later < earlier` is ever
 * asked, as in Python, so that NaN and errors come out alike. */
enum sort_status sort_values(struct mem *mem, struct sort_item *items, size_t count,
                             struct val_kinds *fault, struct val_budget *budget);

#endif
