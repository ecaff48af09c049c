/* SPDX-License-Identifier: BSD-2-Clause */
/* Collecting anonymous objects that nobody holds and nothing refers to, cycles included.
 *
 * Mark and sweep in slices of bounded work, each one a command, so that it happens at the same
 * point of every replay. Marking starts from named objects, held ones, those with waiters or
 * grants, and those that became loose less than GC_GRACE_MS ago; it follows the per-object ref
 * counts, not the values. While it marks, what gains or loses a hold or a referrer, or gains a
 * waiter or a grant, is shaded; what is created is born marked. When it sweeps, what is not marked
 * is condemned: nobody finds it any more (object_by_id), so nothing can come back half swept. */
#ifndef ENGINE_GC_H
#define ENGINE_GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/engine/timer.h"

struct ctx;
struct refs;
struct engine;
struct object;
struct reader;
struct writer;

enum {
    GC_GRACE_MS =
        60000,        /* an unreferenced object stays that long: a reader may still come for it */
    GC_EDGES = 10000, /* work of one slice: objects looked at and refs followed or dropped */
    GC_LOOSENED_MAX = 100000, /* so many are not kept waiting for the timer */
};

enum gc_phase { GC_IDLE, GC_ROOTS, GC_MARK, GC_SWEEP };

struct gc {
    enum gc_phase phase;
    uint8_t colour;      /* that means "marked" in this collection: 1 or 2, in turns */
    bool ripe;           /* the timer fired: a collection makes sense now */
    struct object *at;   /* ROOTS, SWEEP: the next to be looked at */
    struct object *grey; /* to be followed, first in first out */
    struct object *grey_last;
    size_t ref_at;      /* place within the refs of the first grey one */
    uint64_t loosened;  /* holds and referrers lost since the last collection began */
    struct timer timer; /* TIMER_GC: the first of the loose ones has had its grace */
    struct refs *dying; /* of objects that are gone or were cleared, to be dropped in slices */
    struct refs *dying_last;
};

/* With the engine: promises the timer's place, so that nothing can fail later. False: no memory. */
bool gc_init(struct engine *engine) __attribute__((warn_unused_result));
/* Frees what it holds; no object may be left. */
void gc_free(struct engine *engine);
/* One slice of about that much work (begins a collection when none runs); true: there is more to
 * do. */
bool gc_run_some(struct ctx *ctx, size_t work);
static inline bool gc_run(struct ctx *ctx)
{
    return gc_run_some(ctx, GC_EDGES);
}
bool gc_wanted(const struct engine *engine);
/* TIMER_GC is due. */
void gc_timer_fired(struct engine *engine);
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
/* All of its state, marks and times of the objects included. */
void gc_save(const struct engine *engine, struct writer *out);
bool gc_load(struct engine *engine, struct reader *in);

#endif
