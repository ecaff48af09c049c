/* SPDX-License-Identifier: BSD-2-Clause */
/* One owner at a time, in the order of asking: what a lock, an rlock and a condition are made of.
 *
 * The object that embeds it is told to every call, since a condition may use the mutex of another
 * object. The owner is the object's grant, its count is the depth. */
#ifndef OBJECTS_MUTEX_H
#define OBJECTS_MUTEX_H

#include "daemon/objects/sync/owner.h"

struct mutex {
    struct waitq queue;  /* a waiter's want is its condition's id, 0: a plain acquire */
    bool reentrant;      /* its owner may acquire it again */
    uint64_t abandoned;  /* token of an owner whose session ended; until the next release */
    uint64_t last_token; /* of the newest grant */
};

/* Which grant is given back. */
struct release_asked {
    struct token_given token;
    bool any; /* whoever owns it */
};

/* The operations. */
int mutex_acquire(struct ctx *ctx, struct object *object, struct mutex *mutex);
int mutex_release(struct ctx *ctx, struct object *object, struct mutex *mutex,
                  struct release_asked asked);
int mutex_locked(struct ctx *ctx, const struct object *object);

/* The result that tells of a grant on it. */
struct result mutex_result(const struct mutex *mutex, const struct grant *grant);

/* The hooks of the object that embeds it (see struct object_ops). */
void mutex_wake(struct ctx *ctx, struct object *object, struct mutex *mutex);
void mutex_grant_gone(struct ctx *ctx, struct object *object, struct mutex *mutex,
                      const struct grant *grant);
void mutex_timed_out(const struct waiter *waiter, struct result *result);
void mutex_info(const struct object *object, const struct mutex *mutex, struct buf *out);
void mutex_save(const struct mutex *mutex, struct writer *out);
/* Writes who waits, each with the depth it will have. */
void mutex_save_queue(const struct waitq *queue, struct writer *out);
/* Read both back, for an object's load; whether it is reentrant is the object's to say. */
bool mutex_load(const struct engine *engine, struct object *object, struct mutex *mutex,
                struct reader *in);
bool mutex_load_queue(const struct engine *engine, struct object *object, struct waitq *queue,
                      struct reader *in);

#endif
