/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that keep objects alive. */
#include "daemon/engine/hold.h"

#include <stdlib.h>

#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/writer.h"

/* An object has few holders or a session few holds, hardly ever both many: looks through both lists
 * at once and is done with the shorter one. */
static struct hold *hold_find(const struct session *session, const struct object *object)
{
    struct hold *of_session = session->holds;
    struct hold *of_object = object->holds;
    while (of_session != NULL && of_object != NULL) {
        if (of_session->object == object)
            return of_session;
        if (of_object->session == session)
            return of_object;
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
    mem_free(&engine->mem, hold, sizeof *hold);
}

static void hold_enter(struct hold *hold, struct session *session, struct object *object)
{
    hold->session = session;
    hold->object = object;
    hold->session_prev = session->holds_last;
    *(session->holds_last != NULL ? &session->holds_last->session_next : &session->holds) = hold;
    session->holds_last = hold;
    session->hold_count++;
    hold->object_prev = object->holds_last;
    *(object->holds_last != NULL ? &object->holds_last->object_next : &object->holds) = hold;
    object->holds_last = hold;
    object->hold_count++;
}

void hold_link(struct engine *engine, struct hold *hold, struct session *session,
               struct object *object)
{
    hold->count = 1;
    hold->order = ++engine->hold_orders;
    hold_enter(hold, session, object);
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
    mem_free(&engine->mem, hold, sizeof *hold);
}

/* The hold goes, and with it an object that lives only as long as it is held. One that somebody
 * waits on or owns a grant of stays: it is looked at again only when the next hold of it is given
 * back. */
static void hold_end(struct ctx *ctx, struct hold *hold)
{
    struct object *object = hold->object;
    hold_unlink(ctx->engine, hold);
    ctx->effect = true;
    if (object->ephemeral && object->hold_count == 0 && !object_in_use(object))
        object_destroy(ctx, object);
    else
        gc_loosened(ctx, object);
}

int object_hold_by(struct ctx *ctx, struct session *session, struct object *object)
{
    struct hold *hold = hold_find(session, object);
    if (hold != NULL) {
        hold->count++;
    } else {
        hold = hold_reserve(ctx->engine);
        if (hold == NULL)
            return -1;
        hold_link(ctx->engine, hold, session, object);
    }
    ctx->effect = true;
    return 0;
}

bool object_unhold_by(struct ctx *ctx, struct session *session, struct object *object)
{
    struct hold *hold = hold_find(session, object);
    if (hold == NULL)
        return false;
    ctx->effect = true;
    if (--hold->count == 0)
        hold_end(ctx, hold);
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

/* ---- saving and loading ---- */

void holds_save(const struct engine *engine, struct writer *out)
{
    writer_u64(out, engine->hold_orders);
    for (const struct object *object = engine->objects; object != NULL; object = object->next) {
        for (const struct hold *hold = object->holds; hold != NULL; hold = hold->object_next) {
            writer_u64(out, hold->order);
            writer_u64(out, object->id);
            writer_u64(out, hold->session->id);
            writer_u64(out, hold->count);
        }
    }
    writer_u64(out, 0);
}

static int by_order(const void *a, const void *b)
{
    uint64_t x = (*(struct hold *const *)a)->order, y = (*(struct hold *const *)b)->order;
    return (x > y) - (x < y);
}

/* They stand by objects; the lists of sessions are in the order of making. */
static void holds_enter(struct buf *holds)
{
    struct hold **list = (void *)holds->data;
    size_t count = holds->len / sizeof(struct hold *);
    if (count > 0)
        qsort(list, count, sizeof(struct hold *), by_order);
    for (size_t i = 0; i < count; i++)
        hold_enter(list[i], list[i]->session, list[i]->object);
}

static bool hold_load(struct engine *engine, struct buf *holds, uint64_t order, struct reader *in)
{
    struct object *object = idmap_get(&engine->objects_by_id, reader_id(in));
    struct session *session = session_find(engine, reader_u64(in));
    struct hold *hold;
    if (object == NULL || session == NULL || order > engine->hold_orders)
        return reader_fail(in);
    hold = hold_reserve(engine);
    if (hold == NULL)
        return reader_nomem(in);
    *hold = (struct hold){
        .session = session, .object = object, .count = reader_u64(in), .order = order};
    buf_put(holds, &hold, sizeof(struct hold *));
    if (holds->failed) {
        hold_cancel(engine, hold);
        return reader_nomem(in);
    }
    return true;
}

bool holds_load(struct engine *engine, struct reader *in)
{
    struct buf holds;
    uint64_t order;
    buf_init(&holds);
    engine->hold_orders = reader_u64(in);
    while ((order = reader_u64(in)) != 0 && hold_load(engine, &holds, order, in)) {
    }
    holds_enter(&holds);
    buf_free(&holds);
    return reader_ok(in);
}
