/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: what is due fires, in order of its deadline. */
#include <stddef.h>

#include "daemon/engine/state.h"

#define OWNER(timer, type, member) ((type *)(void *)((char *)(timer)-offsetof(type, member)))

static void grant_due(struct ctx *ctx, struct grant *grant)
{
    struct object *object = grant->object;
    if (object->ops->grant_due != NULL)
        object->ops->grant_due(ctx, object, grant);
}

void timer_fire(struct ctx *ctx, struct timer *timer)
{
    switch (timer->kind) {
    case TIMER_WAIT:
        waiter_timed_out(ctx, OWNER(timer, struct waiter, deadline));
        break;
    case TIMER_TTL:
        object_ttl_fired(ctx, OWNER(timer, struct object, ttl));
        break;
    case TIMER_GC:
        gc_timer_fired(ctx->engine);
        break;
    case TIMER_GRANT:
        timer_clear(ctx, timer);
        grant_due(ctx, OWNER(timer, struct grant, lease));
        break;
    default:
        timer_clear(ctx, timer);
        ctx->engine->handlers->types[timer->kind - TIMER_TYPE]->timer_due(ctx, timer);
    }
}

/* True: as many have fired as one command may, and more are due. */
bool tick_run(struct ctx *ctx)
{
    struct timer *timer;
    bool more = false;
    while ((timer = timers_first(&ctx->engine->timers)) != NULL && timer->at_ms <= ctx->now_ms) {
        if (!ctx_spend(ctx)) {
            more = true;
            break;
        }
        ctx_step(ctx);
        timer_fire(ctx, timer);
    }
    absence_tick(ctx);
    return more;
}

uint64_t engine_due(const struct engine *engine)
{
    const struct timer *first = timers_first(&engine->timers);
    uint64_t timer_ms = first == NULL ? UINT64_MAX : first->at_ms;
    uint64_t absence_ms = engine->absence.due_ms;
    return absence_ms != 0 && absence_ms < timer_ms ? absence_ms : timer_ms;
}

void timer_save(const struct timer *timer, struct writer *out)
{
    writer_u64(out, timer->slot == 0 ? UINT64_MAX : timer->at_ms);
    writer_u64(out, timer->slot == 0 ? 0 : timer->order);
}

bool timer_load(struct engine *engine, struct timer *timer, int kind, struct reader *in)
{
    uint64_t at_ms = reader_u64(in);
    uint64_t order = reader_u64(in);
    timer->kind = kind;
    if (!reader_ok(in) || at_ms == UINT64_MAX)
        return reader_ok(in);
    if (!timers_reserve(&engine->timers, &engine->mem))
        return reader_nomem(in);
    timers_restore(&engine->timers, timer, at_ms, order);
    return true;
}
