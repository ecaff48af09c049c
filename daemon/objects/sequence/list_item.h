/* SPDX-License-Identifier: BSD-2-Clause */
/* Items of a list: made before a change, entered or removed with it. Included only by list_*.c. */
#ifndef OBJECTS_LIST_ITEM_H
#define OBJECTS_LIST_ITEM_H

#include "daemon/objects/sequence/list_store.h"

/* Addresses moved in one step of work_take when items are inserted or removed. */
enum { LIST_STEP_ITEMS = 8 };

/* Makes a new item: a copy of the value, with its refs reserved. 0: fail() was called. */
uintptr_t list_item_new(struct ctx *ctx, struct list *list, struct bytes value)
    __attribute__((warn_unused_result));
/* Makes a copy of an item of the list. 0: fail() was called. */
uintptr_t list_item_again(struct ctx *ctx, uintptr_t item) __attribute__((warn_unused_result));
/* Frees an item that was never in the list. */
void list_item_cancel(struct mem *mem, uintptr_t item);
/* Counts the refs of an item that is in the list now. */
void list_item_enter(struct ctx *ctx, struct list *list, uintptr_t item);
/* Whether the item's refs may be counted or dropped that many times. -1: fail() was called. */
int list_item_afford(struct ctx *ctx, uintptr_t item, uint64_t times)
    __attribute__((warn_unused_result));
/* Uncounts the refs of an item that left the list, and frees it. */
void list_item_leave(struct ctx *ctx, struct list *list, uintptr_t item);

/* New items, copied from an iterable. */
struct list_batch {
    uintptr_t *items;
    uint64_t count;
};
/* -1: fail() was called. */
int list_batch_read(struct ctx *ctx, struct list *list, struct bytes iterable,
                    struct list_batch *batch) __attribute__((warn_unused_result));
/* Frees the batch with the items that were not used. */
void list_batch_cancel(struct mem *mem, struct list_batch *batch);
/* Copies all items to `to` (places of the list), counts their refs and frees the batch. */
void list_batch_enter(struct ctx *ctx, struct list *list, struct list_batch *batch, uintptr_t *to);
/* Frees the batch, whose items are in the list now. */
void list_batch_done(struct mem *mem, struct list_batch *batch);

/* Empties the list in O(1) and reports the change. */
void list_empty(struct ctx *ctx, struct list *list);

/* Positions from..to - 1. */
struct list_span {
    uint64_t from, to;
};
/* Finds the first item in the span that equals the value. 1: found, 0: none, -1: fail() was
 * called. */
int list_find(struct ctx *ctx, struct bytes value, struct list_span span, uint64_t *at)
    __attribute__((warn_unused_result));

#endif
