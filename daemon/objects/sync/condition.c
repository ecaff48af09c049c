/* SPDX-License-Identifier: BSD-2-Clause */
/* condition: waiters for a notify, and the lock that they release meanwhile.
 *
 * Happy path: condition_wait drops the caller's grant of the lock and parks the request in the
 * queue of sleepers. A notify moves the waiter to the end of the lock's queue, where it waits like
 * any other request for the lock. When it gets the lock, with its old depth, the request is
 * answered. Numbers in the
 * waiter: `want` is the condition's id, `extra` tells whether it was notified, and the count of its
 * grant is the depth to restore.
 *
 * A notify for many sleepers is given in slices, by the wake pass and REST commands. The condition
 * owes it to the requests that sleep at that step (the called ones), and never to one that begins
 * to sleep later.
 *
 * What can fail: when wait_ms is over, the sleeper moves to the lock's queue without being
 * notified. When reacquire_ms is over too, or the lock is deleted, it gets LOCK_LOST. A notified
 * waiter that leaves before it gets the lock passes the notify on to the next sleeper. */
#include "daemon/objects/sync/condition.h"

#include <inttypes.h>

#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/sync/lock.h"
#include "daemon/objects/sync/state_page.h"

struct condition {
    struct object object;
    struct mutex own; /* used when no other lock was named */
    struct waitq sleepers;
    uint64_t owed;   /* notifies still to be given to called sleepers */
    uint64_t called; /* number of sleepers up to called_up_to */
    uint64_t called_up_to;
    struct lock *lock; /* the named lock; NULL: own is used, or the lock was deleted */
    uint64_t lock_id;  /* 0: own is used */
    TAILQ_ENTRY(condition) of_lock;
};

extern const struct object_ops condition_ops;

static struct condition *condition_of(struct object *object)
{
    return (struct condition *)object;
}

/* ---- the lock it uses ---- */

/* Where the lock is: inside the condition or in another object. */
struct place {
    struct object *object;
    struct mutex *mutex;
};

static struct place place_of(struct condition *condition)
{
    if (condition->lock != NULL)
        return (struct place){&condition->lock->object, &condition->lock->mutex};
    return (struct place){&condition->object, &condition->own};
}

/* Whether the lock was deleted, even if condition_lock_lost was not called yet. */
static bool is_lost(const struct condition *condition)
{
    return condition->lock_id != 0 && (condition->lock == NULL || condition->lock->object.ending);
}

/* Finds the lock for an operation; from here on ctx->object, which the reply names, is the
 * object with the lock. -1: fail() was called. */
static int place_find(struct ctx *ctx, struct place *place)
{
    struct condition *condition = condition_of(ctx->object);
    if (is_lost(condition)) {
        (void)fail(ctx, ERR_LOCK_LOST, "the lock of the condition was deleted");
        return -1;
    }
    *place = place_of(condition);
    ctx->object = place->object;
    return 0;
}

void condition_detach(struct condition *condition)
{
    if (condition->lock != NULL) {
        TAILQ_REMOVE(&condition->lock->conditions, condition, of_lock);
        condition->lock = NULL;
    }
}

void condition_lock_lost(struct ctx *ctx, struct condition *condition)
{
    condition_detach(condition);
    changed(ctx, &condition->object);
}

/* ---- waking ---- */

static bool is_called(const struct condition *condition, const struct waiter *waiter)
{
    return waiter->number <= condition->called_up_to;
}

/* Updates the counts for a sleeper that is about to leave. */
static void sleeper_leaves(struct condition *condition, const struct waiter *waiter)
{
    if (is_called(condition, waiter)) {
        condition->called--;
        if (condition->owed > condition->called)
            condition->owed = condition->called;
    }
}

/* Wakes a sleeper; it takes one of the owed notifies if it is a called one. */
static void sleeper_up(struct ctx *ctx, struct condition *condition, struct waiter *waiter)
{
    struct place place = place_of(condition);
    waiter->extra = condition->owed > 0 && is_called(condition, waiter);
    condition->owed -= waiter->extra;
    sleeper_leaves(condition, waiter);
    waiter_move(waiter, place.object, &place.mutex->queue);
    waiter_again(ctx, waiter);
    object_mark(ctx, place.object);
}

/* Sleepers with a connection are notified first, even if their session is ending: such a sleeper
 * passes the notify on when it leaves. If all called ones are away, the first of them waits for
 * the lock, and passes the notify on if it does not come back. So no notify is lost. */
static struct waiter *called_next(const struct ctx *ctx, const struct condition *condition)
{
    struct waiter *there = waitq_next_there(ctx, &condition->sleepers);
    return there != NULL && is_called(condition, there) ? there : waitq_first(&condition->sleepers);
}

/* Gives as many notifies as this command may; the wake pass goes on. */
static void give_owed(struct ctx *ctx, struct condition *condition)
{
    while (condition->owed > 0 && ctx_spend(ctx))
        sleeper_up(ctx, condition, called_next(ctx, condition));
}

/* Owes notifies to at most `count` of the present sleepers. */
static void notify_some(struct ctx *ctx, struct condition *condition, uint64_t count)
{
    uint64_t most = condition->sleepers.count - condition->owed;
    if (count == 0 || most == 0)
        return;
    condition->owed += count < most ? count : most;
    condition->called = condition->sleepers.count;
    condition->called_up_to = condition->sleepers.numbers;
    changed(ctx, &condition->object);
    give_owed(ctx, condition);
}

void condition_pass_on(struct ctx *ctx, const struct waiter *waiter)
{
    struct object *object = NULL;
    if (waiter->want != 0 && waiter->extra != 0)
        object = object_by_id(ctx->engine, waiter->want);
    if (object != NULL && object->ops == &condition_ops && /* a loaded state may name any object */
        !is_lost(condition_of(object)))
        notify_some(ctx, condition_of(object), 1);
}

/* ---- the type ---- */

/* Keeps the lock alive as long as the condition, even without a name. -1: fail() was called. */
static int refer(struct ctx *ctx, struct object *object, uint64_t id)
{
    uint8_t room[16];
    struct buf ref = {.data = room, .cap = sizeof room, .limit = sizeof room};
    val_put_ref(&ref, id);
    if (refs_reserve(ctx, object, buf_bytes(&ref)) < 0)
        return -1;
    refs_add(ctx, object, buf_bytes(&ref));
    return 0;
}

static bool is_lock(const struct object *object)
{
    return object->ops->type == TYPE_LOCK || object->ops->type == TYPE_RLOCK;
}

static int use_lock(struct ctx *ctx, struct condition *condition, struct bytes name)
{
    struct object *object = object_find(ctx, name);
    if (object == NULL)
        return -1;
    if (!is_lock(object)) {
        return fail(ctx, ERR_WRONG_TYPE, "a condition uses a lock or an rlock, and %.*s is a %s",
                    (int)name.len, (const char *)name.data, type_name(object->ops->type));
    }
    if (refer(ctx, &condition->object, object->id) < 0)
        return -1;
    condition->lock = lock_of(object);
    condition->lock_id = object->id;
    TAILQ_INSERT_TAIL(&condition->lock->conditions, condition, of_lock);
    return 0;
}

static int condition_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct condition *condition = condition_of(object);
    condition->own.reentrant = true;
    if (state_no_init(ctx, in) < 0)
        return -1;
    return in->has_lock ? use_lock(ctx, condition, arg(in->lock)) : 0;
}

static void condition_destroy(struct engine *engine, struct object *object)
{
    (void)engine;
    condition_detach(condition_of(object));
}

/* Puts the name of its lock; empty: its own lock. */
static void lock_put_name(const struct condition *condition, struct buf *out)
{
    if (is_lost(condition))
        buf_put_text(out, "(deleted)");
    else if (condition->lock != NULL)
        object_put_name(&condition->lock->object, out);
}

static void condition_info(const struct object *object, struct buf *out)
{
    const struct condition *condition = (const struct condition *)object;
    char room[300];
    struct buf name = {.data = (uint8_t *)room, .cap = sizeof room, .limit = sizeof room};
    if (condition->lock_id == 0) {
        mutex_info(object, &condition->own, out);
        val_put_field(out, "lock", VAL_NONE_BYTES);
    } else {
        lock_put_name(condition, &name);
        buf_put_u8(&name, 0);
        val_put_field_text(out, "lock", room);
    }
    val_put_field_uint(out, "sleeping", condition->sleepers.count - condition->owed);
}

/* Whether its lock has that name. */
static bool lock_is(const struct condition *condition, struct bytes name)
{
    uint8_t room[300];
    struct buf known = {.data = room, .cap = sizeof room, .limit = sizeof room};
    if (condition->lock_id == 0 || is_lost(condition))
        return false;
    object_put_name(&condition->lock->object, &known);
    if (bytes_equal(buf_bytes(&known), name))
        return true;
    known.len = 0;
    buf_printf(&known, "~%s-%" PRIu64, type_name(condition->lock->object.ops->type),
               condition->lock_id);
    return bytes_equal(buf_bytes(&known), name);
}

static bool condition_differs(const struct object *object, const Wire__ObjectCreate *in,
                              struct buf *why)
{
    const struct condition *condition = (const struct condition *)object;
    if (!in->has_lock || lock_is(condition, arg(in->lock)))
        return false;
    buf_put_text(why, condition->lock_id == 0 ? "its own lock" : "lock ");
    lock_put_name(condition, why);
    buf_printf(why, ", not %.*s", (int)in->lock.len, (const char *)in->lock.data);
    return true;
}

static void condition_save(const struct object *object, struct writer *out)
{
    const struct condition *condition = (const struct condition *)object;
    mutex_save(&condition->own, out);
    mutex_save_queue(&condition->sleepers, out);
    writer_u64(out, condition->owed);
    writer_u64(out, condition->called);
    writer_u64(out, condition->lock_id);
    writer_u64(out, condition->lock != NULL);
}

/* The called sleepers are the first ones; loading has numbered the queue anew. */
static bool owed_load(struct condition *condition, struct reader *in)
{
    condition->owed = reader_u64(in);
    condition->called = reader_u64(in);
    condition->called_up_to = condition->called;
    return (condition->owed <= condition->called &&
            condition->called <= condition->sleepers.count) ||
           reader_fail(in);
}

/* The lock is older, so it was loaded before; its conditions are added in their order. */
static bool lock_load_place(const struct engine *engine, struct condition *condition,
                            struct reader *in)
{
    condition->lock_id = reader_u64(in);
    if (!reader_bool(in))
        return reader_ok(in);
    uint64_t id = condition->lock_id;
    struct object *lock = id < condition->object.id ? object_by_id(engine, id) : NULL;
    if (lock == NULL || !is_lock(lock))
        return reader_fail(in);
    condition->lock = lock_of(lock);
    TAILQ_INSERT_TAIL(&condition->lock->conditions, condition, of_lock);
    return true;
}

static bool condition_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct condition *condition = condition_of(object);
    condition->own.reentrant = true;
    return mutex_load(engine, object, &condition->own, in) &&
           mutex_load_queue(engine, object, &condition->sleepers, in) && owed_load(condition, in) &&
           lock_load_place(engine, condition, in);
}

/* Tells a sleeper that the lock was deleted. */
static bool condition_due(const struct object *object, const struct waiter *waiter, struct due *due)
{
    const struct condition *condition = (const struct condition *)object;
    due->result = (struct result){
        .kind = RESULT_ERROR,
        .code = ERR_LOCK_LOST,
        .message = bytes_text(error_row(ERR_LOCK_LOST)->meaning),
    };
    return waiter->queue == &condition->sleepers && is_lost(condition);
}

static void condition_wake(struct ctx *ctx, struct object *object)
{
    struct condition *condition = condition_of(object);
    struct waiter *sleeper;
    while (is_lost(condition) && (sleeper = waitq_first(&condition->sleepers)) != NULL &&
           ctx_spend(ctx))
        waiter_leave(ctx, sleeper, ERR_LOCK_LOST);
    if (!is_lost(condition))
        give_owed(ctx, condition);
    mutex_wake(ctx, object, &condition->own);
}

static void condition_grant_gone(struct ctx *ctx, struct object *object, struct grant *grant)
{
    mutex_grant_gone(ctx, object, &condition_of(object)->own, grant);
}

static void condition_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    struct condition *condition = condition_of(object);
    if (waiter->queue == &condition->sleepers)
        sleeper_leaves(condition, waiter);
    else
        condition_pass_on(ctx, waiter);
}

/* Tries the lock at once, so that even with a reacquire_ms of 0 a free lock is acquired. */
static int condition_timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                               struct result *result)
{
    struct condition *condition = condition_of(object);
    struct place place = place_of(condition);
    if (waiter->queue != &condition->sleepers) {
        mutex_timed_out(waiter, result);
        return 0;
    }
    sleeper_up(ctx, condition, waiter);
    changed(ctx, object);
    mutex_wake(ctx, place.object, place.mutex);
    return 1;
}

static const struct waitq *condition_queue(const struct object *object)
{
    return &((const struct condition *)object)->own.queue;
}

const struct object_ops condition_ops = {
    .type = TYPE_CONDITION,
    .size = sizeof(struct condition),
    .params = PARAM_LOCK,
    .create = condition_create,
    .destroy = condition_destroy,
    .scan = state_scan,
    .info = condition_info,
    .differs = condition_differs,
    .save = condition_save,
    .load = condition_load,
    .wake = condition_wake,
    .due = condition_due,
    .grant_gone = condition_grant_gone,
    .waiter_left = condition_waiter_left,
    .timed_out = condition_timed_out,
    .owned_queue = condition_queue,
};

/* ---- operations of its lock ---- */

int condition_acquire(struct ctx *ctx, const Wire__ConditionAcquire *in)
{
    struct place place;
    (void)in;
    return place_find(ctx, &place) < 0 ? -1 : mutex_acquire(ctx, place.object, place.mutex);
}

int condition_release(struct ctx *ctx, const Wire__ConditionRelease *in)
{
    struct place place;
    if (place_find(ctx, &place) < 0)
        return -1;
    return mutex_release(ctx, place.object, place.mutex,
                         (struct release_asked){{in->has_token, in->token}, in->any});
}

int condition_locked(struct ctx *ctx, const Wire__ConditionLocked *in)
{
    struct place place;
    (void)in;
    return place_find(ctx, &place) < 0 ? -1 : mutex_locked(ctx, place.object);
}

int condition_held(struct ctx *ctx, const Wire__ConditionHeld *in)
{
    struct token_given token = {in->has_token, in->token};
    struct place place;
    return place_find(ctx, &place) < 0 ? -1 : owner_held(ctx, place.object, token);
}

int condition_renew(struct ctx *ctx, const Wire__ConditionRenew *in)
{
    struct place place;
    return place_find(ctx, &place) < 0
               ? -1
               : owner_renew(ctx, place.object, in->token,
                             (struct lease_given){in->has_lease_ms, in->lease_ms});
}

/* ---- waiting and notifying ---- */

/* Releases the lock with all its levels, and sleeps. */
static int fall_asleep(struct ctx *ctx, struct condition *condition, struct place place,
                       struct grant *grant, uint64_t reacquire_ms)
{
    struct grant *next = grant_reserve(ctx);
    if (next == NULL)
        return -1;
    struct waiter *waiter = park_for(ctx, &condition->object, &condition->sleepers,
                                     ctx->request->wait_ms, reacquire_ms);
    if (waiter == NULL) {
        grant_unreserve(ctx, next);
        return -1;
    }
    next->count = grant->count;
    waiter->grant = next;
    waiter->want = condition->object.id;
    grant_drop(ctx, grant);
    changed(ctx, place.object);
    return 0;
}

int condition_wait(struct ctx *ctx, const Wire__ConditionWait *in)
{
    struct condition *condition = condition_of(ctx->object);
    struct place place;
    if (place_find(ctx, &place) < 0)
        return -1;
    struct grant *grant = owner_grant(ctx, place.object);
    if (grant == NULL)
        return fail(ctx, ERR_RUNTIME, "cannot wait on un-acquired lock");
    if (ctx->request->wait_ms == 0) {
        ctx->result = mutex_result(place.mutex, grant);
        ctx->result.value = VAL_FALSE;
        return 0;
    }
    return fall_asleep(ctx, condition, place, grant,
                       in->has_reacquire_ms ? in->reacquire_ms : UINT64_MAX);
}

static int notify(struct ctx *ctx, uint64_t count)
{
    struct condition *condition = condition_of(ctx->object);
    struct place place;
    if (place_find(ctx, &place) < 0)
        return -1;
    if (owner_grant(ctx, place.object) == NULL)
        return fail(ctx, ERR_RUNTIME, "cannot notify on un-acquired lock");
    notify_some(ctx, condition, count);
    return 0;
}

int condition_notify(struct ctx *ctx, const Wire__ConditionNotify *in)
{
    return notify(ctx, in->has_count ? in->count : 1);
}

int condition_notify_all(struct ctx *ctx, const Wire__ConditionNotifyAll *in)
{
    (void)in;
    return notify(ctx, UINT64_MAX);
}
