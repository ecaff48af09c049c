/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks an argument as Python iterates over it. */
#ifndef OBJECTS_ITERABLE_H
#define OBJECTS_ITERABLE_H

#include "wire/base/buf.h"
#include "wire/value/value.h"

struct ctx;

struct iterable {
    struct val of; /* the container to walk: the argument, or the list in expanded */
    struct val_iter at;
    size_t count;        /* number of items */
    struct buf expanded; /* a str's characters or the numbers of bytes, as a list */
};

/* Opens the items of a list, tuple, set or frozenset, the keys of a dict, the characters of a
 * str, the numbers of bytes. Other kinds: TYPE "'int' object is not iterable". A str or bytes
 * longer than limits.bulk_items: LIMIT, because it is expanded. -1: fail() was called, nothing
 * to close. */
int iterable_open(struct ctx *ctx, struct bytes value, struct iterable *it)
    __attribute__((warn_unused_result));
/* Gives the next item, borrowed until iterable_close. False: no more. */
bool iterable_next(struct iterable *it, struct bytes *item);
void iterable_close(struct iterable *it);

/* The cost of an item in steps of work_take, in operations on many items. */
enum {
    STEPS_MOVE = 1,   /* moving its address */
    STEPS_VISIT = 4,  /* looking at it, or copying it into a reply */
    STEPS_STORE = 10, /* allocating or freeing its memory */
    STEPS_FIND = 20,  /* looking it up in a table */
    STEPS_ENTER = 40, /* putting it into a table */
};

/* Refuses more items than limits.bulk_items, or more work than limits.work at that many steps
 * per item: LIMIT, -1. */
int bulk_check(struct ctx *ctx, uint64_t items, unsigned steps) __attribute__((warn_unused_result));

#endif
