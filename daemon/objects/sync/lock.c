/* SPDX-License-Identifier: BSD-2-Clause */
/* lock, and what rlock has in common with it. */
#include "daemon/objects/sync/lock.h"

#include "daemon/objects/prototypes.h"
#include "daemon/objects/sync/condition.h"

/* ---- the types ---- */

int lock_init(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in, bool reentrant)
{
    struct lock *lock = lock_of(object);
    lock->mutex.reentrant = reentrant;
    TAILQ_INIT(&lock->conditions);
    return state_no_init(ctx, in);
}

static int lock_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    return lock_init(ctx, object, in, false);
}

void lock_destroy(struct engine *engine, struct object *object)
{
    struct condition *condition;
    (void)engine;
    while ((condition = TAILQ_FIRST(&lock_of(object)->conditions)) != NULL)
        condition_detach(condition);
}

void lock_info(const struct object *object, struct buf *out)
{
    mutex_info(object, &((const struct lock *)object)->mutex, out);
}

void lock_save(const struct object *object, struct writer *out)
{
    mutex_save(&((const struct lock *)object)->mutex, out);
}

/* The conditions that use it register when they are loaded: they are younger. */
bool lock_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct lock *lock = lock_of(object);
    lock->mutex.reentrant = object->ops->type == TYPE_RLOCK;
    TAILQ_INIT(&lock->conditions);
    return mutex_load(engine, object, &lock->mutex, in);
}

void lock_wake(struct ctx *ctx, struct object *object)
{
    mutex_wake(ctx, object, &lock_of(object)->mutex);
}

void lock_grant_gone(struct ctx *ctx, struct object *object, struct grant *grant)
{
    mutex_grant_gone(ctx, object, &lock_of(object)->mutex, grant);
}

void lock_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    (void)object;
    condition_pass_on(ctx, waiter);
}

int lock_timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                   struct result *result)
{
    (void)ctx;
    (void)object;
    mutex_timed_out(waiter, result);
    return 0;
}

/* Sleepers of its conditions are told before the waiters of the lock. */
bool lock_dying(struct ctx *ctx, struct object *object)
{
    struct condition *condition;
    bool any = false;
    while ((condition = TAILQ_FIRST(&lock_of(object)->conditions)) != NULL && ctx_spend(ctx)) {
        condition_lock_lost(ctx, condition);
        any = true;
    }
    return any || condition != NULL;
}

enum mgr_code lock_gone(const struct waiter *waiter)
{
    return waiter->want != 0 ? ERR_LOCK_LOST : ERR_NO_SUCH_OBJECT;
}

const struct waitq *lock_queue(const struct object *object)
{
    return &((const struct lock *)object)->mutex.queue;
}

extern const struct object_ops lock_ops;
const struct object_ops lock_ops = {.type = TYPE_LOCK, .create = lock_create, LOCK_OPS};

/* ---- operations ---- */

int lock_acquire(struct ctx *ctx, const Wire__LockAcquire *in)
{
    (void)in;
    return mutex_acquire(ctx, ctx->object, &lock_of(ctx->object)->mutex);
}

int lock_release(struct ctx *ctx, const Wire__LockRelease *in)
{
    return mutex_release(ctx, ctx->object, &lock_of(ctx->object)->mutex,
                         (struct release_asked){{in->has_token, in->token}, in->any});
}

int lock_locked(struct ctx *ctx, const Wire__LockLocked *in)
{
    (void)in;
    return mutex_locked(ctx, ctx->object);
}

int lock_held(struct ctx *ctx, const Wire__LockHeld *in)
{
    return owner_held(ctx, ctx->object, (struct token_given){in->has_token, in->token});
}

int lock_renew(struct ctx *ctx, const Wire__LockRenew *in)
{
    return owner_renew(ctx, ctx->object, in->token,
                       (struct lease_given){in->has_lease_ms, in->lease_ms});
}
