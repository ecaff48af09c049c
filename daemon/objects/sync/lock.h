/* SPDX-License-Identifier: BSD-2-Clause */
/* lock and rlock as objects: they differ only in whether the owner may acquire again. */
#ifndef OBJECTS_LOCK_H
#define OBJECTS_LOCK_H

#include <sys/queue.h>

#include "daemon/objects/sync/mutex.h"
#include "daemon/objects/sync/state_page.h"

struct condition;
TAILQ_HEAD(condition_list, condition);

struct lock {
    struct object object;
    struct mutex mutex;
    struct condition_list conditions; /* conditions that use it */
};

static inline struct lock *lock_of(struct object *object)
{
    return (struct lock *)object;
}

/* Hooks of struct object_ops for both types. */
int lock_init(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in, bool reentrant);
void lock_destroy(struct engine *engine, struct object *object);
void lock_info(const struct object *object, struct buf *out);
void lock_save(const struct object *object, struct writer *out);
bool lock_load(struct engine *engine, struct object *object, struct reader *in);
void lock_wake(struct ctx *ctx, struct object *object);
void lock_grant_gone(struct ctx *ctx, struct object *object, struct grant *grant);
void lock_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter);
int lock_timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                   struct result *result);
bool lock_dying(struct ctx *ctx, struct object *object);
enum mgr_code lock_gone(const struct waiter *waiter);
const struct waitq *lock_queue(const struct object *object);

/* The hooks above as members of struct object_ops; each type has its own `create`. */
#define LOCK_OPS                                                                                 \
    .size = sizeof(struct lock), .destroy = lock_destroy, .scan = state_scan, .info = lock_info, \
    .save = lock_save, .load = lock_load, .wake = lock_wake, .grant_gone = lock_grant_gone,      \
    .waiter_left = lock_waiter_left, .timed_out = lock_timed_out, .dying = lock_dying,           \
    .gone = lock_gone, .owned_queue = lock_queue

#endif
