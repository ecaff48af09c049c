/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects end: nobody finds them from that step on, and whoever waits for one is told so.
 *
 * A deleted object loses its name and its id at once, and its tokens are not alive any more. Its
 * waiters are told, and its grants, items on their way and holds taken off, by the wake pass, as
 * many as a command may do; the rest is left for REST commands, as what there is to tell of any
 * other object. Until then it is an object like others in the saved state, which stands in the row
 * of those that are left. What its waiters are told is certain from the first step on: neither the
 * end of their time nor a cancel comes before it. */
#include <assert.h>

#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/hold.h"
#include "daemon/engine/registry.h"

/* Nothing hangs on it any more. */
static void object_gone(struct ctx *ctx, struct object *object)
{
    struct engine *engine = ctx->engine;
    gc_dying(engine, object);
    registry_unlink(engine, object);
    object_unmark(ctx, object);
    object->ops->destroy(engine, object);
    object_free(engine, object);
}

static bool nothing_hangs_on(const struct object *object)
{
    return object->waiters == NULL && object->grants == NULL && object->unacked == NULL &&
           object->holds == NULL && object->ops->dying == NULL;
}

void object_destroy(struct ctx *ctx, struct object *object)
{
    struct engine *engine = ctx->engine;
    assert(!object->ending);
    ctx->effect = true;
    gc_dying(engine, object);
    registry_forget(engine, object);
    timers_clear(&engine->timers, &object->ttl);
    object->ephemeral = false; /* it has an end already */
    refs_end(ctx, object);
    if (ctx->object == object)
        ctx->object = NULL;
    if (nothing_hangs_on(object))
        object_gone(ctx, object);
    else
        object_mark(ctx, object);
}

void object_ttl_fired(struct ctx *ctx, struct object *object)
{
    struct engine *engine = ctx->engine;
    ctx->effect = true;
    if (!object_in_use(object)) {
        object_destroy(ctx, object);
        return;
    }
    /* Whoever fired it may have taken it out: then its place is still free. */
    if (object->ttl.slot != 0 || timers_reserve(&engine->timers, &engine->mem))
        object_start_ttl(ctx, object);
}

/* Grants before what is on its way: a reservation among that is then only a reply to be kept. */
static void let_go_some(struct ctx *ctx, struct object *object)
{
    while (object->grants != NULL && ctx_spend(ctx))
        grant_lost(ctx, object->grants);
    while (object->grants == NULL && object->unacked != NULL && ctx_spend(ctx))
        unacked_orphan(object->unacked);
    while (object->unacked == NULL && object->holds != NULL && ctx_spend(ctx))
        hold_unlink(ctx->engine, object->holds);
}

bool object_end_some(struct ctx *ctx, struct object *object)
{
    assert(object->ending);
    if (object->ops->dying != NULL && object->ops->dying(ctx, object)) {
        object_mark(ctx, object); /* behind those that it concerns */
        return false;
    }
    while (object->waiters != NULL && ctx_spend(ctx))
        waiter_leave(ctx, object->waiters, ERR_NO_SUCH_OBJECT);
    if (object->waiters == NULL)
        let_go_some(ctx, object);
    if (object->waiters != NULL || object->grants != NULL || object->unacked != NULL ||
        object->holds != NULL)
        return false;
    object_gone(ctx, object);
    return true;
}

/* ---- the engine is being freed ---- */

void registry_drop(struct engine *engine, struct object *object)
{
    registry_unlink(engine, object);
    timers_clear(&engine->timers, &object->ttl);
    while (object->unacked != NULL)
        unacked_orphan(object->unacked);
    while (object->holds != NULL)
        hold_unlink(engine, object->holds);
    refs_free(engine, object);
    object_free(engine, object);
}

void registry_free(struct engine *engine)
{
    while (engine->objects != NULL) {
        struct object *object = engine->objects;
        object->ops->destroy(engine, object);
        registry_drop(engine, object);
    }
}
