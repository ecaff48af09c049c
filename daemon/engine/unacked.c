/* SPDX-License-Identifier: BSD-2-Clause */
/* Items on their way: linked to the slot whose reply they are, to the session, to the object. */
#include "daemon/engine/unacked.h"

#include <assert.h>

#include "daemon/engine/state.h"

static void session_link(struct session *session, struct unacked *unacked)
{
    unacked->session = session;
    unacked->session_next = NULL;
    unacked->session_prev = session->unacked_last;
    *(session->unacked_last == NULL ? &session->unacked : &session->unacked_last->session_next) =
        unacked;
    session->unacked_last = unacked;
}

static void session_unlink(struct unacked *unacked)
{
    struct session *session = unacked->session;
    *(unacked->session_prev == NULL ? &session->unacked : &unacked->session_prev->session_next) =
        unacked->session_next;
    *(unacked->session_next == NULL ? &session->unacked_last
                                    : &unacked->session_next->session_prev) = unacked->session_prev;
    unacked->session = NULL;
}

static void object_link(struct object *object, struct unacked *unacked)
{
    unacked->object = object;
    unacked->ops = object->ops;
    unacked->object_next = NULL;
    unacked->object_prev = object->unacked_last;
    *(object->unacked_last == NULL ? &object->unacked : &object->unacked_last->object_next) =
        unacked;
    object->unacked_last = unacked;
}

static void object_unlink(struct object *object, struct unacked *unacked)
{
    *(unacked->object_prev == NULL ? &object->unacked : &unacked->object_prev->object_next) =
        unacked->object_next;
    *(unacked->object_next == NULL ? &object->unacked_last : &unacked->object_next->object_prev) =
        unacked->object_prev;
    unacked->object = NULL;
}

void unacked_link(struct session *session, struct slot *slot, struct object *object,
                  struct unacked *unacked)
{
    assert(unacked->slot == NULL && slot->unacked == NULL);
    unacked->slot = slot;
    slot->unacked = unacked;
    session_link(session, unacked);
    object_link(object, unacked);
}

void unacked_link_orphan(struct session *session, struct slot *slot, const struct object_ops *ops,
                         struct unacked *unacked)
{
    unacked->slot = slot;
    unacked->ops = ops;
    slot->unacked = unacked;
    session_link(session, unacked);
}

/* Out of everything; the item is the caller's again. */
static void unacked_unlink(struct unacked *unacked)
{
    unacked->slot->unacked = NULL;
    unacked->slot = NULL;
    session_unlink(unacked);
    if (unacked->object != NULL)
        object_unlink(unacked->object, unacked);
}

void reply_unacked(struct ctx *ctx, struct object *object, struct unacked *unacked)
{
    assert(!ctx->reading && !ctx->replied && ctx->unacked == NULL);
    ctx->unacked = unacked;
    ctx->unacked_from = object;
}

void unacked_forget(struct unacked *unacked)
{
    if (unacked->slot != NULL) {
        unacked->slot->forgotten = true;
        unacked_unlink(unacked);
    }
}

void unacked_settle(struct ctx *ctx, struct unacked *unacked)
{
    struct object *object = unacked->object;
    unacked_unlink(unacked);
    unacked->ops->unacked_done(ctx, object, unacked);
}

void unacked_return(struct ctx *ctx, struct unacked *unacked)
{
    struct object *object = unacked->object;
    unacked_unlink(unacked);
    if (object == NULL)
        unacked->ops->unacked_done(ctx, NULL, unacked);
    else
        unacked->ops->unacked_back(ctx, object, unacked);
}

void unacked_orphan(struct unacked *unacked)
{
    object_unlink(unacked->object, unacked);
}
