/* SPDX-License-Identifier: BSD-2-Clause */
/* Items in an order, which whoever owns the tree says each time. */
#ifndef OBJECTS_ITEM_TREE_H
#define OBJECTS_ITEM_TREE_H

#include "daemon/objects/queue/item.h"

RB_HEAD(item_tree, item);

/* < 0: a comes before b. Never 0 for two items. */
typedef int item_compare_fn(const struct item *a, const struct item *b);

/* The smaller number first. */
item_compare_fn item_compare_age;
/* What is due first. */
item_compare_fn item_compare_due;
/* The smaller value first, as item_values_order says; what it does not tell apart, by age. */
item_compare_fn item_compare_value;

/* < 0, 0, > 0: a total order of all values that takes no memory. Where Python's < or == says
 * something about the two it says the same. Worthless when the budget is over. */
int item_values_order(struct bytes a, struct bytes b, struct val_budget *budget);

void item_tree_add(struct item_tree *tree, struct item *item, item_compare_fn *compare);
/* The same for one that comes after all others, of which last is the last one; NULL: there is none.
 */
void item_tree_append(struct item_tree *tree, struct item *last, struct item *item);
void item_tree_del(struct item_tree *tree, struct item *item);
/* NULL: there is none. */
struct item *item_tree_first(const struct item_tree *tree);
struct item *item_tree_last(const struct item_tree *tree);
struct item *item_tree_next(struct item *item);
struct item *item_tree_prev(struct item *item);
/* The first one behind the probe, the last one before it; the probe need not be in. */
struct item *item_tree_after(const struct item_tree *tree, const struct item *probe,
                             item_compare_fn *compare);
struct item *item_tree_before(const struct item_tree *tree, const struct item *probe,
                              item_compare_fn *compare);
/* -1: the value cannot be compared with one of the two that it would stand between in the tree (in
 * the order of values), there is no memory, or it takes too much work: fail() was called. Says the
 * same of the same items, in whatever order they came. */
int item_tree_meet(struct ctx *ctx, const struct item_tree *tree, struct bytes value)
    __attribute__((warn_unused_result));
/* About as much again, and more for long values: what it takes to put that many items, of so many
 * bytes together, into a tree that has `present`. -1: too much, fail() was called. */
int item_tree_afford(struct ctx *ctx, uint64_t present, uint64_t items, uint64_t bytes)
    __attribute__((warn_unused_result));
/* The same for two values: their order, if they have one; VAL_INCOMPARABLE and VAL_ORDER_NOMEM:
 * fail() was called. */
enum val_order item_values_meet(struct ctx *ctx, struct bytes a, struct bytes b);

#endif
