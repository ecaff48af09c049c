/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait: FIFO per queue, and each leaves without a look at the others. */
#ifndef ENGINE_WAITER_H
#define ENGINE_WAITER_H

#include "daemon/engine/waitq.h"
#include "wire/proto/errors.h"

struct grant;
struct slot;

enum { WAITER_REPLY_ROOM = 96 }; /* bytes of a saved reply that a completion may need */

struct waiter {
    struct waiter *prev, *next; /* in the line of its queue */
    RB_ENTRY(waiter) by_number; /* in a tree of its queue */
    struct waitq *queue;
    uint64_t number; /* its turn in the queue: the smaller one is first */
    enum waiter_place place;
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
};

/* Whether what it waits for is not given to it while it is away. */
bool waiter_passed_over(const struct waiter *waiter);
/* Moves it to the end of another queue, of its object or of another one: condition to lock. Marks
 * nothing. */
void waiter_move(struct waiter *waiter, struct object *object, struct waitq *queue);

#endif
