/* SPDX-License-Identifier: BSD-2-Clause */
/* An argument read into a table: set(x) or dict(x), as Python reads it. */
#ifndef OBJECTS_TABLE_ARGS_H
#define OBJECTS_TABLE_ARGS_H

#include "daemon/objects/table/table_bulk.h"

struct ctx;
struct object;

/* Temporary tables: the distinct items of anything iterable, the pairs of anything that dict()
 * takes. Give back with table_free. -1: fail() was called, nothing to free. */
int collect_items(struct ctx *ctx, struct bytes items, struct table *table)
    __attribute__((warn_unused_result));
int collect_pairs(struct ctx *ctx, struct bytes items, struct table *table)
    __attribute__((warn_unused_result));

/* The same into a bulk, at most limits.bulk_items. -1: fail() was called; the bulk is undone. */
typedef int bulk_fill_fn(struct ctx *ctx, struct bulk *bulk, struct bytes items);
bulk_fill_fn bulk_items __attribute__((warn_unused_result));
bulk_fill_fn bulk_pairs __attribute__((warn_unused_result));

/* For create: into an object's table that was just initialised, refs and all. init may be empty.
 * -1: fail() was called, nothing is left behind. */
int collect_init(struct ctx *ctx, struct object *object, struct bytes init, bulk_fill_fn *fill)
    __attribute__((warn_unused_result));
/* For update: into ctx->object. -1: fail() was called, nothing changed. */
int collect_update(struct ctx *ctx, struct bytes items, bulk_fill_fn *fill)
    __attribute__((warn_unused_result));

#endif
