/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees of items; the caller passes the order to each function. */
#ifndef OBJECTS_ITEM_TREE_H
#define OBJECTS_ITEM_TREE_H

#include "daemon/objects/queue/item.h"

RB_HEAD(item_tree, item);

/* < 0: a comes before b. Never 0 for two items. */
typedef int item_compare_fn(const struct item *a, const struct item *b);

/* The smaller number first. */
item_compare_fn item_compare_age;
/* The earlier due time first. */
item_compare_fn item_compare_due;
/* The smaller value first, by item_values_order; indistinct values by age. */
item_compare_fn item_compare_value;

/* < 0, 0, > 0: a total order of all values that takes no memory. It agrees with Python's < and
 * == wherever those are defined. Undefined when the budget is over. */
int item_values_order(struct bytes a, struct bytes b, struct val_budget *budget);

void item_tree_add(struct item_tree *tree, struct item *item, item_compare_fn *compare);
/* Adds an item that comes after all others; last: the last of them, NULL: none. */
void item_tree_append(struct item_tree *tree, struct item *last, struct item *item);
void item_tree_del(struct item_tree *tree, struct item *item);
/* NULL: the tree is empty. */
struct item *item_tree_first(const struct item_tree *tree);
struct item *item_tree_last(const struct item_tree *tree);
struct item *item_tree_next(struct item *item);
struct item *item_tree_prev(struct item *item);
/* The first item after the probe, or the last one before it; the probe need not be present. */
struct item *item_tree_after(const struct item_tree *tree, const struct item *probe,
                             item_compare_fn *compare);
struct item *item_tree_before(const struct item_tree *tree, const struct item *probe,
                              item_compare_fn *compare);
/* Checks that the value can be compared with its two neighbours in the tree (in the order of
 * values). -1: it cannot, there is no memory, or too much work: fail() was called. The result
 * does not depend on the order in which the items came. */
int item_tree_meet(struct ctx *ctx, const struct item_tree *tree, struct bytes value)
    __attribute__((warn_unused_result));
/* Charges the work of putting that many items, of that many bytes together, into a tree that has
 * `present` items: about as much as item_tree_meet for each, more for long values. -1: too much,
 * fail() was called. */
int item_tree_afford(struct ctx *ctx, uint64_t present, uint64_t items, uint64_t bytes)
    __attribute__((warn_unused_result));
/* Compares two values as item_tree_meet does. VAL_INCOMPARABLE and VAL_ORDER_NOMEM: fail() was
 * called. */
enum val_order item_values_meet(struct ctx *ctx, struct bytes a, struct bytes b);

#endif
