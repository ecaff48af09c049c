/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks an argument as Python iterates over it. */
#ifndef OBJECTS_ITERABLE_H
#define OBJECTS_ITERABLE_H

#include "wire/base/buf.h"
#include "wire/value/value.h"

struct ctx;

struct iterable {
    struct val of; /* what is walked: the argument, or the list in expanded */
    struct val_iter at;
    size_t count;        /* items in all */
    struct buf expanded; /* a str's characters or the numbers of bytes, as a list; else unused */
};

/* list, tuple, set, frozenset: their items. dict: its keys. str: its characters. bytes: its
 * numbers. Others: TYPE "'int' object is not iterable". A str or bytes is expanded: longer than
 * limits.bulk_items is LIMIT. -1: fail() was called and there is nothing to close. */
int iterable_open(struct ctx *ctx, struct bytes value, struct iterable *it)
    __attribute__((warn_unused_result));
/* The next item; borrowed until iterable_close. False at the end. */
bool iterable_next(struct iterable *it, struct bytes *item);
void iterable_close(struct iterable *it);

/* What an item costs, in steps of work_take, where many are dealt with at once. */
enum {
    STEPS_MOVE = 1,   /* its address is moved */
    STEPS_VISIT = 4,  /* it is looked at, or copied into a reply */
    STEPS_STORE = 10, /* memory is taken or given back for it */
    STEPS_FIND = 20,  /* it is looked for in a table */
    STEPS_ENTER = 40, /* it is put into a table */
};

/* More items than limits.bulk_items, or more work than limits.work at so many steps for each:
 * LIMIT, -1. */
int bulk_check(struct ctx *ctx, uint64_t items, unsigned steps) __attribute__((warn_unused_result));

#endif
