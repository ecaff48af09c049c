/* SPDX-License-Identifier: BSD-2-Clause */
/* What dict, set and namespace share: an object that is a table, changed together with its refs.
 */
#ifndef OBJECTS_KEYED_H
#define OBJECTS_KEYED_H

#include "daemon/engine/core.h"
#include "daemon/objects/table/table_bulk.h"

struct keyed {
    struct object object;
    struct table table;
};

static inline struct table *keyed_table(const struct ctx *ctx)
{
    return &((struct keyed *)ctx->object)->table;
}

/* The entry of a key, which is checked to be hashable first. -1: fail() was called. */
int keyed_find(struct ctx *ctx, struct bytes key, struct table_spot *spot)
    __attribute__((warn_unused_result));

/* Stores key and value at what keyed_find found: all that can fail, then the change. Set the reply
 * before. value is empty for a set. -1: fail() was called. */
int keyed_put(struct ctx *ctx, struct table_spot *spot, struct bytes key, struct bytes value)
    __attribute__((warn_unused_result));
/* Adds by (empty: 1) to the number there (absent: 0), stores the sum and replies it. */
int keyed_incr(struct ctx *ctx, struct table_spot *spot, struct bytes key, struct bytes by)
    __attribute__((warn_unused_result));
/* Takes one entry away. Cannot fail. */
void keyed_remove(struct ctx *ctx, uint32_t place);
/* Takes many away: keyed_drop for each, keyed_dropped at the end. */
void keyed_drop(struct ctx *ctx, uint32_t place);
void keyed_dropped(struct ctx *ctx, size_t count);
void keyed_clear(struct ctx *ctx);

/* The command's own bulk of puts into an object (create: ctx->object is another one). Promise the
 * refs of all that will be put with refs_reserve first. */
int keyed_bulk_put(struct ctx *ctx, struct bulk *bulk, struct bytes key, struct bytes value)
    __attribute__((warn_unused_result));
/* Counts the refs, frees, tidies; changed() is the caller's. */
void keyed_bulk_finish(struct ctx *ctx, struct object *object, struct bulk *bulk);
/* The refs in a bulk's argument, promised as a whole. */
int keyed_reserve_refs(struct ctx *ctx, struct object *object, struct bytes value)
    __attribute__((warn_unused_result));

/* For struct object_ops. */
void keyed_prefetch(const struct object *object, const Wire__Request *request, struct hint *hint);
void keyed_follow(const struct object *object, struct hint *hint, unsigned step);
void keyed_destroy(struct engine *engine, struct object *object);
uint64_t keyed_length(const struct object *object);
void keyed_save(const struct object *object, struct writer *out);
bool keyed_load(struct engine *engine, struct object *object, struct reader *in);
/* A Page of a dict (or a set, when the table has no values). */
int keyed_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit);

#endif
