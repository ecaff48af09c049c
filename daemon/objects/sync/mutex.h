/* SPDX-License-Identifier: BSD-2-Clause */
/* A mutex: one owner at a time, granted in order of arrival; the core of lock, rlock and condition.
 *
 * Every call gets the object that contains the mutex, because a condition may use the mutex of
 * another object. The owner is the object's grant; the grant's count is the depth. */
#ifndef OBJECTS_MUTEX_H
#define OBJECTS_MUTEX_H

#include "daemon/objects/sync/owner.h"

struct mutex {
    struct waitq queue;  /* a waiter's want is its condition's id; 0: a plain acquire */
    bool reentrant;      /* the owner may acquire it again */
    uint64_t abandoned;  /* token of an owner whose session ended; reset by the next release */
    uint64_t last_token; /* token of the newest grant */
};

/* Which grant to release. */
struct release_asked {
    struct token_given token;
    bool any; /* release it whoever the owner is */
};

/* The operations. */
int mutex_acquire(struct ctx *ctx, struct object *object, struct mutex *mutex);
int mutex_release(struct ctx *ctx, struct object *object, struct mutex *mutex,
                  struct release_asked asked);
int mutex_locked(struct ctx *ctx, const struct object *object);

/* The result that describes a grant of the mutex. */
struct result mutex_result(const struct mutex *mutex, const struct grant *grant);

/* Hooks of the containing object (see struct object_ops). */
void mutex_wake(struct ctx *ctx, struct object *object, struct mutex *mutex);
void mutex_grant_gone(struct ctx *ctx, struct object *object, struct mutex *mutex,
                      const struct grant *grant);
void mutex_timed_out(const struct waiter *waiter, struct result *result);
void mutex_info(const struct object *object, const struct mutex *mutex, struct buf *out);
void mutex_save(const struct mutex *mutex, struct writer *out);
/* Saves the waiters, each with the depth it will have. */
void mutex_save_queue(const struct waitq *queue, struct writer *out);
/* Load both, for the load hook of an object; the object itself sets `reentrant`. */
bool mutex_load(const struct engine *engine, struct object *object, struct mutex *mutex,
                struct reader *in);
bool mutex_load_queue(const struct engine *engine, struct object *object, struct waitq *queue,
                      struct reader *in);

#endif
