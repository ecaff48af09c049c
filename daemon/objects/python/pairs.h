/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks an argument as Python's dict(x) reads it: a dict, or something that gives pairs. */
#ifndef OBJECTS_PAIRS_H
#define OBJECTS_PAIRS_H

#include "daemon/objects/python/iterable.h"

struct pairs {
    struct iterable items;   /* of what is no dict */
    struct iterable element; /* the current pair, when it is no dict */
    struct val_iter at;      /* of a dict */
    size_t count;            /* pairs in all */
    size_t index;            /* of the next one */
    bool is_dict;
    bool element_open;
};

/* -1: fail() was called, nothing to close. */
int pairs_open(struct ctx *ctx, struct bytes value, struct pairs *pairs)
    __attribute__((warn_unused_result));
/* The next pair, borrowed until the next call. 1; 0 at the end; -1: fail() was called. */
int pairs_next(struct ctx *ctx, struct pairs *pairs, struct bytes *key, struct bytes *value)
    __attribute__((warn_unused_result));
void pairs_close(struct pairs *pairs);

#endif
