/* SPDX-License-Identifier: BSD-2-Clause */
/* What a change of an object means: it is stamped, its time to live starts again, and it is marked,
 * so that its waiters are re-examined at the end of the command (wake.c). */
#include <assert.h>

#include "daemon/engine/state.h"

void object_row_add(struct object_row *row, struct object *object, enum object_mark mark)
{
    object->mark = mark;
    object->marked_next = NULL;
    object->marked_prev = row->last;
    *(row->last == NULL ? &row->first : &row->last->marked_next) = object;
    row->last = object;
}

void object_row_del(struct object_row *row, struct object *object)
{
    object->mark = MARK_NONE;
    *(object->marked_prev == NULL ? &row->first : &object->marked_prev->marked_next) =
        object->marked_next;
    *(object->marked_next == NULL ? &row->last : &object->marked_next->marked_prev) =
        object->marked_prev;
}

void object_unmark(struct ctx *ctx, struct object *object)
{
    if (object->mark != MARK_NONE)
        object_row_del(object->mark == MARK_NOW ? &ctx->marked : &ctx->engine->left, object);
}

/* One that is left over is looked at by this command: what it did to it comes first. */
void object_mark(struct ctx *ctx, struct object *object)
{
    if (object->mark != MARK_NOW) {
        object_unmark(ctx, object);
        object_row_add(&ctx->marked, object, MARK_NOW);
    }
}

static uint64_t ttl_end(const struct ctx *ctx, const struct object *object)
{
    return object->ttl_ms < UINT64_MAX - ctx->now_ms ? ctx->now_ms + object->ttl_ms
                                                     : UINT64_MAX - 1;
}

void object_start_ttl(struct ctx *ctx, struct object *object)
{
    timers_set(&ctx->engine->timers, &object->ttl, ttl_end(ctx, object));
}

/* Not set: it has none, or is only being made. */
static void touch_ttl(struct ctx *ctx, struct object *object)
{
    if (object->ttl.slot != 0)
        object_start_ttl(ctx, object);
}

void changed(struct ctx *ctx, struct object *object)
{
    assert(!ctx->reading);
    ctx->effect = true;
    /* within the wake pass it is the newest step that changes it */
    object->changed_at = ctx->stepped ? ctx->engine->revision : ctx->revision;
    object->changed_ms = ctx->now_ms;
    touch_ttl(ctx, object);
    if (object->waiters != NULL || object->ops->wake != NULL || object->ephemeral)
        object_mark(ctx, object); /* else nobody waits for it, and it may stay */
}
