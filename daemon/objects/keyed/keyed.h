/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that are a table (dict, set, namespace): changes the table together with its refs. */
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

/* Finds the entry of a key, after checking that the key is hashable. -1: fail() was called. */
int keyed_find(struct ctx *ctx, struct bytes key, struct table_spot *spot)
    __attribute__((warn_unused_result));

/* Stores key and value where keyed_find has looked; does everything that can fail before the
 * change. Set the reply first. value is empty for a set. -1: fail() was called. */
int keyed_put(struct ctx *ctx, struct table_spot *spot, struct bytes key, struct bytes value)
    __attribute__((warn_unused_result));
/* Adds `by` (empty: 1) to the number there (absent: 0), stores the sum and replies with it. */
int keyed_incr(struct ctx *ctx, struct table_spot *spot, struct bytes key, struct bytes by)
    __attribute__((warn_unused_result));
/* Removes one entry. Cannot fail. */
void keyed_remove(struct ctx *ctx, uint32_t place);
/* Removes many entries: keyed_drop for each one, keyed_dropped at the end. */
void keyed_drop(struct ctx *ctx, uint32_t place);
void keyed_dropped(struct ctx *ctx, size_t count);
void keyed_clear(struct ctx *ctx);

/* Puts one entry in a command's bulk into `object` (in a create, ctx->object is another one).
 * First promise the refs of all entries with refs_reserve. */
int keyed_bulk_put(struct ctx *ctx, struct bulk *bulk, struct bytes key, struct bytes value)
    __attribute__((warn_unused_result));
/* Counts the refs, frees and tidies; the caller calls changed(). */
void keyed_bulk_finish(struct ctx *ctx, struct object *object, struct bulk *bulk);
/* Promises all refs in the argument of a bulk. */
int keyed_reserve_refs(struct ctx *ctx, struct object *object, struct bytes value)
    __attribute__((warn_unused_result));

/* Hooks for struct object_ops. */
void keyed_prefetch(const struct object *object, const Wire__Request *request, struct hint *hint);
void keyed_follow(const struct object *object, struct hint *hint, unsigned step);
void keyed_destroy(struct engine *engine, struct object *object);
uint64_t keyed_length(const struct object *object);
void keyed_save(const struct object *object, struct writer *out);
bool keyed_load(struct engine *engine, struct object *object, struct reader *in);
/* Replies with a Page of a dict (or of a set, if the table has no values). */
int keyed_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit);

#endif
