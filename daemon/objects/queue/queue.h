/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue's state. Only queue*.c include this. */
#ifndef OBJECTS_QUEUE_H
#define OBJECTS_QUEUE_H

#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/queue/channel.h"

enum queue_shut {
    SHUT_NOT,
    SHUT_KINDLY,  /* no more puts; what is inside, or comes back, is given out */
    SHUT_AT_ONCE, /* what was inside went, and what comes back goes */
};

struct queue {
    struct object object;
    struct channel channel;
    struct item_tree delayed; /* by the time when they are due */
    struct timer due;         /* of the first one */
    struct waitq joiners;     /* waiter->want: how often all was finished before it came */
    enum queue_shut shut;
};

static inline struct queue *queue_of(struct object *object)
{
    return (struct queue *)object;
}

extern const struct object_ops queue_ops;

/* The item is not ready before that time. A timer was reserved, if queue->due is not set. */
void queue_delay(struct ctx *ctx, struct queue *queue, struct item *item, uint64_t delay_ms);
/* Takes out what is delayed, as channel_clear. */
void queue_clear_delayed(struct ctx *ctx, struct queue *queue);
/* The queue of that name, if the item of `from` may go to its end now. NULL: fail() was called. */
struct queue *queue_target(struct ctx *ctx, struct queue *from, const struct item *item,
                           struct bytes name);
/* It goes there. It is in no list any more. */
void queue_pass(struct ctx *ctx, struct queue *from, struct queue *to, struct item *item);
/* object_ops.growth */
size_t queue_growth(const struct object *object, const Wire__Request *request);
/* -1: no more puts, fail() was called. */
int queue_open(struct ctx *ctx, struct queue *queue);
/* Whether nothing that is there, for who is away, or lent or delayed can come to who gets any more.
 */
bool queue_is_over(const struct queue *queue);
/* -1: it is empty and over, fail() was called. */
int queue_yielding(struct ctx *ctx, struct queue *queue);
/* An item that was lent returns to its place; into one that was shut down at once nothing does. It
 * is in no list any more. */
void queue_return(struct ctx *ctx, struct queue *queue, struct item *item);

#endif
