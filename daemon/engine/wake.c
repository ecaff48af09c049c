/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits is looked at again at the end of a command, in the order in which objects were marked.
 *
 * A command tells SLICE_MAX waiters at most, so that nobody else stands still for a million of
 * them. Objects where more are left go to the engine's row, and REST commands come back to them, a
 * slice at a time. Other commands may come between; whatever they do to such an object, they look
 * at it themselves. The row is part of the state, so a replay, and a start in between, go on at the
 * same point. */
#include <assert.h>

#include "daemon/engine/hold.h"
#include "daemon/engine/registry.h"

/* ---- rows of objects ---- */

static void row_add(struct object_row *row, struct object *object, enum object_mark mark)
{
    object->mark = mark;
    object->marked_next = NULL;
    object->marked_prev = row->last;
    *(row->last == NULL ? &row->first : &row->last->marked_next) = object;
    row->last = object;
}

static void row_del(struct object_row *row, struct object *object)
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
        row_del(object->mark == MARK_NOW ? &ctx->marked : &ctx->engine->left, object);
}

/* One that is left over is looked at by this command: what it did to it comes first. */
void object_mark(struct ctx *ctx, struct object *object)
{
    if (object->mark != MARK_NOW) {
        object_unmark(ctx, object);
        row_add(&ctx->marked, object, MARK_NOW);
    }
}

bool ctx_spend_on(struct ctx *ctx, uint64_t count)
{
    if (ctx->spent >= ctx->engine->slice) {
        ctx->unfinished = true;
        return false;
    }
    ctx->spent += count;
    return true;
}

bool ctx_spend(struct ctx *ctx)
{
    return ctx_spend_on(ctx, 1);
}

void changed(struct ctx *ctx, struct object *object, enum change kind, struct bytes key)
{
    (void)kind;
    (void)key;
    assert(!ctx->reading);
    ctx->effect = true;
    /* within the wake pass it is the newest step that changes it */
    object->changed_at = ctx->stepped ? ctx->engine->revision : ctx->revision;
    object->changed_ms = ctx->now_ms;
    object_touch_ttl(ctx, object);
    if (object->waiters != NULL || object->ops->wake != NULL || object->ephemeral)
        object_mark(ctx, object); /* else nobody waits for it, and it may stay */
}

/* Tells those who watch for a revision above `want`: those who came before the last change, who
 * stand before all others. */
static void watchers_wake(struct ctx *ctx, struct object *object)
{
    struct waiter *head;
    uint8_t room[32];
    if (object->watchers.first == NULL)
        return;
    struct buf value = {.data = room, .cap = sizeof room, .limit = sizeof room};
    val_put_uint(&value, object->changed_at);
    assert(!value.failed);
    struct result result = {.kind = RESULT_VALUE, .value = buf_bytes(&value)};
    while ((head = waitq_first(&object->watchers)) != NULL && head->want < object->changed_at &&
           ctx_spend(ctx))
        complete(ctx, head, &result);
}

/* Takes it out of the row first: what its type does may mark it again. */
static void wake(struct ctx *ctx, struct object *object)
{
    row_del(&ctx->marked, object);
    ctx->unfinished = false;
    if (object->ending) {
        if (object_end_some(ctx, object))
            return; /* it is freed */
    } else {
        watchers_wake(ctx, object);
        if (object->ops->wake != NULL)
            object->ops->wake(ctx, object);
    }
    if (ctx->unfinished) {
        object_unmark(ctx, object);
        row_add(&ctx->engine->left, object, MARK_LEFT);
    } else if (object->ephemeral && object->hold_count == 0 && !object_in_use(object)) {
        object_destroy(ctx, object); /* the last one who kept it may have left just now */
    }
}

void wake_marked(struct ctx *ctx)
{
    struct object *object;
    while ((object = ctx->marked.first) != NULL && ctx->spent < ctx->engine->slice)
        wake(ctx, object);
    while ((object = ctx->marked.first) != NULL) {
        row_del(&ctx->marked, object);
        row_add(&ctx->engine->left, object, MARK_LEFT);
    }
}

/* ---- what is left over ---- */

bool engine_wants_rest(const struct engine *engine)
{
    return engine->left.first != NULL || sessions_ending(engine);
}

/* Each of them in turn, so that one with many who wait holds no other one up. */
bool rest_run(struct ctx *ctx)
{
    struct engine *engine = ctx->engine;
    if (!engine_wants_rest(engine))
        return false;
    ctx_step(ctx);
    (void)sessions_end_some(ctx);
    while (engine->left.first != NULL && ctx->spent < engine->slice) {
        object_mark(ctx, engine->left.first);
        wake_marked(ctx);
    }
    return engine_wants_rest(engine);
}

void rest_save(const struct engine *engine, struct writer *out)
{
    for (const struct object *at = engine->left.first; at != NULL; at = at->marked_next) {
        writer_u64(out, at->id);
        writer_u64(out, at->ending);
    }
    writer_u64(out, 0);
    sessions_ending_save(engine, out);
}

bool rest_load(struct engine *engine, struct reader *in)
{
    uint64_t id;
    while ((id = reader_u64(in)) != 0) {
        struct object *object = idmap_get(&engine->objects_by_id, id);
        bool ending = reader_bool(in);
        if (object == NULL || object->mark != MARK_NONE || (ending && object->name != NULL))
            return reader_fail(in);
        if (ending)
            registry_forget(engine, object);
        row_add(&engine->left, object, MARK_LEFT);
    }
    return sessions_ending_load(engine, in);
}
