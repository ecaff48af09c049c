/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: operations on the whole queue. */
#include "daemon/objects/queue/queue.h"

int queue_len(struct ctx *ctx, const Wire__QueueLen *in)
{
    (void)in;
    return reply_uint(ctx, queue_of(ctx->object)->channel.ready.count);
}

int queue_empty(struct ctx *ctx, const Wire__QueueEmpty *in)
{
    (void)in;
    return reply_bool(ctx, queue_of(ctx->object)->channel.ready.count == 0);
}

int queue_full(struct ctx *ctx, const Wire__QueueFull *in)
{
    (void)in;
    return reply_bool(ctx, channel_full(&queue_of(ctx->object)->channel));
}

int queue_task_done(struct ctx *ctx, const Wire__QueueTaskDone *in)
{
    struct channel *channel = &queue_of(ctx->object)->channel;
    (void)in;
    if (channel->unfinished == 0)
        return fail(ctx, ERR_OVER_RELEASE, "task_done() called too many times");
    channel_finished(channel, 1);
    changed(ctx, ctx->object);
    return 0;
}

int queue_join(struct ctx *ctx, const Wire__QueueJoin *in)
{
    struct queue *queue = queue_of(ctx->object);
    (void)in;
    if (queue->channel.unfinished == 0)
        return 0;
    if (ctx->request->wait_ms == 0)
        return fail(ctx, ERR_BUSY, "some items are not done");
    struct waiter *waiter = park(ctx, ctx->object, &queue->joiners);
    if (waiter == NULL)
        return -1;
    waiter->want = queue->channel.times_finished;
    return 0;
}

/* Removes all ready and delayed items, at once if no refs have to be dropped. */
static void drain(struct ctx *ctx, struct queue *queue)
{
    struct channel *channel = &queue->channel;
    if (channel->held == 0 && channel->reserved == 0 && channel->putters.first == NULL) {
        refs_clear(ctx, &queue->object);
        remains_discard(ctx->engine, &channel->remains);
    }
    channel_clear(ctx, &queue->object, channel);
    queue_clear_delayed(ctx, queue);
    changed(ctx, ctx->object);
}

int queue_clear(struct ctx *ctx, const Wire__QueueClear *in)
{
    struct queue *queue = queue_of(ctx->object);
    uint64_t count = queue->channel.ready.count + queue->channel.delayed;
    (void)in;
    if (reply_uint(ctx, count) < 0)
        return -1;
    if (count > 0)
        drain(ctx, queue);
    return 0;
}

int queue_shutdown(struct ctx *ctx, const Wire__QueueShutdown *in)
{
    struct queue *queue = queue_of(ctx->object);
    enum queue_shut shut = in->immediate ? SHUT_AT_ONCE : SHUT_KINDLY;
    if (queue->shut < shut) {
        queue->shut = shut;
        changed(ctx, ctx->object);
    }
    if (in->immediate && queue->channel.ready.count + queue->channel.delayed > 0)
        drain(ctx, queue);
    return 0;
}
