/* SPDX-License-Identifier: BSD-2-Clause */
/* Mark and sweep in slices.
 *
 * The marking is incremental with a barrier on what is gained (Dijkstra's): a marked object never
 * comes to point at an unmarked one unseen. What is loosened while it runs is a root by its grace,
 * so it is marked too. The order of everything is that of ids and of what was done, never of
 * addresses. */
#include "daemon/engine/gc.h"

#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/refs.h"
#include "daemon/engine/refs_index.h"
#include "daemon/engine/state.h"
#include "daemon/engine/writer.h"

bool gc_init(struct engine *engine)
{
    engine->gc.timer.kind = TIMER_GC;
    return timers_reserve(&engine->timers, &engine->mem);
}

void gc_free(struct engine *engine)
{
    struct gc *gc = &engine->gc;
    while (gc->dying != NULL) {
        struct refs *next = gc->dying->next;
        refs_release(engine, gc->dying);
        gc->dying = next;
    }
    gc->dying_last = NULL;
    timers_clear_keep(&engine->timers, &gc->timer);
}

void gc_timer_fired(struct engine *engine)
{
    engine->gc.ripe = true;
    if (engine->gc.timer.slot != 0) {
        timers_clear_keep(&engine->timers, &engine->gc.timer);
    } else {
        /* Whoever fired it took it out: its place is free. */
        (void)!timers_reserve(&engine->timers, &engine->mem);
    }
}

bool gc_wanted(const struct engine *engine)
{
    const struct gc *gc = &engine->gc;
    return gc->phase != GC_IDLE || gc->dying != NULL || gc->ripe || gc->loosened > GC_LOOSENED_MAX;
}

/* ---- one slice ---- */

static size_t drop_dying(struct ctx *ctx, size_t work)
{
    struct engine *engine = ctx->engine;
    struct gc *gc = &engine->gc;
    while (gc->dying != NULL && work > 0) {
        struct refs *refs = gc->dying;
        work -= refs_shed(ctx, refs, work);
        if (refs->count == 0) {
            gc->dying = refs->next;
            if (gc->dying == NULL)
                gc->dying_last = NULL;
            refs_release(engine, refs);
        }
    }
    return work;
}

static void begin(struct engine *engine)
{
    struct gc *gc = &engine->gc;
    gc->phase = GC_ROOTS;
    gc->colour = gc->colour == 1 ? 2 : 1;
    gc->at = engine->objects;
    gc->loosened = 0;
    gc->ripe = false;
    timers_clear_keep(&engine->timers, &gc->timer);
}

static void look_at_root(struct ctx *ctx, struct object *object)
{
    struct engine *engine = ctx->engine;
    bool in_grace = ctx->now_ms - object->loose_ms < GC_GRACE_MS;
    if (object->ending)
        return; /* it goes by itself */
    if (object->name != NULL || object->hold_count > 0) {
        gc_shade(engine, object);
    } else if (object_in_use(object) || in_grace) {
        gc_shade(engine, object);
        gc_arm(engine, (in_grace ? object->loose_ms : ctx->now_ms) + GC_GRACE_MS);
    }
}

static size_t look_at_roots(struct ctx *ctx, size_t work)
{
    struct gc *gc = &ctx->engine->gc;
    for (; gc->at != NULL && work > 0; work--) {
        struct object *object = gc->at;
        gc->at = object->next;
        look_at_root(ctx, object);
    }
    if (gc->at == NULL)
        gc->phase = GC_MARK;
    return work;
}

static size_t follow_grey(struct engine *engine, size_t work)
{
    struct gc *gc = &engine->gc;
    while (gc->grey != NULL && work > 0) {
        struct object *object = gc->grey;
        if (gc->ref_at >= refs_count(object->refs)) {
            gc_grey_remove(gc, object);
            work--;
            continue;
        }
        struct object *target =
            idmap_get(&engine->objects_by_id, object->refs->list[gc->ref_at].target);
        if (target != NULL)
            gc_shade(engine, target);
        gc->ref_at++;
        work--;
    }
    if (gc->grey == NULL) {
        gc->phase = GC_SWEEP;
        gc->at = engine->objects;
    }
    return work;
}

static size_t sweep(struct ctx *ctx, size_t work)
{
    struct engine *engine = ctx->engine;
    struct gc *gc = &engine->gc;
    while (gc->at != NULL && work > 0) {
        struct object *object = gc->at;
        size_t refs = refs_count(object->refs);
        gc->at = object->next;
        work--;
        if (!object->ending && gc_condemned(engine, object)) {
            object_destroy(ctx, object);
            if (refs <= REFS_AT_ONCE)
                work -= refs < work ? refs : work;
        }
    }
    if (gc->at == NULL)
        gc->phase = GC_IDLE;
    return work;
}

bool gc_run_some(struct ctx *ctx, size_t work)
{
    struct engine *engine = ctx->engine;
    struct gc *gc = &engine->gc;
    bool only_dying = gc->dying != NULL && !gc->ripe && gc->loosened <= GC_LOOSENED_MAX;
    ctx->effect = true;
    work = drop_dying(ctx, work);
    if (gc->phase == GC_IDLE && !only_dying)
        begin(engine);
    if (gc->phase == GC_ROOTS)
        work = look_at_roots(ctx, work);
    if (gc->phase == GC_MARK)
        work = follow_grey(engine, work);
    if (gc->phase == GC_SWEEP)
        (void)sweep(ctx, work);
    return gc->phase != GC_IDLE || gc->dying != NULL;
}

/* ---- saving ---- */

void gc_save(const struct engine *engine, struct writer *out)
{
    const struct gc *gc = &engine->gc;
    writer_u64(out, gc->phase);
    writer_u64(out, gc->colour);
    writer_u64(out, gc->ripe);
    writer_u64(out, gc->at == NULL ? 0 : gc->at->id);
    writer_u64(out, gc->ref_at);
    writer_u64(out, gc->loosened);
    timer_save(&gc->timer, out);
    for (const struct object *object = gc->grey; object != NULL; object = object->gc_next)
        writer_u64(out, object->id);
    writer_u64(out, 0);
    refs_save_dying(gc->dying, out);
    for (const struct object *object = engine->objects; object != NULL; object = object->next) {
        writer_u64(out, object->gc_colour);
        writer_u64(out, object->loose_ms);
    }
}

/* It has the place that gc_init promised. */
static bool timer_back(struct engine *engine, struct reader *in)
{
    timers_unreserve(&engine->timers);
    if (!timer_load(engine, &engine->gc.timer, TIMER_GC, in)) {
        (void)!timers_reserve(&engine->timers, &engine->mem);
        return false;
    }
    return engine->gc.timer.slot != 0 || timers_reserve(&engine->timers, &engine->mem) ||
           reader_nomem(in);
}

static bool grey_load(struct engine *engine, struct reader *in)
{
    uint64_t id;
    while ((id = reader_u64(in)) != 0) {
        struct object *object = id == UINT64_MAX ? NULL : idmap_get(&engine->objects_by_id, id);
        if (object == NULL || gc_is_grey(&engine->gc, object))
            return reader_fail(in);
        gc_grey_add(&engine->gc, object);
    }
    return reader_ok(in);
}

bool gc_load(struct engine *engine, struct reader *in)
{
    struct gc *gc = &engine->gc;
    gc->phase = (enum gc_phase)reader_u64_max(in, GC_SWEEP);
    gc->colour = (uint8_t)reader_u64_max(in, 2);
    gc->ripe = reader_bool(in);
    uint64_t at = reader_u64(in);
    gc->at = at == 0 || at == UINT64_MAX ? NULL : idmap_get(&engine->objects_by_id, at);
    gc->ref_at = reader_u64(in);
    gc->loosened = reader_u64(in);
    if (!timer_back(engine, in) || !grey_load(engine, in) || !refs_load_dying(engine, in))
        return false;
    for (struct object *object = engine->objects; object != NULL; object = object->next) {
        object->gc_colour = (uint8_t)reader_u64_max(in, 2);
        object->loose_ms = reader_u64(in);
    }
    return reader_ok(in) && (gc->at != NULL || at == 0 || reader_fail(in));
}
