/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue's state. Included only by queue*.c. */
#ifndef OBJECTS_QUEUE_H
#define OBJECTS_QUEUE_H

#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/queue/channel.h"

enum queue_shut {
    SHUT_NOT,
    SHUT_KINDLY,  /* no more puts; the items inside, or that return, are still given out */
    SHUT_AT_ONCE, /* the items inside were dropped, and those that return are */
};

struct queue {
    struct object object;
    struct channel channel;
    struct item_tree delayed; /* ordered by due time */
    struct timer due;         /* set for the first of them */
    struct waitq joiners;     /* waiter->want: times_finished when the waiter came */
    enum queue_shut shut;
};

static inline struct queue *queue_of(struct object *object)
{
    return (struct queue *)object;
}

extern const struct object_ops queue_ops;

/* Delays the item. If queue->due is not set, a timer must be reserved. */
void queue_delay(struct ctx *ctx, struct queue *queue, struct item *item, uint64_t delay_ms);
/* Removes the delayed items, as channel_clear. */
void queue_clear_delayed(struct ctx *ctx, struct queue *queue);
/* Finds the queue of that name and checks that the item of `from` may go to its end. NULL:
 * fail() was called. */
struct queue *queue_target(struct ctx *ctx, struct queue *from, const struct item *item,
                           struct bytes name);
/* Moves the item, which must be in no list, to the end of `to`. */
void queue_pass(struct ctx *ctx, struct queue *from, struct queue *to, struct item *item);
/* object_ops.growth */
size_t queue_growth(const struct object *object, const Wire__Request *request);
/* -1: puts are refused, fail() was called. */
int queue_open(struct ctx *ctx, struct queue *queue);
/* Whether the queue is shut down and has no ready, lent or delayed item that a getter could still
 * get. */
bool queue_is_over(const struct queue *queue);
/* -1: the queue is empty and over, fail() was called. */
int queue_yielding(struct ctx *ctx, struct queue *queue);
/* Returns an item that was lent to its place, or drops it after a shutdown with SHUT_AT_ONCE.
 * The item must be in no list. */
void queue_return(struct ctx *ctx, struct queue *queue, struct item *item);

#endif
