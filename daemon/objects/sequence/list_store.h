/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a list keeps its items: a vector with room at both ends. Included only by list_*.c.
 *
 * An item is the address of a cell; its lowest bit says that the value has refs. */
#ifndef OBJECTS_LIST_STORE_H
#define OBJECTS_LIST_STORE_H

#include "daemon/engine/core.h"
#include "daemon/objects/python/value_copy.h"

enum { LIST_ITEM_REFS = 1 };

struct list_store {
    struct trash trash; /* for a store that its list has released */
    uint64_t cap;       /* number of places */
    uint64_t first;     /* place of the first item */
    uint64_t count;
    uintptr_t items[];
};

struct list {
    struct object object;
    struct list_store *store; /* owned; NULL: empty */
};

static inline struct list *list_of(struct object *object)
{
    return (struct list *)object;
}

static inline uint64_t list_size(const struct list *list)
{
    return list->store == NULL ? 0 : list->store->count;
}

/* The items in order; invalid after any change of their number. NULL if the list never had any. */
static inline uintptr_t *list_items(const struct list *list)
{
    return list->store == NULL ? NULL : &list->store->items[list->store->first];
}

static inline bool list_item_refs(uintptr_t item)
{
    return (item & LIST_ITEM_REFS) != 0;
}

static inline struct bytes list_item_value(uintptr_t item)
{
    return cell_bytes((const uint8_t *)(item & ~(uintptr_t)LIST_ITEM_REFS));
}

static inline struct bytes list_value(const struct list *list, uint64_t at)
{
    return list_item_value(list_items(list)[at]);
}

/* Makes room for n more items before position `at`. Amortised O(n) at both ends. */
bool list_reserve(struct mem *mem, struct list *list, uint64_t at, uint64_t n)
    __attribute__((warn_unused_result));
/* Opens a gap of n before `at`, after list_reserve with the same arguments, and returns it. */
uintptr_t *list_open(struct list *list, uint64_t at, uint64_t n);
/* Removes n items from `at` on from the vector. The caller has taken care of the items. */
void list_close(struct mem *mem, struct list *list, uint64_t at, uint64_t n);
/* Empties the list in O(1); the memory is freed later. The caller takes care of the refs. */
void list_release(struct engine *engine, struct list *list);

#endif
