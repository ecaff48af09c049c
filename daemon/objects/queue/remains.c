/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of bundles of items, taken apart one item at a time. Only values are saved: nothing else
 * of the items matters any more. */
#include "daemon/objects/queue/remains.h"

#include "daemon/objects/queue/item_tree.h"

static void bundle_add(struct remains *remains, struct item *bundle)
{
    if (remains->last == NULL)
        remains->first = bundle;
    else
        remains->last->gone.trash.next = &bundle->gone.trash;
    remains->last = bundle;
}

static struct item *bundle_next(const struct item *bundle)
{
    return (struct item *)bundle->gone.trash.next;
}

void remains_add(struct ctx *ctx, struct object *object, struct remains *remains, struct item *line,
                 struct item *tree, uint64_t count)
{
    struct item *bundle = items_bundle(line, tree);
    if (bundle != NULL) {
        bundle_add(remains, bundle);
        remains->count += count;
        object_mark(ctx, object);
    }
}

/* The next item of a bundle: those of the line, those of the tree, then the one that carries
 * them. */
static struct item *next_of(const struct item *bundle)
{
    if (bundle->gone.list != NULL)
        return bundle->gone.list;
    return bundle->gone.tree != NULL
               ? item_tree_first(&(struct item_tree){.rbh_root = bundle->gone.tree})
               : NULL;
}

static struct item *take(struct remains *remains)
{
    struct item *bundle = remains->first;
    struct item *item = next_of(bundle);
    remains->count--;
    if (item == NULL) {
        remains->first = bundle_next(bundle);
        if (remains->first == NULL)
            remains->last = NULL;
        return bundle;
    }
    if (bundle->gone.list != NULL) {
        bundle->gone.list = item->next;
    } else {
        struct item_tree tree = {.rbh_root = bundle->gone.tree};
        item_tree_del(&tree, item);
        bundle->gone.tree = RB_ROOT(&tree);
    }
    return item;
}

static uint64_t cost_of(const struct item *item)
{
    return item->refs ? 1 + item->len / REMAINS_SPEND_BYTES : 1;
}

void remains_drop(struct ctx *ctx, struct object *object, struct remains *remains)
{
    while (remains->first != NULL) {
        if (refs_targets(object) == 0) {
            remains_discard(ctx->engine, remains);
            return;
        }
        const struct item *next = next_of(remains->first);
        if (!ctx_spend_on(ctx, cost_of(next != NULL ? next : remains->first)))
            return;
        struct item *item = take(remains);
        item_leave(ctx, object, item);
        item_delete(ctx_mem(ctx), item);
    }
}

void remains_discard(struct engine *engine, struct remains *remains)
{
    struct item *next;
    for (struct item *bundle = remains->first; bundle != NULL; bundle = next) {
        next = bundle_next(bundle);
        engine_discard(engine, &bundle->gone.trash);
    }
    *remains = (struct remains){0};
}

void remains_save(const struct remains *remains, struct writer *out)
{
    writer_u64(out, remains->count);
    for (const struct item *bundle = remains->first; bundle != NULL; bundle = bundle_next(bundle)) {
        struct item_tree tree = {.rbh_root = bundle->gone.tree};
        for (const struct item *item = bundle->gone.list; item != NULL; item = item->next)
            writer_bytes(out, item_value(item));
        for (struct item *item = item_tree_first(&tree); item != NULL; item = item_tree_next(item))
            writer_bytes(out, item_value(item));
        writer_bytes(out, item_value(bundle));
    }
}

/* Loads all items into one bundle, which the last one carries. */
bool remains_load(struct mem *mem, struct remains *remains, struct reader *in)
{
    struct items items = {0};
    uint64_t count = reader_u64(in);
    for (uint64_t left = count; left > 0; left--) {
        struct item *item = item_load_value(mem, in);
        if (item == NULL) {
            items_free(mem, &items);
            return false;
        }
        if (left > 1) {
            items_add(&items, item);
            continue;
        }
        item->next = NULL;
        item = items_bundle(item, NULL);
        item->gone.list = items.first;
        bundle_add(remains, item);
        remains->count = count;
    }
    return reader_ok(in);
}
