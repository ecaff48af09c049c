/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: getting items, and ending the lending of an item. */
#include "daemon/objects/queue/queue.h"
#include "daemon/objects/sync/owner.h"

int queue_get(struct ctx *ctx, const Wire__QueueGet *in)
{
    struct queue *queue = queue_of(ctx->object);
    struct grant *grant = NULL;
    if (queue_yielding(ctx, queue) < 0)
        return -1;
    if (in->reserve) {
        grant = grant_reserve(ctx);
        if (grant == NULL)
            return -1;
    }
    return channel_get(ctx, ctx->object, &queue->channel, grant);
}

bool queue_is_over(const struct queue *queue)
{
    const struct channel *channel = &queue->channel;
    return channel->ready.count == 0 &&
           (queue->shut == SHUT_AT_ONCE ||
            (queue->shut == SHUT_KINDLY && channel->reserved + channel->delayed == 0));
}

int queue_yielding(struct ctx *ctx, struct queue *queue)
{
    return queue_is_over(queue) ? queue_open(ctx, queue) : 0;
}

/* Finishes an item that may still be a slot's reply. */
static void lent_done(struct ctx *ctx, struct queue *queue, struct item *item)
{
    channel_finished(&queue->channel, 1);
    if (item->unacked.slot == NULL) {
        channel_let_go(ctx, &queue->object, &queue->channel, item);
        return;
    }
    item_leave(ctx, &queue->object, item);
    item_done(ctx_mem(ctx), item);
}

void queue_return(struct ctx *ctx, struct queue *queue, struct item *item)
{
    if (queue->shut != SHUT_AT_ONCE) {
        channel_return(ctx, &queue->object, &queue->channel, item);
        return;
    }
    lent_done(ctx, queue, item);
    changed(ctx, &queue->object);
}

/* Ends the lending and the grant. */
static void take_back(struct ctx *ctx, struct queue *queue, struct grant *grant)
{
    channel_unlend(&queue->channel, grant->item);
    grant_drop(ctx, grant);
}

int queue_ack(struct ctx *ctx, const Wire__QueueAck *in)
{
    struct queue *queue = queue_of(ctx->object);
    struct grant *grant;
    if (token_release(ctx, ctx->object, in->token, &grant) < 0)
        return -1;
    if (grant == NULL)
        return 0;
    struct item *item = grant->item;
    take_back(ctx, queue, grant);
    lent_done(ctx, queue, item);
    changed(ctx, ctx->object);
    return 0;
}

/* A limit against typing errors: nobody can get an item while it is delayed. */
enum { DELAY_MAX_DAYS = 366 };
#define DELAY_MAX_MS (DELAY_MAX_DAYS * UINT64_C(86400000))

static int nack_to(struct ctx *ctx, struct queue *queue, struct grant *grant, struct bytes name)
{
    struct item *item = grant->item;
    struct queue *to = queue_target(ctx, queue, item, name);
    if (to == NULL)
        return -1;
    take_back(ctx, queue, grant);
    item_comes_back(item);
    queue_pass(ctx, queue, to, item);
    return 0;
}

static int nack_later(struct ctx *ctx, struct queue *queue, struct grant *grant, uint64_t delay_ms)
{
    struct item *item = grant->item;
    if (queue->due.slot == 0 && !timer_reserve(ctx))
        return fail_nomem(ctx);
    take_back(ctx, queue, grant);
    item_comes_back(item);
    queue_delay(ctx, queue, item, delay_ms);
    changed(ctx, ctx->object);
    return 0;
}

int queue_nack(struct ctx *ctx, const Wire__QueueNack *in)
{
    struct queue *queue = queue_of(ctx->object);
    struct grant *grant;
    if (in->has_to && in->has_delay_ms && in->delay_ms > 0)
        return fail(ctx, ERR_VALUE,
                    "an item goes to another queue at once: delay and to exclude each other");
    if (token_release(ctx, ctx->object, in->token, &grant) < 0)
        return -1;
    if (grant == NULL)
        return 0;
    if (in->has_to)
        return nack_to(ctx, queue, grant, arg(in->to));
    if (in->has_delay_ms && in->delay_ms > DELAY_MAX_MS)
        return fail(ctx, ERR_VALUE, "the delay may be %d days at most", DELAY_MAX_DAYS);
    if (in->has_delay_ms && in->delay_ms > 0 && queue->shut != SHUT_AT_ONCE)
        return nack_later(ctx, queue, grant, in->delay_ms);
    struct item *item = grant->item;
    take_back(ctx, queue, grant);
    queue_return(ctx, queue, item);
    return 0;
}

int queue_renew(struct ctx *ctx, const Wire__QueueRenew *in)
{
    return owner_renew(ctx, ctx->object, in->token,
                       (struct lease_given){in->has_lease_ms, in->lease_ms});
}
