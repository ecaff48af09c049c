/* SPDX-License-Identifier: BSD-2-Clause */
/* Several items: put together, linked in lists, or discarded at once. */
#ifndef OBJECTS_ITEMS_H
#define OBJECTS_ITEMS_H

#include "daemon/objects/queue/item.h"

/* Items linked by `next`. */
struct items {
    struct item *first, *last;
    uint64_t count;
};

/* Items linked in both directions. */
struct item_list {
    struct item *first, *last;
};

/* Reads all items of an iterable. -1: fail() was called. */
int items_read(struct ctx *ctx, struct object *object, struct bytes iterable, struct items *items)
    __attribute__((warn_unused_result));
void items_add(struct items *items, struct item *item);
/* item_enter for each item. */
void items_enter(struct ctx *ctx, struct object *object, const struct items *items);
/* Frees new items at once. */
void items_free(struct mem *mem, struct items *items);
/* Bundles a line and a tree: one item carries all the others (item.gone) and is discarded with
 * them; NULL: there is none. */
struct item *items_bundle(struct item *line, struct item *tree);
/* Frees the memory of a line and a tree in slices; either may be NULL. */
void items_discard(struct engine *engine, struct item *line, struct item *tree);

void item_list_add(struct item_list *list, struct item *item);
void item_list_del(struct item_list *list, struct item *item);

#endif
