/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that keep objects alive. */
#include "daemon/engine/hold.h"

#include "daemon/engine/writer.h"

/* An object has few holders or a session few holds, hardly ever both many: looks through both lists
 * at once and is done with the shorter one. */
static struct hold *hold_find(const struct session *session, const struct object *object)
{
    struct hold *of_session = session->holds;
    struct hold *of_object = object->holds;

    while (of_session != NULL && of_object != NULL) {
        if (of_session->object == object) {
            return of_session;
        }
        if (of_object->session == session) {
            return of_object;
        }
        of_session = of_session->session_next;
        of_object = of_object->object_next;
    }
    return NULL;
}

struct hold *hold_reserve(struct engine *engine)
{
    return mem_zalloc(&engine->mem, sizeof(struct hold));
}

void hold_cancel(struct engine *engine, struct hold *hold)
{
    mem_free(&engine->mem, hold, sizeof(*hold));
}

void hold_link(struct engine *engine, struct hold *hold, struct session *session,
               struct object *object)
{
    hold->session = session;
    hold->object = object;
    hold->count = 1;

    hold->session_prev = session->holds_last;
    *(session->holds_last != NULL ? &session->holds_last->session_next : &session->holds) = hold;
    session->holds_last = hold;
    session->hold_count++;

    hold->object_prev = object->holds_last;
    *(object->holds_last != NULL ? &object->holds_last->object_next : &object->holds) = hold;
    object->holds_last = hold;
    object->hold_count++;

    gc_shade(engine, object);
}

void hold_unlink(struct engine *engine, struct hold *hold)
{
    struct session *session = hold->session;
    struct object *object = hold->object;

    *(hold->session_prev != NULL ? &hold->session_prev->session_next : &session->holds) =
        hold->session_next;
    *(hold->session_next != NULL ? &hold->session_next->session_prev : &session->holds_last) =
        hold->session_prev;
    session->hold_count--;

    *(hold->object_prev != NULL ? &hold->object_prev->object_next : &object->holds) =
        hold->object_next;
    *(hold->object_next != NULL ? &hold->object_next->object_prev : &object->holds_last) =
        hold->object_prev;
    object->hold_count--;

    mem_free(&engine->mem, hold, sizeof(*hold));
}

/* The hold goes, and with it an object that lives only as long as it is held. One that somebody
 * waits on or owns a grant of stays: it is looked at again only when the next hold of it is given
 * back. */
static void hold_end(struct ctx *ctx, struct hold *hold)
{
    struct object *object = hold->object;

    hold_unlink(ctx->engine, hold);
    ctx->effect = true;
    if (object->ephemeral && object->hold_count == 0 && !object_in_use(object)) {
        object_destroy(ctx, object);
    } else {
        gc_loosened(ctx, object);
    }
}

int object_hold_by(struct ctx *ctx, struct session *session, struct object *object)
{
    struct hold *hold = hold_find(session, object);

    if (hold != NULL) {
        hold->count++;
    } else {
        hold = hold_reserve(ctx->engine);
        if (hold == NULL) {
            return -1;
        }
        hold_link(ctx->engine, hold, session, object);
    }
    ctx->effect = true;
    return 0;
}

bool object_unhold_by(struct ctx *ctx, struct session *session, struct object *object)
{
    struct hold *hold = hold_find(session, object);

    if (hold == NULL) {
        return false;
    }
    ctx->effect = true;
    if (--hold->count == 0) {
        hold_end(ctx, hold);
    }
    return true;
}

size_t holds_end_some(struct ctx *ctx, struct session *session, size_t max)
{
    size_t gone = 0;

    while (gone < max && session->holds != NULL) {
        hold_end(ctx, session->holds);
        gone++;
    }
    return gone;
}

void holds_end(struct ctx *ctx, struct session *session)
{
    (void)holds_end_some(ctx, session, SIZE_MAX);
}

void holds_save(const struct object *object, struct writer *out)
{
    writer_u64(out, object->hold_count);
    for (const struct hold *hold = object->holds; hold != NULL; hold = hold->object_next) {
        writer_u64(out, hold->session->id);
        writer_u64(out, hold->count);
    }
}
