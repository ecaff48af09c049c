/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads an argument into a table, as Python's set(x) or dict(x) does. */
#ifndef OBJECTS_TABLE_ARGS_H
#define OBJECTS_TABLE_ARGS_H

#include "daemon/objects/table/table_bulk.h"

struct ctx;
struct object;

/* Fills a temporary table with the distinct items of an iterable, or with the pairs that dict()
 * would take. Free it with table_free. -1: fail() was called, nothing to free. */
int collect_items(struct ctx *ctx, struct bytes items, struct table *table)
    __attribute__((warn_unused_result));
int collect_pairs(struct ctx *ctx, struct bytes items, struct table *table)
    __attribute__((warn_unused_result));

/* Does so into a bulk, for at most limits.bulk_items. -1: fail() was called; the bulk is undone. */
typedef int bulk_fill_fn(struct ctx *ctx, struct bulk *bulk, struct bytes items);
bulk_fill_fn bulk_items __attribute__((warn_unused_result));
bulk_fill_fn bulk_pairs __attribute__((warn_unused_result));

/* For create: fills an object's new table, and counts the refs. init may be empty. -1: fail()
 * was called, nothing is left behind. */
int collect_init(struct ctx *ctx, struct object *object, struct bytes init, bulk_fill_fn *fill)
    __attribute__((warn_unused_result));
/* For update: fills the table of ctx->object. -1: fail() was called, nothing changed. */
int collect_update(struct ctx *ctx, struct bytes items, bulk_fill_fn *fill)
    __attribute__((warn_unused_result));

#endif
