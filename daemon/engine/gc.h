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

struct ctx;
struct engine;
struct reader;
struct writer;

enum {
    GC_EDGES = 10000, /* work of one slice: objects looked at and refs followed or dropped */
    GC_LOOSENED_MAX = 100000, /* so many are not kept waiting for the timer */
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
/* All of its state, marks and times of the objects included. */
void gc_save(const struct engine *engine, struct writer *out);
bool gc_load(struct engine *engine, struct reader *in);

#endif
