/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on objects of every type: create, find, hold, watch and delete. */
#include <inttypes.h>

#include "daemon/engine/session.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"

/* Needs no memory, because it runs after the object was made. */
static int reply_ref(struct ctx *ctx, uint64_t id)
{
    uint8_t room[16];
    struct buf value = {.data = room, .cap = sizeof room, .limit = sizeof room};
    val_put_ref(&value, id);
    return reply_value(ctx, buf_bytes(&value));
}

int object_create(struct ctx *ctx, const Wire__ObjectCreate *in)
{
    struct object *object = object_create_new(ctx, in);
    return object == NULL ? -1 : reply_ref(ctx, object->id);
}

/* ---- deleting ---- */

/* The first session other than this one that holds the object, oldest hold first; NULL: none. */
static const struct hold *other_holder(const struct ctx *ctx, const struct object *object,
                                       uint64_t *others)
{
    const struct hold *first = NULL;
    *others = 0;
    for (const struct hold *hold = object->holds; hold != NULL; hold = hold->object_next) {
        if (hold->session != ctx->session) {
            first = first == NULL ? hold : first;
            ++*others;
        }
    }
    return first;
}

static int fail_in_use(struct ctx *ctx, const struct object *object, const struct hold *holder,
                       uint64_t others)
{
    struct buf why;
    buf_init(&why);
    if (holder != NULL) {
        struct bytes client = holder->session->client;
        buf_printf(&why, "held by %" PRIu64 " other session%s (session %" PRIu64 ", %.*s); ",
                   others, others == 1 ? "" : "s", holder->session->id,
                   (int)(client.len < 100 ? client.len : 100), (const char *)client.data);
    }
    if (object->grant_count > 0) {
        buf_printf(&why, "%" PRIu64 " grant%s alive; ", object->grant_count,
                   object->grant_count == 1 ? "" : "s");
    }
    if (object->waiter_count > 0)
        buf_printf(&why, "%" PRIu64 " waiting; ", object->waiter_count);
    if (why.failed) {
        (void)fail_nomem(ctx);
    } else {
        (void)fail(ctx, ERR_IN_USE, "%.*sforce deletes it all the same", (int)why.len,
                   (const char *)why.data);
    }
    buf_free(&why);
    return -1;
}

int object_delete(struct ctx *ctx, const Wire__ObjectDelete *in)
{
    struct object *object = ctx->object;
    uint64_t others = 0;
    const struct hold *holder = in->force ? NULL : other_holder(ctx, object, &others);
    if (!in->force && (holder != NULL || object->grant_count > 0 || object->waiter_count > 0))
        return fail_in_use(ctx, object, holder, others);
    object_destroy(ctx, object);
    return 0;
}

/* ---- keeping and watching ---- */

int object_exists(struct ctx *ctx, const Wire__ObjectExists *in)
{
    return reply_bool(ctx, engine_object_id(ctx->engine, arg(in->name)) != 0);
}

int object_hold(struct ctx *ctx, const Wire__ObjectHold *in)
{
    (void)in;
    return object_hold_by(ctx, ctx->session, ctx->object) < 0 ? fail_nomem(ctx) : 0;
}

int object_drop(struct ctx *ctx, const Wire__ObjectDrop *in)
{
    (void)in;
    if (!object_unhold_by(ctx, ctx->session, ctx->object))
        return fail(ctx, ERR_RUNTIME, "this session does not hold the object");
    return 0;
}

int object_scan(struct ctx *ctx, const Wire__ObjectScan *in)
{
    if (in->has_limit && in->limit == 0)
        return fail(ctx, ERR_VALUE, "limit must be at least 1");
    return ctx->object->ops->scan(ctx, arg(in->cursor), in->has_limit ? in->limit : SCAN_ITEMS);
}

int object_changed(struct ctx *ctx, const Wire__ObjectChanged *in)
{
    struct object *object = ctx->object;
    uint64_t since = in->has_since ? in->since : object->changed_at;
    if (object->changed_at > since)
        return reply_uint(ctx, object->changed_at);
    if (since > engine_revision(ctx->engine))
        return fail(ctx, ERR_VALUE, "revision %" PRIu64 " has not come yet", since);
    if (ctx->reading || ctx->request->wait_ms == 0)
        return fail(ctx, ERR_BUSY, "no change since revision %" PRIu64, since);
    struct waiter *waiter = park(ctx, object, &object->watchers);
    if (waiter == NULL)
        return -1;
    waiter->want = since;
    return 0;
}
