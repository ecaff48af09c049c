/* SPDX-License-Identifier: BSD-2-Clause */
/* Defects of channels planted on purpose; without MGRD_PLANTED nothing is left of them. Only
 * channel.c includes this. */
#ifndef OBJECTS_CHANNEL_PLANTED_H
#define OBJECTS_CHANNEL_PLANTED_H

#include "daemon/objects/queue/channel.h"

#ifdef MGRD_PLANTED

/* PLANTED_MAXSIZE: so many items more than maxsize. */
static inline uint64_t planted_room(const struct ctx *ctx)
{
    return planted(ctx->engine, PLANTED_MAXSIZE) ? 1 : 0;
}

/* PLANTED_ITEM_TO_DEAD: a getter that leaves takes the next item with it. */
static inline void planted_getter_left(const struct ctx *ctx, struct channel *channel)
{
    channel->eaten += planted(ctx->engine, PLANTED_ITEM_TO_DEAD);
}

static inline void planted_eat(struct ctx *ctx, struct object *object, struct channel *channel)
{
    while (channel->eaten > 0 && channel->ready.count > 0) {
        struct item *item = backlog_take(ctx_mem(ctx), &channel->ready);
        item_leave(ctx, object, item);
        item_delete(ctx_mem(ctx), item);
        channel->eaten--;
    }
}

/* PLANTED_FIFO_BROKEN: an item that comes back goes to the end. */
static inline bool planted_to_the_end(const struct ctx *ctx)
{
    return planted(ctx->engine, PLANTED_FIFO_BROKEN);
}

#else
#define planted_room(ctx)                 ((void)(ctx), UINT64_C(0))
#define planted_getter_left(ctx, channel) ((void)(ctx))
#define planted_eat(ctx, object, channel) ((void)0)
#define planted_to_the_end(ctx)           false
#endif

#endif
