/* SPDX-License-Identifier: BSD-2-Clause */
/* Items on their way: linked to the slot whose reply they are, to the session, to the object. */
#include "daemon/engine/handed.h"

#include <assert.h>

#include "daemon/engine/state.h"

static void session_link(struct session *session, struct handed *handed)
{
    handed->session = session;
    handed->session_next = NULL;
    handed->session_prev = session->handed_last;
    *(session->handed_last == NULL ? &session->handed : &session->handed_last->session_next) =
        handed;
    session->handed_last = handed;
}

static void session_unlink(struct handed *handed)
{
    struct session *session = handed->session;
    *(handed->session_prev == NULL ? &session->handed : &handed->session_prev->session_next) =
        handed->session_next;
    *(handed->session_next == NULL ? &session->handed_last : &handed->session_next->session_prev) =
        handed->session_prev;
    handed->session = NULL;
}

static void object_link(struct object *object, struct handed *handed)
{
    handed->object = object;
    handed->ops = object->ops;
    handed->object_next = NULL;
    handed->object_prev = object->handed_last;
    *(object->handed_last == NULL ? &object->handed : &object->handed_last->object_next) = handed;
    object->handed_last = handed;
}

static void object_unlink(struct object *object, struct handed *handed)
{
    *(handed->object_prev == NULL ? &object->handed : &handed->object_prev->object_next) =
        handed->object_next;
    *(handed->object_next == NULL ? &object->handed_last : &handed->object_next->object_prev) =
        handed->object_prev;
    handed->object = NULL;
}

void handed_link(struct session *session, struct slot *slot, struct object *object,
                 struct handed *handed)
{
    assert(handed->slot == NULL && slot->handed == NULL);
    handed->slot = slot;
    slot->handed = handed;
    session_link(session, handed);
    object_link(object, handed);
}

void handed_link_orphan(struct session *session, struct slot *slot, const struct object_ops *ops,
                        struct handed *handed)
{
    handed->slot = slot;
    handed->ops = ops;
    slot->handed = handed;
    session_link(session, handed);
}

/* Out of everything; the item is the caller's again. */
static void handed_unlink(struct handed *handed)
{
    handed->slot->handed = NULL;
    handed->slot = NULL;
    session_unlink(handed);
    if (handed->object != NULL)
        object_unlink(handed->object, handed);
}

void reply_handed(struct ctx *ctx, struct object *object, struct handed *handed)
{
    assert(!ctx->reading && !ctx->replied && ctx->handed == NULL);
    ctx->handed = handed;
    ctx->handed_from = object;
}

void handed_forget(struct handed *handed)
{
    if (handed->slot != NULL) {
        handed->slot->forgotten = true;
        handed_unlink(handed);
    }
}

void handed_settle(struct ctx *ctx, struct handed *handed)
{
    struct object *object = handed->object;
    handed_unlink(handed);
    handed->ops->handed_done(ctx, object, handed);
}

void handed_return(struct ctx *ctx, struct handed *handed)
{
    struct object *object = handed->object;
    handed_unlink(handed);
    if (object == NULL)
        handed->ops->handed_done(ctx, NULL, handed);
    else
        handed->ops->handed_back(ctx, object, handed);
}

void handed_orphan(struct handed *handed)
{
    object_unlink(handed->object, handed);
}
