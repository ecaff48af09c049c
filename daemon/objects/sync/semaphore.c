/* SPDX-License-Identifier: BSD-2-Clause */
/* semaphore: permits, granted one or several at a time, in order of arrival. */
#include <inttypes.h>

#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/index.h"
#include "daemon/objects/python/iterable.h"
#include "daemon/objects/sync/owner.h"
#include "daemon/objects/sync/state_page.h"

struct semaphore {
    struct object object;
    uint64_t total;     /* all permits, free and lent */
    uint64_t lent;      /* may exceed total after a resize */
    bool bounded;       /* only a resize raises total */
    struct waitq queue; /* a waiter's want: number of permits */
};

/* Looking at this many waiters that stay costs as much as telling one. */
enum { LOOKS_PER_TOLD = 32 };

static struct semaphore *semaphore_of(struct object *object)
{
    return (struct semaphore *)object;
}

static uint64_t available(const struct semaphore *semaphore)
{
    return semaphore->total > semaphore->lent ? semaphore->total - semaphore->lent : 0;
}

/* ---- the type ---- */

static int permits_read(struct ctx *ctx, struct bytes init, uint64_t *permits)
{
    enum val_kind kind;
    int64_t number;
    if (val_read(init).kind == VAL_BOOL)
        return fail(ctx, ERR_TYPE, "the permits of a semaphore are an int, not bool");
    switch (index_read(init, &number, &kind)) {
    case INDEX_NONE:
        return fail(ctx, ERR_TYPE, "the permits of a semaphore are an int, not %s",
                    val_type_name(kind));
    case INDEX_HIGH:
        return fail(ctx, ERR_OVERFLOW, "a semaphore has 2^63-1 permits at most");
    case INDEX_LOW:
    case INDEX_FITS:
        break;
    }
    if (number < 0)
        return fail(ctx, ERR_VALUE, "semaphore initial value must be >= 0");
    *permits = (uint64_t)number;
    return 0;
}

static int semaphore_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct semaphore *semaphore = semaphore_of(object);
    semaphore->total = 1;
    semaphore->bounded = in->bounded;
    return in->init.len == 0 ? 0 : permits_read(ctx, arg(in->init), &semaphore->total);
}

static void semaphore_destroy(struct engine *engine, struct object *object)
{
    (void)engine;
    (void)object;
}

static int64_t value_of(const struct semaphore *semaphore)
{
    return (int64_t)(semaphore->total - semaphore->lent);
}

static void semaphore_info(const struct object *object, struct buf *out)
{
    const struct semaphore *semaphore = (const struct semaphore *)object;
    val_put_field_uint(out, "permits", semaphore->total);
    val_put_field_int(out, "free", value_of(semaphore));
    val_put_field_bool(out, "bounded", semaphore->bounded);
}

static bool semaphore_differs(const struct object *object, const Wire__ObjectCreate *in,
                              struct buf *why)
{
    if (!in->bounded || ((const struct semaphore *)object)->bounded)
        return false;
    buf_put_text(why, "not bounded");
    return true;
}

static void semaphore_save(const struct object *object, struct writer *out)
{
    const struct semaphore *semaphore = (const struct semaphore *)object;
    writer_u64(out, semaphore->total);
    writer_u64(out, semaphore->lent);
    writer_u64(out, semaphore->bounded);
    waitq_save(&semaphore->queue, out);
}

/* Every waiter has a reserved grant. */
static bool semaphore_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct semaphore *semaphore = semaphore_of(object);
    semaphore->total = reader_u64_max(in, INT64_MAX);
    semaphore->lent = reader_u64(in);
    semaphore->bounded = reader_bool(in);
    if (!waitq_load(engine, object, &semaphore->queue, in))
        return false;
    struct waitq_walk walk = waitq_walk(&semaphore->queue);
    const struct waiter *at;
    while ((at = waitq_walk_next(&walk)) != NULL)
        if (at->grant == NULL)
            return reader_fail(in);
    return true;
}

/* Makes the grant of that many permits live; token as in grant_add. */
static struct result lend(struct ctx *ctx, struct semaphore *semaphore, struct grant *grant,
                          uint64_t permits, uint64_t token)
{
    semaphore->lent += permits;
    grant->count = permits;
    grant_add(ctx, grant, token, &semaphore->object);
    return grant_result(grant);
}

static bool is_hopeless(const struct semaphore *semaphore, const struct waiter *waiter)
{
    return semaphore->bounded && waiter->queue == &semaphore->queue &&
           waiter->want > semaphore->total;
}

/* Ends waiters that want more permits than there can ever be: they would block everybody behind
 * them. After a resize all waiters are looked at, which costs little for those that stay. */
static void evict_hopeless(struct ctx *ctx, struct semaphore *semaphore)
{
    struct object *object = &semaphore->object;
    struct waiter *at;
    for (unsigned looks = 0; (at = object->unseen) != NULL;) {
        if (!is_hopeless(semaphore, at)) {
            object->unseen = at->object_next;
            if (++looks % LOOKS_PER_TOLD == 0 && !ctx_spend(ctx))
                return;
        } else if (ctx_spend(ctx)) {
            waiter_leave(ctx, at, ERR_VALUE);
        } else {
            return;
        }
    }
}

/* The first waiter with a connection keeps its turn until there are enough permits for it. */
static void semaphore_wake(struct ctx *ctx, struct object *object)
{
    struct semaphore *semaphore = semaphore_of(object);
    struct waiter *head;
    bool any = false;
    evict_hopeless(ctx, semaphore);
    while ((head = waitq_next(ctx, &semaphore->queue)) != NULL &&
           head->want <= available(semaphore) && ctx_spend(ctx)) {
        struct grant *grant = head->grant;
        head->grant = NULL;
        struct result result = lend(ctx, semaphore, grant, head->want, step_next(ctx));
        complete(ctx, head, &result);
        any = true;
    }
    if (any)
        changed(ctx, object);
}

static void semaphore_grant_gone(struct ctx *ctx, struct object *object, struct grant *grant)
{
    semaphore_of(object)->lent -= grant->count;
    changed(ctx, object);
}

static const struct waitq *semaphore_queue(const struct object *object)
{
    return &((const struct semaphore *)object)->queue;
}

extern const struct object_ops semaphore_ops;
const struct object_ops semaphore_ops = {
    .type = TYPE_SEMAPHORE,
    .size = sizeof(struct semaphore),
    .params = PARAM_BOUNDED,
    .create = semaphore_create,
    .destroy = semaphore_destroy,
    .scan = state_scan,
    .info = semaphore_info,
    .differs = semaphore_differs,
    .save = semaphore_save,
    .load = semaphore_load,
    .wake = semaphore_wake,
    .grant_gone = semaphore_grant_gone,
    .owned_queue = semaphore_queue,
};

/* ---- taking ---- */

static bool can_take(const struct ctx *ctx, const struct semaphore *semaphore, uint64_t permits)
{
    return waitq_open(ctx, &semaphore->queue) && permits <= available(semaphore);
}

static int acquire_later(struct ctx *ctx, struct semaphore *semaphore, uint64_t permits)
{
    struct grant *grant = grant_reserve(ctx);
    if (grant == NULL)
        return -1;
    struct waiter *waiter = park(ctx, &semaphore->object, &semaphore->queue);
    if (waiter == NULL) {
        grant_unreserve(ctx, grant);
        return -1;
    }
    waiter->grant = grant;
    waiter->want = permits;
    return 0;
}

static int acquire_now(struct ctx *ctx, struct semaphore *semaphore, uint64_t permits)
{
    struct grant *grant = grant_reserve(ctx);
    if (grant == NULL)
        return -1;
    ctx->result = lend(ctx, semaphore, grant, permits, ctx->revision);
    changed(ctx, &semaphore->object);
    return 0;
}

/* Whether that number of permits may be requested. -1: fail() was called. */
static int permits_check(struct ctx *ctx, uint64_t permits)
{
    if (permits == 0)
        return fail(ctx, ERR_VALUE, "permits must be at least 1");
    if (permits > INT64_MAX)
        return fail(ctx, ERR_VALUE, "permits must be 2^63-1 at most");
    return 0;
}

int semaphore_acquire(struct ctx *ctx, const Wire__SemaphoreAcquire *in)
{
    struct semaphore *semaphore = semaphore_of(ctx->object);
    uint64_t permits = in->has_permits ? in->permits : 1;
    if (permits_check(ctx, permits) < 0)
        return -1;
    if (semaphore->bounded && permits > semaphore->total)
        return fail(ctx, ERR_VALUE, "there are only %" PRIu64 " permits in all", semaphore->total);
    if (can_take(ctx, semaphore, permits))
        return acquire_now(ctx, semaphore, permits);
    return ctx->request->wait_ms == 0 ? fail(ctx, ERR_BUSY, "not enough permits are free")
                                      : acquire_later(ctx, semaphore, permits);
}

/* ---- giving back ---- */

/* Releases that many permits of the grant, or all it has. Returns how many. */
static uint64_t give_back(struct ctx *ctx, struct semaphore *semaphore, struct grant *grant,
                          uint64_t permits)
{
    uint64_t some = permits < grant->count ? permits : grant->count;
    semaphore->lent -= some;
    grant->count -= some;
    if (grant->count == 0)
        grant_drop(ctx, grant);
    changed(ctx, &semaphore->object);
    return some;
}

static int release_token(struct ctx *ctx, struct semaphore *semaphore,
                         const Wire__SemaphoreRelease *in)
{
    struct grant *grant;
    if (token_release(ctx, &semaphore->object, in->token, &grant) < 0)
        return -1;
    if (grant == NULL)
        return 0;
    if (in->has_permits && in->permits > grant->count)
        return fail(ctx, ERR_OVER_RELEASE, "the grant has only %" PRIu64 " permits", grant->count);
    (void)give_back(ctx, semaphore, grant, in->has_permits ? in->permits : grant->count);
    return 0;
}

/* Releases the caller's own permits, newest grant first, as far as they go. Returns how many are
 * left to release. */
static uint64_t release_own(struct ctx *ctx, struct semaphore *semaphore, uint64_t permits)
{
    struct owner_walk walk = owner_walk(ctx, &semaphore->object);
    struct grant *grant;
    while (permits > 0 && (grant = owner_walk_next(&walk)) != NULL)
        permits -= give_back(ctx, semaphore, grant, permits);
    return permits;
}

/* Counts how many of these permits are the caller's, and charges the work of releasing them. -1:
 * too much work, fail() was called. */
static int owned_afford(struct ctx *ctx, const struct semaphore *semaphore, uint64_t permits,
                        uint64_t *owned)
{
    struct owner_walk walk = owner_walk(ctx, &semaphore->object);
    const struct grant *grant;
    *owned = 0;
    walk.work = &ctx->work;
    while (*owned < permits && (grant = owner_walk_next(&walk)) != NULL &&
           val_spend(&ctx->work, STEPS_FIND))
        *owned += grant->count;
    return ctx->work.over ? fail_work(ctx) : 0;
}

/* Charges the work of releasing that many more permits of other owners, oldest first. The
 * caller's grants are passed over: they are released by then. */
static int others_afford(struct ctx *ctx, const struct semaphore *semaphore, uint64_t permits)
{
    uint64_t lent = 0;
    for (const struct grant *at = semaphore->object.grants; at != NULL && lent < permits;
         at = at->object_next) {
        bool own = at->session == ctx->session && at->holder == ctx->request->holder;
        if (work_take(ctx, own ? STEPS_VISIT : STEPS_FIND) < 0)
            return -1;
        lent += own ? 0 : at->count;
    }
    return 0;
}

static int fail_over_release(struct ctx *ctx)
{
    return fail(ctx, ERR_OVER_RELEASE, "Semaphore released too many times");
}

/* Releases the caller's permits, then other owners', oldest first, then adds new ones. */
static int release_any(struct ctx *ctx, struct semaphore *semaphore, uint64_t permits)
{
    uint64_t more = permits > semaphore->lent ? permits - semaphore->lent : 0;
    uint64_t owned;
    if (more > 0 && semaphore->bounded)
        return fail_over_release(ctx);
    if (more > INT64_MAX - semaphore->total)
        return fail(ctx, ERR_OVERFLOW, "a semaphore has 2^63-1 permits at most");
    permits -= more;
    if (owned_afford(ctx, semaphore, permits, &owned) < 0 ||
        (owned < permits && others_afford(ctx, semaphore, permits - owned) < 0))
        return -1;
    permits = release_own(ctx, semaphore, permits);
    while (permits > 0 && semaphore->object.grants != NULL)
        permits -= give_back(ctx, semaphore, semaphore->object.grants, permits);
    semaphore->total += more;
    changed(ctx, &semaphore->object);
    return 0;
}

static int release_only_own(struct ctx *ctx, struct semaphore *semaphore, uint64_t permits)
{
    uint64_t owned;
    if (owned_afford(ctx, semaphore, permits, &owned) < 0)
        return -1;
    if (owned >= permits) {
        (void)release_own(ctx, semaphore, permits);
        return 0;
    }
    if (semaphore->bounded && semaphore->object.grants == NULL)
        return fail_over_release(ctx);
    return fail(ctx, ERR_NOT_OWNER, "this owner has only %" PRIu64 " permits", owned);
}

int semaphore_release(struct ctx *ctx, const Wire__SemaphoreRelease *in)
{
    struct semaphore *semaphore = semaphore_of(ctx->object);
    uint64_t permits = in->has_permits ? in->permits : 1;
    if (permits_check(ctx, permits) < 0)
        return -1;
    if (in->has_token)
        return release_token(ctx, semaphore, in);
    return in->any ? release_any(ctx, semaphore, permits)
                   : release_only_own(ctx, semaphore, permits);
}

/* ---- the rest ---- */

int semaphore_value(struct ctx *ctx, const Wire__SemaphoreValue *in)
{
    (void)in;
    return reply_int(ctx, value_of(semaphore_of(ctx->object)));
}

int semaphore_held(struct ctx *ctx, const Wire__SemaphoreHeld *in)
{
    return owner_held(ctx, ctx->object, (struct token_given){in->has_token, in->token});
}

int semaphore_renew(struct ctx *ctx, const Wire__SemaphoreRenew *in)
{
    return owner_renew(ctx, ctx->object, in->token,
                       (struct lease_given){in->has_lease_ms, in->lease_ms});
}

int semaphore_resize(struct ctx *ctx, const Wire__SemaphoreResize *in)
{
    struct semaphore *semaphore = semaphore_of(ctx->object);
    if (in->permits > INT64_MAX)
        return fail(ctx, ERR_VALUE, "permits must be 2^63-1 at most");
    if (in->permits == semaphore->total)
        return 0;
    if (semaphore->bounded && in->permits < semaphore->total)
        ctx->object->unseen = ctx->object->waiters;
    semaphore->total = in->permits;
    changed(ctx, ctx->object);
    return 0;
}
