/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees of items, by age, by value, or by the time when they are due. */
#include "daemon/objects/queue/item_tree.h"

enum {
    STEPS_LEVEL = 5, /* cost of one item on the way down a tree */
    STEP_BYTES = 8,  /* bytes compared in one step, when the values are unknown */
};

static int order_of(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int item_compare_age(const struct item *a, const struct item *b)
{
    return order_of(a->seq, b->seq);
}

int item_compare_due(const struct item *a, const struct item *b)
{
    int order = order_of(a->due_ms, b->due_ms);
    return order != 0 ? order : order_of(a->seq, b->seq);
}

int item_compare_value(const struct item *a, const struct item *b)
{
    /* the item can no longer be refused; its put has checked that the work is affordable */
    struct val_budget none = {.left = UINT64_MAX};
    int order = item_values_order(item_value(a), item_value(b), &none);
    return order != 0 ? order : order_of(a->seq, b->seq);
}

/* Some of the generated functions are unused. */
RB_GENERATE_INTERNAL(item_tree, item, by_order, item_compare_age, __attribute__((unused)) static)

void item_tree_add(struct item_tree *tree, struct item *item, item_compare_fn *compare)
{
    struct item **place = &RB_ROOT(tree);
    struct item *parent = NULL;
    while (*place != NULL) {
        parent = *place;
        place =
            compare(item, parent) < 0 ? &RB_LEFT(parent, by_order) : &RB_RIGHT(parent, by_order);
    }
    RB_SET(item, parent, by_order);
    *place = item;
    (void)item_tree_RB_INSERT_COLOR(tree, item);
}

void item_tree_append(struct item_tree *tree, struct item *last, struct item *item)
{
    RB_SET(item, last, by_order);
    *(last == NULL ? &RB_ROOT(tree) : &RB_RIGHT(last, by_order)) = item;
    (void)item_tree_RB_INSERT_COLOR(tree, item);
}

void item_tree_del(struct item_tree *tree, struct item *item)
{
    (void)RB_REMOVE(item_tree, tree, item);
}

static struct item *outermost(const struct item_tree *tree, bool last)
{
    struct item *item = RB_ROOT(tree);
    struct item *found = NULL;
    while (item != NULL) {
        found = item;
        item = last ? RB_RIGHT(item, by_order) : RB_LEFT(item, by_order);
    }
    return found;
}

struct item *item_tree_first(const struct item_tree *tree)
{
    return outermost(tree, false);
}

struct item *item_tree_last(const struct item_tree *tree)
{
    return outermost(tree, true);
}

struct item *item_tree_next(struct item *item)
{
    return RB_NEXT(item_tree, NULL, item);
}

struct item *item_tree_prev(struct item *item)
{
    return RB_PREV(item_tree, NULL, item);
}

struct item *item_tree_after(const struct item_tree *tree, const struct item *probe,
                             item_compare_fn *compare)
{
    struct item *found = NULL;
    for (struct item *item = RB_ROOT(tree); item != NULL;) {
        if (compare(probe, item) < 0) {
            found = item;
            item = RB_LEFT(item, by_order);
        } else {
            item = RB_RIGHT(item, by_order);
        }
    }
    return found;
}

struct item *item_tree_before(const struct item_tree *tree, const struct item *probe,
                              item_compare_fn *compare)
{
    struct item *found = NULL;
    for (struct item *item = RB_ROOT(tree); item != NULL;) {
        if (compare(item, probe) < 0) {
            found = item;
            item = RB_RIGHT(item, by_order);
        } else {
            item = RB_LEFT(item, by_order);
        }
    }
    return found;
}

enum val_order item_values_meet(struct ctx *ctx, struct bytes a, struct bytes b)
{
    struct val_kinds kinds;
    enum val_order order = val_compare_within(a, b, &kinds, &ctx->work);
    if (order == VAL_INCOMPARABLE) {
        (void)fail(ctx, ERR_TYPE, "'<' not supported between instances of '%s' and '%s'",
                   val_type_name(kinds.x), val_type_name(kinds.y));
    } else if (order == VAL_ORDER_NOMEM) {
        (void)fail_unfinished(ctx);
    }
    return order;
}

int item_tree_afford(struct ctx *ctx, uint64_t present, uint64_t items, uint64_t bytes)
{
    uint64_t levels = 1;
    for (uint64_t all = present + items; all > 1; all /= 2)
        levels++;
    return work_take_each(ctx, items * STEPS_LEVEL + bytes / STEP_BYTES, levels);
}

int item_tree_meet(struct ctx *ctx, const struct item_tree *tree, struct bytes value)
{
    const struct item *item = RB_ROOT(tree);
    const struct item *between[2] = {NULL, NULL}; /* the items before and after */
    while (item != NULL) {
        bool smaller = item_values_order(value, item_value(item), &ctx->work) < 0;
        if (work_take(ctx, STEPS_LEVEL) < 0)
            return -1;
        between[smaller] = item;
        item = smaller ? RB_LEFT(item, by_order) : RB_RIGHT(item, by_order);
    }
    for (unsigned i = 0; i < 2; i++) {
        enum val_order order =
            between[i] == NULL ? VAL_EQUAL : item_values_meet(ctx, value, item_value(between[i]));
        if (order == VAL_INCOMPARABLE || order == VAL_ORDER_NOMEM)
            return -1;
    }
    return 0;
}
