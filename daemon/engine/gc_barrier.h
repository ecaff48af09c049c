/* SPDX-License-Identifier: BSD-2-Clause */
/* The write barrier of the collector: what all others tell it of objects and of what refers to
 * them.
 *
 * While a collection marks, what gains a hold, a referrer, a waiter or a grant is shaded, so that
 * no marked object comes to refer to an unmarked one unseen (gc.h). */
#ifndef ENGINE_GC_BARRIER_H
#define ENGINE_GC_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

struct ctx;
struct engine;
struct gc;
struct object;
struct refs;

enum { GC_GRACE_MS = 60000 }; /* an unreferenced object stays that long: a reader may come for it */

/* Write barrier: the object gained a hold, a referrer, a waiter or a grant. */
void gc_shade(struct engine *engine, struct object *object);
/* The object lost a hold or a referrer, or was created without. */
void gc_loosened(struct ctx *ctx, struct object *object);
void gc_born(struct ctx *ctx, struct object *object);
/* It is being destroyed. O(1). */
void gc_dying(struct engine *engine, struct object *object);
/* Refs of an object that is gone or was cleared, to be dropped in slices. Takes them over. */
void gc_discard(struct engine *engine, struct refs *refs);
/* It will be swept by the collection that runs: as good as gone. */
bool gc_condemned(const struct engine *engine, const struct object *object);

/* ---- for gc.c ---- */

/* A collection makes sense at that time, if not before. */
void gc_arm(struct engine *engine, uint64_t at_ms);
/* The row of objects that are marked and whose refs are still to be followed. */
bool gc_is_grey(const struct gc *gc, const struct object *object);
void gc_grey_add(struct gc *gc, struct object *object);
void gc_grey_remove(struct gc *gc, struct object *object);

#endif
