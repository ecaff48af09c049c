/* SPDX-License-Identifier: BSD-2-Clause */
/* lock and rlock: they differ in whether the owner may acquire again. */
#include "daemon/objects/sync/lock.h"

#include "daemon/objects/prototypes.h"
#include "daemon/objects/sync/condition.h"
#include "daemon/objects/sync/state_page.h"

/* ---- the types ---- */

static bool is_reentrant(const struct object *object)
{
    return object->ops->type == TYPE_RLOCK;
}

static int lock_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct lock *lock = lock_of(object);
    lock->mutex.reentrant = is_reentrant(object);
    TAILQ_INIT(&lock->conditions);
    return state_no_init(ctx, in);
}

static void lock_destroy(struct engine *engine, struct object *object)
{
    struct condition *condition;
    (void)engine;
    while ((condition = TAILQ_FIRST(&lock_of(object)->conditions)) != NULL)
        condition_detach(condition);
}

static void lock_info(const struct object *object, struct buf *out)
{
    mutex_info(object, &((const struct lock *)object)->mutex, out);
}

static void lock_save(const struct object *object, struct writer *out)
{
    mutex_save(&((const struct lock *)object)->mutex, out);
}

/* The conditions that use it register when they are loaded: they are younger. */
static bool lock_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct lock *lock = lock_of(object);
    lock->mutex.reentrant = is_reentrant(object);
    TAILQ_INIT(&lock->conditions);
    return mutex_load(engine, object, &lock->mutex, in);
}

static void lock_wake(struct ctx *ctx, struct object *object)
{
    mutex_wake(ctx, object, &lock_of(object)->mutex);
}

static void lock_grant_gone(struct ctx *ctx, struct object *object, struct grant *grant)
{
    mutex_grant_gone(ctx, object, &lock_of(object)->mutex, grant);
}

static void lock_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    (void)object;
    condition_pass_on(ctx, waiter);
}

static int lock_timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                          struct result *result)
{
    (void)ctx;
    (void)object;
    mutex_timed_out(waiter, result);
    return 0;
}

/* Sleepers of its conditions are told before the waiters of the lock. */
static bool lock_dying(struct ctx *ctx, struct object *object)
{
    struct condition *condition;
    bool any = false;
    while ((condition = TAILQ_FIRST(&lock_of(object)->conditions)) != NULL && ctx_spend(ctx)) {
        condition_lock_lost(ctx, condition);
        any = true;
    }
    return any || condition != NULL;
}

static enum mgr_code lock_gone(const struct waiter *waiter)
{
    return waiter->want != 0 ? ERR_LOCK_LOST : ERR_NO_SUCH_OBJECT;
}

static const struct waitq *lock_queue(const struct object *object)
{
    return &((const struct lock *)object)->mutex.queue;
}

extern const struct object_ops lock_ops;
const struct object_ops lock_ops = {
    .type = TYPE_LOCK,
    .size = sizeof(struct lock),
    .create = lock_create,
    .destroy = lock_destroy,
    .scan = state_scan,
    .info = lock_info,
    .save = lock_save,
    .load = lock_load,
    .wake = lock_wake,
    .grant_gone = lock_grant_gone,
    .waiter_left = lock_waiter_left,
    .timed_out = lock_timed_out,
    .dying = lock_dying,
    .gone = lock_gone,
    .owned_queue = lock_queue,
};

extern const struct object_ops rlock_ops;
const struct object_ops rlock_ops = {
    .type = TYPE_RLOCK,
    .size = sizeof(struct lock),
    .create = lock_create,
    .destroy = lock_destroy,
    .scan = state_scan,
    .info = lock_info,
    .save = lock_save,
    .load = lock_load,
    .wake = lock_wake,
    .grant_gone = lock_grant_gone,
    .waiter_left = lock_waiter_left,
    .timed_out = lock_timed_out,
    .dying = lock_dying,
    .gone = lock_gone,
    .owned_queue = lock_queue,
};

/* ---- operations of lock ---- */

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

/* ---- operations of rlock ---- */

int rlock_acquire(struct ctx *ctx, const Wire__RlockAcquire *in)
{
    (void)in;
    return mutex_acquire(ctx, ctx->object, &lock_of(ctx->object)->mutex);
}

int rlock_release(struct ctx *ctx, const Wire__RlockRelease *in)
{
    return mutex_release(ctx, ctx->object, &lock_of(ctx->object)->mutex,
                         (struct release_asked){{in->has_token, in->token}, in->any});
}

int rlock_locked(struct ctx *ctx, const Wire__RlockLocked *in)
{
    (void)in;
    return mutex_locked(ctx, ctx->object);
}

int rlock_held(struct ctx *ctx, const Wire__RlockHeld *in)
{
    return owner_held(ctx, ctx->object, (struct token_given){in->has_token, in->token});
}

int rlock_renew(struct ctx *ctx, const Wire__RlockRenew *in)
{
    return owner_renew(ctx, ctx->object, in->token,
                       (struct lease_given){in->has_lease_ms, in->lease_ms});
}
