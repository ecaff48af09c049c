/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: what is due fires, in order of its deadline. */
#include <stddef.h>

#include "daemon/engine/absence.h"
#include "daemon/engine/gc.h"
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
