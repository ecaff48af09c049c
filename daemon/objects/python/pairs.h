/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks an argument as Python's dict(x) does: a dict, or an iterable of pairs. */
#ifndef OBJECTS_PAIRS_H
#define OBJECTS_PAIRS_H

#include "daemon/objects/python/iterable.h"

struct pairs {
    struct iterable items;   /* the argument, if it is not a dict */
    struct iterable element; /* the current pair, if the argument is not a dict */
    struct val_iter at;      /* position in a dict */
    size_t count;            /* number of pairs */
    size_t index;            /* index of the next pair */
    bool is_dict;
    bool element_open;
};

/* -1: fail() was called, nothing to close. */
int pairs_open(struct ctx *ctx, struct bytes value, struct pairs *pairs)
    __attribute__((warn_unused_result));
/* Gives the next pair, borrowed until the next call. 1: a pair, 0: no more, -1: fail() was
 * called. */
int pairs_next(struct ctx *ctx, struct pairs *pairs, struct bytes *key, struct bytes *value)
    __attribute__((warn_unused_result));
void pairs_close(struct pairs *pairs);

#endif
