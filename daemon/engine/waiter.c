/* SPDX-License-Identifier: BSD-2-Clause */
/* Parking, and every way out of it: completed, timed out, cancelled, its session or object gone. */
#include "daemon/engine/waiter.h"

#include <assert.h>

#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/state.h"
#include "wire.pb-c.h"

static void session_link(struct session *session, struct waiter *waiter)
{
    waiter->session_prev = session->waiters_last;
    *(session->waiters_last == NULL ? &session->waiters : &session->waiters_last->session_next) =
        waiter;
    session->waiters_last = waiter;
    session->waiter_count++;
}

static void session_unlink(struct waiter *waiter)
{
    struct session *session = waiter->session;
    if (session->unmoved == waiter)
        session->unmoved = waiter->session_next;
    *(waiter->session_prev == NULL ? &session->waiters : &waiter->session_prev->session_next) =
        waiter->session_next;
    *(waiter->session_next == NULL ? &session->waiters_last : &waiter->session_next->session_prev) =
        waiter->session_prev;
    session->waiter_count--;
}

static void object_link(struct object *object, struct waiter *waiter)
{
    waiter->object_next = NULL; /* it may come from the middle of another list */
    waiter->object_prev = object->waiters_last;
    *(object->waiters_last == NULL ? &object->waiters : &object->waiters_last->object_next) =
        waiter;
    object->waiters_last = waiter;
    object->waiter_count += waiter->queue != &object->watchers && waiter->queue != NULL;
}

static void list_unlink(struct waiter *waiter)
{
    struct object *object = waiter->object;
    if (object->unseen == waiter)
        object->unseen = waiter->object_next;
    *(waiter->object_prev == NULL ? &object->waiters : &waiter->object_prev->object_next) =
        waiter->object_next;
    *(waiter->object_next == NULL ? &object->waiters_last : &waiter->object_next->object_prev) =
        waiter->object_prev;
}

/* Out of its queue and its object. */
static void object_unlink(struct waiter *waiter)
{
    waiter->object->waiter_count -= waiter->queue != &waiter->object->watchers;
    list_unlink(waiter);
    waitq_del(waiter);
    waiter->object = NULL;
}

static struct waiter *waiter_new(struct engine *engine)
{
    struct waiter *waiter = mem_zalloc(&engine->mem, sizeof *waiter);
    if (waiter == NULL)
        return NULL;
    waiter->room = mem_alloc(&engine->mem, WAITER_REPLY_ROOM);
    if (waiter->room == NULL) {
        mem_free(&engine->mem, waiter, sizeof *waiter);
        return NULL;
    }
    engine->waiter_count++;
    return waiter;
}

/* What is left of it when it is in no list any more. */
static void waiter_free(struct engine *engine, struct waiter *waiter)
{
    if (waiter->grant != NULL) {
        idmap_unreserve(&engine->grants);
        mem_free(&engine->mem, waiter->grant, sizeof *waiter->grant);
    }
    if (waiter->room != NULL)
        mem_free(&engine->mem, waiter->room, WAITER_REPLY_ROOM);
    if (waiter->promised)
        timers_unreserve(&engine->timers);
    mem_free(&engine->mem, waiter, sizeof *waiter);
    engine->waiter_count--;
}

bool waiter_passed_over(const struct waiter *waiter)
{
    return (op_row(waiter->op)->flags & OP_GIVES) != 0;
}

/* Whether a wait of that length has an end. */
static bool wait_ends(const struct ctx *ctx, uint64_t wait_ms)
{
    return wait_ms <= UINT64_MAX - 1 - ctx->now_ms;
}

struct waiter *park(struct ctx *ctx, struct object *object, struct waitq *queue)
{
    return park_for(ctx, object, queue, ctx->request->wait_ms, UINT64_MAX);
}

/* The deadline of a wait that starts now, with the promise that the waiter keeps. */
static void deadline_start(struct ctx *ctx, struct waiter *waiter, uint64_t wait_ms)
{
    if (waiter->deadline.slot != 0) {
        timers_clear_keep(&ctx->engine->timers, &waiter->deadline);
        waiter->promised = true;
    }
    if (wait_ends(ctx, wait_ms)) {
        assert(waiter->promised);
        waiter->promised = false;
        timer_set(ctx, &waiter->deadline, TIMER_WAIT, ctx->now_ms + wait_ms);
    }
}

void waiter_again(struct ctx *ctx, struct waiter *waiter)
{
    deadline_start(ctx, waiter, waiter->then_ms);
}

struct waiter *park_for(struct ctx *ctx, struct object *object, struct waitq *queue,
                        uint64_t wait_ms, uint64_t then_ms)
{
    bool timed = wait_ends(ctx, wait_ms) || wait_ends(ctx, then_ms);
    struct waiter *waiter;
    assert(!ctx->reading && !ctx->parked && wait_ms != 0 && (ctx->op->flags & OP_WAITS) != 0);
    waiter = waiter_new(ctx->engine);
    if (waiter == NULL) {
        fail_nomem(ctx);
        return NULL;
    }
    if (timed && !timer_reserve(ctx)) {
        waiter_free(ctx->engine, waiter);
        fail_nomem(ctx);
        return NULL;
    }
    waiter->session = ctx->session;
    waiter->object = object;
    waiter->slot = ctx->slot;
    waiter->id = ctx->request->id;
    waiter->holder = ctx->request->holder;
    waiter->require = ctx->request->require;
    waiter->since_ms = ctx->now_ms;
    waiter->op = ctx->op->number;
    waitq_add(queue, waiter, ctx->session->away && waiter_passed_over(waiter));
    session_link(ctx->session, waiter);
    object_link(object, waiter);
    waiter->then_ms = then_ms;
    waiter->promised = timed;
    deadline_start(ctx, waiter, wait_ms);
    ctx->slot->waiter = waiter;
    ctx->parked = true;
    gc_shade(ctx->engine, object);
    return waiter;
}

void waiter_move(struct waiter *waiter, struct object *object, struct waitq *queue)
{
    object_unlink(waiter);
    waiter->object = object;
    waitq_add(queue, waiter, waiter->place == WAITER_AWAY);
    object_link(object, waiter);
}

/* Its reply is out: nothing is left of it. */
static void waiter_done(struct ctx *ctx, struct waiter *waiter)
{
    timers_clear(&ctx->engine->timers, &waiter->deadline);
    session_unlink(waiter);
    waiter_free(ctx->engine, waiter);
}

void complete_unacked(struct ctx *ctx, struct waiter *waiter, struct unacked *unacked)
{
    struct engine *engine = ctx->engine;
    struct object *object = waiter->object;
    assert(ctx->replied);
    object_unlink(waiter);
    ctx_step(ctx);
    engine->revision++;
    slot_unacked(ctx, waiter->session, waiter->slot, engine->revision, object, unacked);
    ctx_emit_unacked(ctx, unacked);
    waiter_done(ctx, waiter);
}

/* The reply goes to the slot and to the client; the waiter is in no queue any more. */
static void waiter_reply(struct ctx *ctx, struct waiter *waiter, const struct result *result)
{
    struct engine *engine = ctx->engine;
    struct saved reply;
    ctx_step(ctx);
    engine->revision++;
    saved_put(&reply, result, waiter->room, WAITER_REPLY_ROOM);
    if (reply.cap != 0)
        waiter->room = NULL;
    slot_done(ctx, waiter->session, waiter->slot, engine->revision, &reply);
    ctx_emit(ctx, &(struct completion){
                      .session = waiter->session->id,
                      .id = waiter->id,
                      .revision = engine->revision,
                      .changed_at = engine->revision,
                      .encoded = saved_bytes(&waiter->slot->reply),
                  });
    waiter_done(ctx, waiter);
}

void complete(struct ctx *ctx, struct waiter *waiter, const struct result *result)
{
    assert(ctx->replied);
    object_unlink(waiter);
    waiter_reply(ctx, waiter, result);
}

static struct result error_result(enum mgr_code code)
{
    return (struct result){
        .kind = RESULT_ERROR,
        .code = code,
        .message = bytes_text(error_row(code)->meaning),
    };
}

static void type_told(struct ctx *ctx, struct waiter *waiter)
{
    struct object *object = waiter->object;
    if (object->ops->waiter_left != NULL && waiter->queue != &object->watchers)
        object->ops->waiter_left(ctx, object, waiter);
    object_mark(ctx, object);
}

/* What its object's end means to it. */
static enum mgr_code gone_code(const struct waiter *waiter)
{
    const struct object *object = waiter->object;
    return object->ops->gone != NULL && waiter->queue != &object->watchers
               ? object->ops->gone(waiter)
               : ERR_NO_SUCH_OBJECT;
}

/* Whether it is certain already what it is told, whatever happens now: it got what it waited for
 * before, or its object was deleted. */
static bool is_due(const struct waiter *waiter, struct due *due)
{
    const struct object *object = waiter->object;
    if (object->ending) {
        due->result = error_result(gone_code(waiter));
        return true;
    }
    return object->ops->due != NULL && waiter->queue != &object->watchers &&
           object->ops->due(object, waiter, due);
}

void waiter_leave(struct ctx *ctx, struct waiter *waiter, enum mgr_code code)
{
    struct result result = error_result(code);
    struct due due;
    if (is_due(waiter, &due))
        result = due.result;
    type_told(ctx, waiter);
    complete(ctx, waiter, &result);
}

void waiter_timed_out(struct ctx *ctx, struct waiter *waiter)
{
    struct result result = error_result(ERR_TIMEOUT);
    struct object *object = waiter->object;
    struct due due;
    timers_clear_keep(&ctx->engine->timers, &waiter->deadline);
    waiter->promised = true; /* it may start a second wait */
    if (is_due(waiter, &due)) {
        result = due.result;
    } else if (object->ops->timed_out != NULL && waiter->queue != &object->watchers &&
               object->ops->timed_out(ctx, object, waiter, &result) != 0) {
        object_mark(ctx, object);
        return;
    }
    type_told(ctx, waiter);
    complete(ctx, waiter, &result);
}

void waiter_vanish(struct ctx *ctx, struct waiter *waiter)
{
    type_told(ctx, waiter);
    object_unlink(waiter);
    timers_clear(&ctx->engine->timers, &waiter->deadline);
    session_unlink(waiter);
    waiter->slot->waiter = NULL;
    waiter_free(ctx->engine, waiter);
}

void waiters_free(struct engine *engine, struct session *session)
{
    while (session->waiters != NULL) {
        struct waiter *waiter = session->waiters;
        if (waiter->queue != NULL)
            object_unlink(waiter);
        else if (waiter->object != NULL &&
                 (waiter->object_prev != NULL || waiter->object->waiters == waiter))
            list_unlink(waiter); /* it is half loaded */
        timers_clear(&engine->timers, &waiter->deadline);
        session_unlink(waiter);
        waiter_free(engine, waiter);
    }
}

struct waiter *waiter_make(struct engine *engine, struct session *session)
{
    struct waiter *waiter = waiter_new(engine);
    if (waiter != NULL) {
        waiter->session = session;
        session_link(session, waiter);
    }
    return waiter;
}

void waiter_enter_object(struct object *object, struct waiter *waiter)
{
    object_link(object, waiter);
}
