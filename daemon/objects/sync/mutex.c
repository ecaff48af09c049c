/* SPDX-License-Identifier: BSD-2-Clause */
/* A mutex: granted in turn, released, or left behind by an owner whose session ended. */
#include "daemon/objects/sync/mutex.h"

#include "daemon/engine/session.h"
#include "daemon/objects/object/object_rows.h"
#include "wire.pb-c.h"

/* ---- granting ---- */

struct result mutex_result(const struct mutex *mutex, const struct grant *grant)
{
    struct result result = grant_result(grant);
    result.previous_token = mutex->abandoned;
    return result;
}

/* Makes the grant live; token as in grant_add. Returns the result for its owner. */
static struct result grant_enter(struct ctx *ctx, struct object *object, struct mutex *mutex,
                                 struct grant *grant, uint64_t token)
{
    grant_add(ctx, grant, token, object);
    struct result result = mutex_result(mutex, grant);
    mutex->last_token = token;
    return result;
}

static int acquire_now(struct ctx *ctx, struct object *object, struct mutex *mutex)
{
    struct grant *grant = grant_reserve(ctx);
    if (grant == NULL)
        return -1;
    grant->count = 1;
    ctx->result = grant_enter(ctx, object, mutex, grant, ctx->revision);
    changed(ctx, object);
    return 0;
}

static int acquire_again(struct ctx *ctx, struct object *object, struct mutex *mutex,
                         struct grant *grant)
{
    grant->count++;
    ctx->result = mutex_result(mutex, grant);
    changed(ctx, object);
    return 0;
}

static int acquire_later(struct ctx *ctx, struct object *object, struct mutex *mutex)
{
    struct grant *grant = grant_reserve(ctx);
    if (grant == NULL)
        return -1;
    struct waiter *waiter = park(ctx, object, &mutex->queue);
    if (waiter == NULL) {
        grant_unreserve(ctx, grant);
        return -1;
    }
    grant->count = 1;
    waiter->grant = grant;
    return 0;
}

static bool is_free(const struct ctx *ctx, const struct object *object, const struct mutex *mutex)
{
    return object->grants == NULL && waitq_open(ctx, &mutex->queue);
}

int mutex_acquire(struct ctx *ctx, struct object *object, struct mutex *mutex)
{
    struct grant *own = mutex->reentrant ? owner_grant(ctx, object) : NULL;
    if (own != NULL)
        return acquire_again(ctx, object, mutex, own);
    if (is_free(ctx, object, mutex))
        return acquire_now(ctx, object, mutex);
    if (ctx->request->wait_ms != 0)
        return acquire_later(ctx, object, mutex);
    return fail(ctx, ERR_BUSY, "somebody owns it");
}

/* ---- waking ---- */

/* Makes the waiter the owner. */
static struct grant *grant_to(struct ctx *ctx, struct object *object, struct mutex *mutex,
                              struct waiter *waiter)
{
    struct grant *grant = waiter->grant;
    waiter->grant = NULL;
    struct result result = grant_enter(ctx, object, mutex, grant, step_next(ctx));
    if (waiter->want != 0)
        result.value = val_bool(waiter->extra != 0);
    complete(ctx, waiter, &result);
    return grant;
}

/* Grants what else the new owner waits for: nobody but itself is in its way. */
static void reenter(struct ctx *ctx, struct mutex *mutex, struct grant *grant)
{
    struct waiter *next;
    for (struct waiter *at = grant->session->waiters; at != NULL; at = next) {
        next = at->session_next;
        if (at->queue == &mutex->queue && at->holder == grant->holder && at->want == 0) {
            grant->count++;
            struct result result = mutex_result(mutex, grant);
            complete(ctx, at, &result);
        }
    }
}

void mutex_wake(struct ctx *ctx, struct object *object, struct mutex *mutex)
{
    struct waiter *next = object->grants != NULL ? NULL : waitq_next(ctx, &mutex->queue);
    if (next == NULL)
        return;
    struct grant *grant = grant_to(ctx, object, mutex, next);
    if (mutex->reentrant)
        reenter(ctx, mutex, grant);
    changed(ctx, object);
}

/* ---- giving back ---- */

/* Releases one level; the last one frees the mutex. */
static int release_level(struct ctx *ctx, struct object *object, struct mutex *mutex,
                         struct grant *grant)
{
    if (grant->count > 1) {
        grant->count--;
    } else {
        mutex->abandoned = 0;
        grant_drop(ctx, grant);
    }
    changed(ctx, object);
    return 0;
}

static int fail_release(struct ctx *ctx, const struct object *object, const struct mutex *mutex)
{
    enum mgr_code code = object->grants == NULL ? ERR_RUNTIME : ERR_NOT_OWNER;
    if (mutex->reentrant)
        return fail(ctx, code, "cannot release un-acquired lock");
    return fail(ctx, code,
                object->grants == NULL ? "release unlocked lock" : "somebody else owns the lock");
}

int mutex_release(struct ctx *ctx, struct object *object, struct mutex *mutex,
                  struct release_asked asked)
{
    struct grant *grant;
    if (asked.token.given) {
        if (token_release(ctx, object, asked.token.token, &grant) < 0)
            return -1;
        return grant == NULL ? 0 : release_level(ctx, object, mutex, grant);
    }
    grant = owner_grant(ctx, object);
    if (grant == NULL && asked.any)
        grant = object->grants;
    return grant == NULL ? fail_release(ctx, object, mutex)
                         : release_level(ctx, object, mutex, grant);
}

int mutex_locked(struct ctx *ctx, const struct object *object)
{
    return reply_bool(ctx, object->grants != NULL);
}

/* ---- hooks ---- */

void mutex_grant_gone(struct ctx *ctx, struct object *object, struct mutex *mutex,
                      const struct grant *grant)
{
    mutex->abandoned = grant->token;
    changed(ctx, object);
}

void mutex_timed_out(const struct waiter *waiter, struct result *result)
{
    if (waiter->want != 0) {
        result->code = ERR_LOCK_LOST;
        result->message = bytes_text("the lock could not be taken again in time");
    }
}

static void token_put(struct buf *out, const char *key, uint64_t token)
{
    if (token != 0)
        field_put_id(out, key, token);
    else
        val_put_field(out, key, VAL_NONE_BYTES);
}

void mutex_info(const struct object *object, const struct mutex *mutex, struct buf *out)
{
    val_put_field_bool(out, "locked", object->grants != NULL);
    token_put(out, "last_token", mutex->last_token);
    token_put(out, "abandoned", mutex->abandoned);
}

void mutex_save_queue(const struct waitq *queue, struct writer *out)
{
    struct waitq_walk walk = waitq_walk(queue);
    const struct waiter *waiter;
    waitq_save(queue, out);
    while ((waiter = waitq_walk_next(&walk)) != NULL)
        writer_u64(out, waiter->grant->count);
}

void mutex_save(const struct mutex *mutex, struct writer *out)
{
    writer_u64(out, mutex->abandoned);
    writer_u64(out, mutex->last_token);
    mutex_save_queue(&mutex->queue, out);
}

bool mutex_load_queue(const struct engine *engine, struct object *object, struct waitq *queue,
                      struct reader *in)
{
    if (!waitq_load(engine, object, queue, in))
        return false;
    struct waitq_walk walk = waitq_walk(queue);
    const struct waiter *waiter;
    while ((waiter = waitq_walk_next(&walk)) != NULL) {
        uint64_t count = reader_u64(in);
        if (count == 0 || waiter->grant == NULL)
            return reader_fail(in);
        waiter->grant->count = count;
    }
    return true;
}

bool mutex_load(const struct engine *engine, struct object *object, struct mutex *mutex,
                struct reader *in)
{
    mutex->abandoned = reader_u64(in);
    mutex->last_token = reader_u64(in);
    return mutex_load_queue(engine, object, &mutex->queue, in);
}
