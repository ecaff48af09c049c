/* SPDX-License-Identifier: BSD-2-Clause */
/* One way for items from putters to getters, each served in order of arrival: a queue has one, a
 * pipe has one for each direction. */
#ifndef OBJECTS_CHANNEL_H
#define OBJECTS_CHANNEL_H

#include "daemon/objects/queue/backlog.h"
#include "daemon/objects/queue/remains.h"

struct channel {
    struct backlog ready;
    uint64_t maxsize;        /* 0: no limit */
    uint64_t held;           /* handed over, not acknowledged; does not count against maxsize */
    uint64_t reserved;       /* lent under a grant; counts against maxsize */
    uint64_t delayed;        /* managed by the owner; counts against maxsize */
    uint64_t unfinished;     /* put and not yet done */
    uint64_t times_finished; /* how many times `unfinished` has become 0 */
    struct waitq getters, putters;
    struct item_list lent;   /* the reserved items, oldest reservation first */
    struct item_list parked; /* the first item of each waiting putter */
    struct remains remains;  /* items gone from the channel whose refs still count */
    uint8_t way;             /* which of its object's channels this is */
};

/* Puts all new items of the request, or waits until there is room for all of them. Takes the
 * items over. -1: fail() was called, the items are freed. */
int channel_put(struct ctx *ctx, struct object *object, struct channel *channel,
                struct items *items) __attribute__((warn_unused_result));
/* channel_put for a new object, which has room. */
int channel_fill(struct ctx *ctx, struct object *object, struct channel *channel,
                 struct items *items) __attribute__((warn_unused_result));
/* Whether one item with that value could be put without waiting. -1: fail() was called. */
int channel_check(struct ctx *ctx, struct object *object, const struct channel *channel,
                  struct bytes value) __attribute__((warn_unused_result));
/* Puts an item at the end. The caller counts its refs. */
void channel_enter(struct ctx *ctx, struct channel *channel, struct item *item);
bool channel_full(const struct channel *channel);

/* Replies with the next item, or waits for one. grant (may be NULL): the item is lent under it.
 * Takes the grant over. -1: fail() was called, the grant is given back. */
int channel_get(struct ctx *ctx, struct object *object, struct channel *channel,
                struct grant *grant) __attribute__((warn_unused_result));
/* Ends the lending. The caller decides what becomes of the item and its grant. */
void channel_unlend(struct channel *channel, struct item *item);
/* channel_restore puts an item back to its place among the ready ones; channel_return also marks
 * it as redelivered. */
void channel_restore(struct ctx *ctx, struct object *object, struct channel *channel,
                     struct item *item);
void channel_return(struct ctx *ctx, struct object *object, struct channel *channel,
                    struct item *item);
/* Drops a finished item that is no slot's reply; the refs of a large one are dropped later. */
void channel_let_go(struct ctx *ctx, struct object *object, struct channel *channel,
                    struct item *item);
/* Removes all ready items; their refs are dropped in slices. */
void channel_clear(struct ctx *ctx, struct object *object, struct channel *channel);
/* Counts items as done. */
void channel_finished(struct channel *channel, uint64_t count);

/* Whether a wake has nothing to do: no waiter, and no refs to drop. */
static inline bool channel_idle(const struct object *object, const struct channel *channel)
{
    return object->waiters == NULL && channel->remains.first == NULL;
}
/* Gives items to waiting getters and room to waiting putters, in turn. */
void channel_wake(struct ctx *ctx, struct object *object, struct channel *channel);
/* The last part of a wake: drops refs of removed items. */
static inline void channel_drop_remains(struct ctx *ctx, struct object *object,
                                        struct channel *channel)
{
    if (channel->remains.first != NULL)
        remains_drop(ctx, object, &channel->remains);
}
/* Ends all waiters of the queue with an error. */
void channel_refuse(struct ctx *ctx, const struct waitq *queue, enum mgr_code code);

/* Hooks of the object. */
void channel_waiter_left(struct ctx *ctx, struct channel *channel, struct waiter *waiter);
void channel_unacked_done(struct ctx *ctx, struct object *object, struct channel *channel,
                          struct item *item);
void channel_unacked_back(struct ctx *ctx, struct object *object, struct channel *channel,
                          struct item *item);
void channel_destroy(struct engine *engine, struct channel *channel);
void channel_save(const struct channel *channel, struct writer *out);
/* Fills an empty channel, whose way and order are set. The owner loads the delayed items. */
bool channel_load(struct engine *engine, struct object *object, struct channel *channel,
                  struct reader *in);

#endif
