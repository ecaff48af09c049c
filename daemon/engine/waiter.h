/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait: FIFO per queue, and each leaves without a look at the others. */
#ifndef ENGINE_WAITER_H
#define ENGINE_WAITER_H

#include "daemon/engine/reader.h"
#include "daemon/engine/timer.h"
#include "daemon/engine/writer.h"
#include "wire/errors.h"

struct engine;
struct grant;
struct object;
struct session;
struct slot;
struct waiter;

struct waitq {
    struct waiter *first, *last;
    uint64_t count;
};

enum { WAITER_REPLY_ROOM = 96 }; /* bytes of a saved reply that a completion may need */

struct waiter {
    struct waiter *prev, *next; /* in its queue */
    struct waitq *queue;
    struct waiter *session_prev, *session_next; /* all of its session */
    struct waiter *object_prev, *object_next;   /* all of its object, whatever the queue */
    struct session *session;
    struct object *object;
    struct slot *slot; /* where its reply is kept */
    uint64_t id;       /* of the request */
    uint64_t holder;
    uint64_t require;      /* the grant that its request asked for; that one may be gone since */
    uint64_t since_ms;     /* engine time when it parked */
    struct timer deadline; /* not set: waits as long as the session lives */
    uint8_t *room;         /* WAITER_REPLY_ROOM bytes, taken when it parked */
    struct grant *grant;   /* the type's: from grant_reserve, freed if it leaves */
    uint64_t want;         /* the type's: permits, the revision to pass, ... */
    uint64_t extra;        /* the type's; a number, never an address */
    void *item;            /* the type's: what it brings along; waiter_left takes it back */
    uint64_t then_ms; /* how long its second wait may take (waiter_again); UINT64_MAX: no end */
    bool promised;    /* room for a timer is kept for it */
    unsigned op;      /* number of the operation that waits */
    enum mgr_code leaving; /* what it will be told, when its object is gone */
};

static inline struct waiter *waitq_first(const struct waitq *queue)
{
    return queue->first;
}

/* Moves it to the end of another queue, of its object or of another one: condition to lock. Marks
 * nothing. */
void waiter_move(struct waiter *waiter, struct object *object, struct waitq *queue);
/* Writes who waits in the queue, in order: for a type's save. */
void waitq_save(const struct waitq *queue, struct writer *out);
/* Puts those waiters of the object into an empty queue of it, for a type's load. */
bool waitq_load(const struct engine *engine, struct object *object, struct waitq *queue,
                struct reader *in);

#endif
