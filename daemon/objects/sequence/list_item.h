/* SPDX-License-Identifier: BSD-2-Clause */
/* Items of a list: made before the change, entered and left with it. Only list_*.c include this. */
#ifndef OBJECTS_LIST_ITEM_H
#define OBJECTS_LIST_ITEM_H

#include "daemon/objects/sequence/list_store.h"

/* Addresses that one step of work_take moves, where items come in or go among others. */
enum { LIST_STEP_ITEMS = 8 };

/* An item to be: a copy of the value, its refs reserved. 0: fail() was called. */
uintptr_t list_item_new(struct ctx *ctx, struct list *list, struct bytes value)
    __attribute__((warn_unused_result));
/* A copy of one that is in the list. 0: fail() was called. */
uintptr_t list_item_again(struct ctx *ctx, uintptr_t item) __attribute__((warn_unused_result));
/* Frees one that never was in the list. */
void list_item_cancel(struct mem *mem, uintptr_t item);
/* It is in the list now: counts its refs. */
void list_item_enter(struct ctx *ctx, struct list *list, uintptr_t item);
/* Whether its refs may be counted or dropped so many times over. -1: fail() was called. */
int list_item_afford(struct ctx *ctx, uintptr_t item, uint64_t times)
    __attribute__((warn_unused_result));
/* It is out of the list: counts its refs and frees it. */
void list_item_leave(struct ctx *ctx, struct list *list, uintptr_t item);

/* Items to be, copied from an iterable. */
struct list_batch {
    uintptr_t *items;
    uint64_t count;
};
/* -1: fail() was called. */
int list_batch_read(struct ctx *ctx, struct list *list, struct bytes iterable,
                    struct list_batch *batch) __attribute__((warn_unused_result));
/* Frees the items that were not used and the batch. */
void list_batch_cancel(struct mem *mem, struct list_batch *batch);
/* Copies all of them to `to` (places of the list), counts their refs and frees the batch. */
void list_batch_enter(struct ctx *ctx, struct list *list, struct list_batch *batch, uintptr_t *to);
/* Frees the batch, whose items are in the list already. */
void list_batch_done(struct mem *mem, struct list_batch *batch);

/* Takes everything out in O(1), with the change told. */
void list_empty(struct ctx *ctx, struct list *list);

/* Positions from..to - 1. */
struct list_span {
    uint64_t from, to;
};
/* The first item in the span that equals the value: 1, 0 when there is none, -1: fail() was called.
 */
int list_find(struct ctx *ctx, struct bytes value, struct list_span span, uint64_t *at)
    __attribute__((warn_unused_result));

#endif
