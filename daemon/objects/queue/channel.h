/* SPDX-License-Identifier: BSD-2-Clause */
/* One way for items from those who put to those who get, each waiting in turn: what a queue is, and
 * each direction of a pipe. */
#ifndef OBJECTS_CHANNEL_H
#define OBJECTS_CHANNEL_H

#include "daemon/objects/queue/backlog.h"
#include "daemon/objects/queue/remains.h"

struct channel {
    struct backlog ready;
    uint64_t maxsize;        /* 0: no limit */
    uint64_t held;           /* handed over, not acknowledged: they do not count */
    uint64_t reserved;       /* lent: they count */
    uint64_t delayed;        /* the owner's; they count */
    uint64_t unfinished;     /* put and not dealt with */
    uint64_t times_finished; /* nothing was left, whatever was put after that */
    struct waitq getters, putters;
    struct item_list lent;   /* the reserved ones, oldest reservation first */
    struct item_list parked; /* the first of the items of each putter */
    struct remains remains;  /* what was cleared and let go of, while it still counts refs */
    uint8_t way;             /* which one of its object's it is */
};

/* For new items that came with the request: puts all of them in, or waits until there is room for
 * all. The items are taken over. -1: fail() was called, they are freed. */
int channel_put(struct ctx *ctx, struct object *object, struct channel *channel,
                struct items *items) __attribute__((warn_unused_result));
/* The same for a new object: it has room. */
int channel_fill(struct ctx *ctx, struct object *object, struct channel *channel,
                 struct items *items) __attribute__((warn_unused_result));
/* Whether one item of that value could be put in at once, by somebody who does not wait.
 * -1: fail() was called. */
int channel_check(struct ctx *ctx, struct object *object, const struct channel *channel,
                  struct bytes value) __attribute__((warn_unused_result));
/* Puts it in at the end. Its refs are the caller's. */
void channel_enter(struct ctx *ctx, struct channel *channel, struct item *item);
bool channel_full(const struct channel *channel);

/* The reply is the next item, if there is one; else waits for it. grant (may be NULL): the item is
 * lent under it; it is taken over. -1: fail() was called, the grant is given back. */
int channel_get(struct ctx *ctx, struct object *object, struct channel *channel,
                struct grant *grant) __attribute__((warn_unused_result));
/* It is lent no more. What becomes of it, and of its grant, is the caller's. */
void channel_unlend(struct channel *channel, struct item *item);
/* It goes to its place among those that are ready; return: marked as one that comes back. */
void channel_restore(struct ctx *ctx, struct object *object, struct channel *channel,
                     struct item *item);
void channel_return(struct ctx *ctx, struct object *object, struct channel *channel,
                    struct item *item);
/* It is dealt with, and nobody's reply: a large one drops its refs later. */
void channel_let_go(struct ctx *ctx, struct object *object, struct channel *channel,
                    struct item *item);
/* Takes out all that is ready, refs too, which are dropped in slices. */
void channel_clear(struct ctx *ctx, struct object *object, struct channel *channel);
/* So many items are dealt with. */
void channel_finished(struct channel *channel, uint64_t count);

/* A wake has nothing to do: nobody waits, and nothing is left to be dropped. */
static inline bool channel_idle(const struct object *object, const struct channel *channel)
{
    return object->waiters == NULL && channel->remains.first == NULL;
}
/* Gives items to those who wait for them, and room to those who wait for that, in turn. */
void channel_wake(struct ctx *ctx, struct object *object, struct channel *channel);
/* The last part of a wake: drops refs of what is gone. */
static inline void channel_drop_remains(struct ctx *ctx, struct object *object,
                                        struct channel *channel)
{
    if (channel->remains.first != NULL)
        remains_drop(ctx, object, &channel->remains);
}
/* All of them leave with an error. */
void channel_refuse(struct ctx *ctx, const struct waitq *queue, enum mgr_code code);

/* The hooks of its object. */
void channel_waiter_left(struct ctx *ctx, struct channel *channel, struct waiter *waiter);
void channel_unacked_done(struct ctx *ctx, struct object *object, struct channel *channel,
                          struct item *item);
void channel_unacked_back(struct ctx *ctx, struct object *object, struct channel *channel,
                          struct item *item);
void channel_destroy(struct engine *engine, struct channel *channel);
void channel_save(const struct channel *channel, struct writer *out);
/* Fills an empty one, whose way and order are set. What is delayed is the owner's. */
bool channel_load(struct engine *engine, struct object *object, struct channel *channel,
                  struct reader *in);

#endif
