/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of those who wait for one thing: in the order of asking, whoever of them is there. */
#ifndef ENGINE_WAITQ_H
#define ENGINE_WAITQ_H

#include <bsd/sys/tree.h>

#include "daemon/engine/reader.h"
#include "daemon/engine/timer.h"
#include "daemon/engine/writer.h"

struct ctx;
struct engine;
struct object;
struct session;
struct waiter;

RB_HEAD(waiter_tree, waiter);

/* Where a waiter stands. Who waits for what is not given (OP_GIVES) is always in the line. */
enum waiter_place {
    WAITER_LINE, /* it never left */
    WAITER_BACK, /* it was away, and came back to its turn */
    WAITER_AWAY, /* its connection is gone */
};

struct waitq {
    struct waiter *first, *last;   /* the line, in order of their numbers */
    struct waiter_tree back, away; /* by number */
    uint64_t count;                /* all of them */
    uint64_t numbers;              /* given so far */
};

/* The end of the queue, with the next number; away: it is not there. */
void waitq_add(struct waitq *queue, struct waiter *waiter, bool away);
void waitq_del(struct waiter *waiter);
/* Its connection goes, or comes back: it keeps its number. False: it was so already. */
bool waitq_leave(struct waiter *waiter);
bool waitq_return(struct waiter *waiter);

static inline bool waitq_all_in_line(const struct waitq *queue)
{
    return RB_EMPTY(&queue->back) && RB_EMPTY(&queue->away);
}

/* The first one, whether it is there or not. NULL: the queue is empty. */
struct waiter *waitq_first_of_all(const struct waitq *queue);
static inline struct waiter *waitq_first(const struct waitq *queue)
{
    return waitq_all_in_line(queue) ? queue->first : waitq_first_of_all(queue);
}

/* The first one of those who are there. NULL: nobody, or after a start somebody before it who may
 * still come back. Nobody who is away costs anything here. */
struct waiter *waitq_next_there(const struct ctx *ctx, const struct waitq *queue);

/* Who is to be given something, in the wake pass: the first one of those who are there and whose
 * sessions live. One before it whose session is ending vanishes, and whatever it brought along goes
 * with it. NULL: nobody; or this command may do no more (ctx_spend). */
struct waiter *waitq_next_living(struct ctx *ctx, const struct waitq *queue);
static inline struct waiter *waitq_next(struct ctx *ctx, const struct waitq *queue)
{
    return queue->count == 0 ? NULL : waitq_next_living(ctx, queue);
}

/* Whether who asks now is next: nobody who is there, or may come back after a start, asked before.
 */
bool waitq_open(const struct ctx *ctx, const struct waitq *queue);

/* All of them in order. The one that was given last may leave meanwhile, no other one. */
struct waitq_walk {
    struct waiter *line, *back, *away;
};
struct waitq_walk waitq_walk(const struct waitq *queue);
struct waiter *waitq_walk_next(struct waitq_walk *walk); /* NULL: that was the last one */

/* Writes who waits in the queue, in order: for a type's save. Who of them is away is told with the
 * waiters; that somebody was away once makes no difference. */
void waitq_save(const struct waitq *queue, struct writer *out);
/* Puts those waiters of the object into an empty queue of it, for a type's load. */
bool waitq_load(const struct engine *engine, struct object *object, struct waitq *queue,
                struct reader *in);

#endif
