/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: putting items, and moving them to another queue. */
#include "daemon/objects/queue/queue.h"

size_t queue_growth(const struct object *object, const Wire__Request *request)
{
    const struct queue *queue = (const struct queue *)object;
    const struct item *first;
    struct val items;
    switch (request->op_case) {
    case WIRE__REQUEST__OP_QUEUE_PUT_MANY:
        items = val_read(arg(request->queue_put_many->items));
        return ITEM_COST * (items.kind == VAL_STR || items.kind == VAL_BYTES ? items.body.len
                                                                             : val_count(&items));
    case WIRE__REQUEST__OP_QUEUE_MOVE:
        first = backlog_first(&queue->channel.ready);
        return first == NULL ? 0 : first->len; /* already the reply */
    default:
        return ITEM_COST;
    }
}

int queue_open(struct ctx *ctx, struct queue *queue)
{
    ctx->object = &queue->object; /* the object to name in the message */
    return queue->shut != SHUT_NOT
               ? fail(ctx, ERR_SHUT_DOWN, "%s", error_row(ERR_SHUT_DOWN)->meaning)
               : 0;
}

int queue_put(struct ctx *ctx, const Wire__QueuePut *in)
{
    struct queue *queue = queue_of(ctx->object);
    struct items items = {0};
    if (queue_open(ctx, queue) < 0)
        return -1;
    struct item *item = item_new(ctx, ctx->object, arg(in->value));
    if (item == NULL)
        return -1;
    items_add(&items, item);
    return channel_put(ctx, ctx->object, &queue->channel, &items);
}

int queue_put_many(struct ctx *ctx, const Wire__QueuePutMany *in)
{
    struct queue *queue = queue_of(ctx->object);
    struct items items;
    if (queue_open(ctx, queue) < 0 || items_read(ctx, ctx->object, arg(in->items), &items) < 0)
        return -1;
    return items.count == 0 ? 0 : channel_put(ctx, ctx->object, &queue->channel, &items);
}

/* ---- from one to another ---- */

struct queue *queue_target(struct ctx *ctx, struct queue *from, const struct item *item,
                           struct bytes name)
{
    struct object *object = object_find(ctx, name);
    if (object == NULL)
        return NULL;
    if (object->ops != &queue_ops) {
        ctx->object = object;
        (void)fail(ctx, ERR_WRONG_TYPE, "items go to a queue, and this is a %s",
                   type_name(object->ops->type));
        return NULL;
    }
    struct queue *to = queue_of(object);
    if (queue_open(ctx, to) < 0)
        return NULL;
    if (to != from && (channel_check(ctx, object, &to->channel, item_value(item)) < 0 ||
                       (item->refs && refs_reserve_moved(ctx, object, item_value(item)) < 0)))
        return NULL;
    ctx->object = &from->object;
    return to;
}

void queue_pass(struct ctx *ctx, struct queue *from, struct queue *to, struct item *item)
{
    item_enter(ctx, &to->object, item);
    item_leave(ctx, &from->object, item);
    channel_enter(ctx, &to->channel, item);
    channel_finished(&from->channel, 1); /* after the put: `from` and `to` may be the same queue */
    changed(ctx, &from->object);
    changed(ctx, &to->object);
}

int queue_move(struct ctx *ctx, const Wire__QueueMove *in)
{
    struct queue *from = queue_of(ctx->object);
    struct channel *channel = &from->channel;
    struct item *item = backlog_first(&channel->ready);
    if (item == NULL) {
        return queue_yielding(ctx, from) < 0
                   ? -1
                   : fail(ctx, ERR_EMPTY, "%s", error_row(ERR_EMPTY)->meaning);
    }
    struct queue *to = queue_target(ctx, from, item, arg(in->to));
    if (to == NULL || reply_value(ctx, item_value(item)) < 0)
        return -1;
    queue_pass(ctx, from, to, backlog_take(ctx_mem(ctx), &channel->ready));
    return 0;
}
