/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits is looked at again at the end of a command, in the order in which objects were marked.
 *
 * A command tells SLICE_MAX waiters at most, so that nobody else stands still for a million of
 * them. Objects where more are left go to the engine's row, and REST commands come back to them, a
 * slice at a time. Other commands may come between; whatever they do to such an object, they look
 * at it themselves. The row is part of the state, so a replay, and a start in between, go on at the
 * same point. */
#include <assert.h>

#include "daemon/engine/state.h"

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
    object_row_del(&ctx->marked, object);
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
        object_row_add(&ctx->engine->left, object, MARK_LEFT);
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
        object_row_del(&ctx->marked, object);
        object_row_add(&ctx->engine->left, object, MARK_LEFT);
    }
}
