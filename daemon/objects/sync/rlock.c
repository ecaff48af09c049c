/* SPDX-License-Identifier: BSD-2-Clause */
/* rlock: a lock that its owner may acquire again. */
#include "daemon/objects/prototypes.h"
#include "daemon/objects/sync/lock.h"

static int rlock_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    return lock_init(ctx, object, in, true);
}

extern const struct object_ops rlock_ops;
const struct object_ops rlock_ops = {.type = TYPE_RLOCK, .create = rlock_create, LOCK_OPS};

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
