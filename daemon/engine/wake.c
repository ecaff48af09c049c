/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits is looked at again at the end of a command, in the order in which objects were marked.
 */
#include <assert.h>

#include "daemon/engine/hold.h"

void object_mark(struct ctx *ctx, struct object *object)
{
    if (object->marked) {
        return;
    }
    object->marked = true;
    object->next_marked = NULL;
    if (ctx->marked_last == NULL) {
        ctx->marked_first = object;
    } else {
        ctx->marked_last->next_marked = object;
    }
    ctx->marked_last = object;
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
    object_mark(ctx, object);
}

/* Tells those who watch for a revision above `want`. */
static void watchers_wake(struct ctx *ctx, struct object *object)
{
    struct waiter *next;
    struct buf value;
    uint8_t room[32];

    if (object->watchers.first == NULL) {
        return;
    }
    value = (struct buf){.data = room, .cap = sizeof(room), .limit = sizeof(room)};
    val_put_uint(&value, object->changed_at);
    assert(!value.failed);
    struct result result = {.kind = RESULT_VALUE, .value = buf_bytes(&value)};

    for (struct waiter *waiter = object->watchers.first; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->want < object->changed_at) {
            complete(ctx, waiter, &result);
        }
    }
}

void wake_marked(struct ctx *ctx)
{
    while (ctx->marked_first != NULL) {
        struct object *object = ctx->marked_first;

        ctx->marked_first = object->next_marked;
        if (ctx->marked_first == NULL) {
            ctx->marked_last = NULL;
        }
        object->marked = false;
        watchers_wake(ctx, object);
        if (object->ops->wake != NULL) {
            object->ops->wake(ctx, object);
        }
        /* the last one who kept it may have left just now */
        if (object->ephemeral && object->hold_count == 0 && !object_in_use(object)) {
            object_destroy(ctx, object);
        }
    }
}
