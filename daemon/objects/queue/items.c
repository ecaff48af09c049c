/* SPDX-License-Identifier: BSD-2-Clause */
/* Several items: put together, linked in lists, or discarded at once. */
#include "daemon/objects/queue/items.h"

#include "daemon/objects/python/iterable.h"
#include "daemon/objects/queue/item_tree.h"

/* ---- put together ---- */

void items_add(struct items *items, struct item *item)
{
    item->next = NULL;
    *(items->last == NULL ? &items->first : &items->last->next) = item;
    items->last = item;
    items->count++;
}

static int items_fill(struct ctx *ctx, struct iterable *it, bool refs, struct items *items)
{
    struct bytes value;
    while (iterable_next(it, &value)) {
        struct item *item = item_copy(ctx, value, refs && value_has_refs(ctx, value));
        if (item == NULL) {
            items_free(ctx_mem(ctx), items);
            return -1;
        }
        items_add(items, item);
    }
    return 0;
}

int items_read(struct ctx *ctx, struct object *object, struct bytes iterable, struct items *items)
{
    struct iterable it;
    *items = (struct items){0};
    if (iterable_open(ctx, iterable, &it) < 0)
        return -1;
    bool refs = value_has_refs(ctx, iterable);
    int status = bulk_check(ctx, it.count, STEPS_STORE);
    if (status == 0 && refs)
        status = refs_reserve(ctx, object, iterable);
    if (status == 0)
        status = items_fill(ctx, &it, refs, items);
    iterable_close(&it);
    return status;
}

void items_enter(struct ctx *ctx, struct object *object, const struct items *items)
{
    for (const struct item *item = items->first; item != NULL; item = item->next)
        item_enter(ctx, object, item);
}

void items_free(struct mem *mem, struct items *items)
{
    struct item *next;
    for (struct item *item = items->first; item != NULL; item = next) {
        next = item->next;
        item_delete(mem, item);
    }
    *items = (struct items){0};
}

/* ---- discarding many ---- */

/* Removes one item of a tree that is only there to be freed: rotates until there is no left
 * branch. */
static struct item *tree_shed(struct item **tree)
{
    struct item *top = *tree;
    struct item *left;
    while ((left = RB_LEFT(top, by_order)) != NULL) {
        RB_LEFT(top, by_order) = RB_RIGHT(left, by_order);
        RB_RIGHT(left, by_order) = top;
        top = left;
    }
    *tree = RB_RIGHT(top, by_order);
    return top;
}

static bool items_sweep(struct mem *mem, struct trash *trash, size_t budget)
{
    struct item *carrier = (struct item *)trash;
    struct item *item;
    while ((item = carrier->gone.list) != NULL || carrier->gone.tree != NULL) {
        if (budget-- == 0)
            return true;
        if (item != NULL)
            carrier->gone.list = item->next;
        else
            item = tree_shed(&carrier->gone.tree);
        item_delete(mem, item);
    }
    item_delete(mem, carrier);
    return false;
}

struct item *items_bundle(struct item *line, struct item *tree)
{
    struct item *carrier = line;
    if (line != NULL) {
        line = line->next;
    } else if (tree != NULL) {
        struct item_tree rest = {.rbh_root = tree};
        carrier = item_tree_first(&rest);
        item_tree_del(&rest, carrier);
        tree = RB_ROOT(&rest);
    } else {
        return NULL;
    }
    carrier->gone.trash = (struct trash){.sweep = items_sweep};
    carrier->gone.list = line;
    carrier->gone.tree = tree;
    return carrier;
}

void items_discard(struct engine *engine, struct item *line, struct item *tree)
{
    struct item *carrier = items_bundle(line, tree);
    if (carrier != NULL)
        engine_discard(engine, &carrier->gone.trash);
}

/* ---- lists ---- */

void item_list_add(struct item_list *list, struct item *item)
{
    item->kept_next = NULL;
    item->kept_prev = list->last;
    *(list->last == NULL ? &list->first : &list->last->kept_next) = item;
    list->last = item;
}

void item_list_del(struct item_list *list, struct item *item)
{
    *(item->kept_prev == NULL ? &list->first : &item->kept_prev->kept_next) = item->kept_next;
    *(item->kept_next == NULL ? &list->last : &item->kept_next->kept_prev) = item->kept_prev;
}
