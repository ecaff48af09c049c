/* SPDX-License-Identifier: BSD-2-Clause */
/* The barrier, and the colours that it and the collection (gc.c) give to objects. */
#include "daemon/engine/gc_barrier.h"

#include "daemon/engine/refs_index.h"
#include "daemon/engine/state.h"

void gc_arm(struct engine *engine, uint64_t at_ms)
{
    struct gc *gc = &engine->gc;
    if (!gc->ripe && (gc->timer.slot == 0 || at_ms < gc->timer.at_ms))
        timers_set(&engine->timers, &gc->timer, at_ms);
}

static bool marking(const struct gc *gc)
{
    return gc->phase == GC_ROOTS || gc->phase == GC_MARK;
}

bool gc_condemned(const struct engine *engine, const struct object *object)
{
    return engine->gc.phase == GC_SWEEP && object->name == NULL &&
           object->gc_colour != engine->gc.colour;
}

bool gc_is_grey(const struct gc *gc, const struct object *object)
{
    return object->gc_prev != NULL || gc->grey == object;
}

void gc_grey_add(struct gc *gc, struct object *object)
{
    object->gc_prev = gc->grey_last;
    *(gc->grey_last != NULL ? &gc->grey_last->gc_next : &gc->grey) = object;
    gc->grey_last = object;
}

void gc_shade(struct engine *engine, struct object *object)
{
    struct gc *gc = &engine->gc;
    if (!marking(gc) || object->gc_colour == gc->colour)
        return;
    object->gc_colour = gc->colour;
    if (refs_count(object->refs) == 0)
        return; /* what it comes to contain is shaded then */
    gc_grey_add(gc, object);
}

void gc_grey_remove(struct gc *gc, struct object *object)
{
    if (gc->grey == object)
        gc->ref_at = 0;
    *(object->gc_prev != NULL ? &object->gc_prev->gc_next : &gc->grey) = object->gc_next;
    *(object->gc_next != NULL ? &object->gc_next->gc_prev : &gc->grey_last) = object->gc_prev;
    object->gc_prev = NULL;
    object->gc_next = NULL;
}

void gc_loosened(struct ctx *ctx, struct object *object)
{
    struct engine *engine = ctx->engine;
    object->loose_ms = ctx->now_ms;
    if (object->name != NULL || object->hold_count > 0 || object->ending ||
        gc_condemned(engine, object))
        return;
    engine->gc.loosened++;
    gc_shade(engine, object);
    gc_arm(engine, ctx->now_ms + GC_GRACE_MS);
}

void gc_born(struct ctx *ctx, struct object *object)
{
    object->gc_colour = ctx->engine->gc.colour;
    object->loose_ms = ctx->now_ms;
}

void gc_dying(struct engine *engine, struct object *object)
{
    struct gc *gc = &engine->gc;
    if (gc->at == object)
        gc->at = object->next;
    if (gc_is_grey(gc, object))
        gc_grey_remove(gc, object);
}

void gc_discard(struct engine *engine, struct refs *refs)
{
    struct gc *gc = &engine->gc;
    refs->next = NULL;
    *(gc->dying_last != NULL ? &gc->dying_last->next : &gc->dying) = refs;
    gc->dying_last = refs;
}
