/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: its creation and end, and its hooks for the engine. */
#include "daemon/objects/queue/queue.h"

#include <inttypes.h>

static const char *const orders[] = {
    [ORDER_FIFO] = "fifo", [ORDER_LIFO] = "lifo", [ORDER_PRIORITY] = "priority"};

/* -1: no such kind. */
static int order_named(struct bytes kind)
{
    for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (bytes_equal(kind, bytes_text(orders[i])))
            return (int)i;
    return -1;
}

static int fill(struct ctx *ctx, struct object *object, struct channel *channel, struct bytes init)
{
    struct items items;
    if (items_read(ctx, object, init, &items) < 0)
        return -1;
    if (items.count == 0)
        return 0;
    if (channel->maxsize != 0 && items.count > channel->maxsize) {
        uint64_t count = items.count;
        items_free(ctx_mem(ctx), &items);
        return fail(ctx, ERR_VALUE, "%" PRIu64 " items are more than maxsize %" PRIu64, count,
                    channel->maxsize);
    }
    return channel_fill(ctx, object, channel, &items);
}

static int queue_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct channel *channel = &queue_of(object)->channel;
    if (in->has_kind) {
        int order = order_named(arg(in->kind));
        if (order < 0)
            return fail(ctx, ERR_VALUE, "the kind of a queue is fifo, lifo or priority");
        channel->ready.order = (enum backlog_order)order;
    }
    channel->maxsize = in->has_maxsize ? in->maxsize : 0;
    return in->init.len == 0 ? 0 : fill(ctx, object, channel, arg(in->init));
}

static void queue_destroy(struct engine *engine, struct object *object)
{
    struct queue *queue = queue_of(object);
    struct ctx ctx = {.engine = engine};
    timer_clear(&ctx, &queue->due);
    items_discard(engine, NULL, RB_ROOT(&queue->delayed));
    channel_destroy(engine, &queue->channel);
}

static uint64_t queue_length(const struct object *object)
{
    return ((const struct queue *)object)->channel.ready.count;
}

static int queue_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit)
{
    return backlog_scan(ctx, &queue_of(ctx->object)->channel.ready, cursor, limit);
}

static void queue_info(const struct object *object, struct buf *out)
{
    const struct queue *queue = (const struct queue *)object;
    const struct channel *channel = &queue->channel;
    val_put_field_text(out, "kind", orders[channel->ready.order]);
    val_put_field_uint(out, "maxsize", channel->maxsize);
    val_put_field_uint(out, "ready", channel->ready.count);
    val_put_field_uint(out, "reserved", channel->reserved);
    val_put_field_uint(out, "delayed", channel->delayed);
    val_put_field_uint(out, "handed", channel->held);
    val_put_field_uint(out, "unfinished", channel->unfinished);
    val_put_field_bool(out, "shut_down", queue->shut != SHUT_NOT);
}

static bool queue_differs(const struct object *object, const Wire__ObjectCreate *in,
                          struct buf *why)
{
    const struct channel *channel = &((const struct queue *)object)->channel;
    if (in->has_kind && !bytes_equal(arg(in->kind), bytes_text(orders[channel->ready.order]))) {
        buf_printf(why, "kind '%s', not '%.*s'", orders[channel->ready.order], (int)in->kind.len,
                   (const char *)in->kind.data);
        return true;
    }
    if (in->has_maxsize && in->maxsize != channel->maxsize) {
        buf_printf(why, "maxsize %" PRIu64 ", not %" PRIu64, channel->maxsize, in->maxsize);
        return true;
    }
    return false;
}

static void queue_save(const struct object *object, struct writer *out)
{
    const struct queue *queue = (const struct queue *)object;
    writer_u64(out, queue->channel.ready.order);
    writer_u64(out, queue->shut);
    channel_save(&queue->channel, out);
    for (struct item *item = item_tree_first(&queue->delayed); item != NULL;
         item = item_tree_next(item))
        item_save(item, out);
    waitq_save(&queue->joiners, out);
    timer_save(&queue->due, out);
}

/* Loads as many delayed items as the channel counts. */
static bool delayed_load(struct mem *mem, struct queue *queue, struct reader *in)
{
    struct item *last = NULL;
    for (uint64_t left = queue->channel.delayed; left > 0; left--) {
        struct item *item = item_load(mem, in, 1u << ITEM_DELAYED, 1);
        if (item == NULL)
            return false;
        if (last != NULL && item_compare_due(last, item) >= 0) {
            item_delete(mem, item);
            return reader_fail(in);
        }
        item_tree_append(&queue->delayed, last, item);
        last = item;
    }
    return true;
}

/* Whether every grant of the queue has an item. */
static bool grants_have_items(const struct object *object)
{
    const struct grant *grant = object->grants;
    while (grant != NULL && grant->item != NULL)
        grant = grant->object_next;
    return grant == NULL;
}

static bool queue_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct queue *queue = queue_of(object);
    queue->channel.ready.order = (enum backlog_order)reader_u64_max(in, ORDER_PRIORITY);
    queue->shut = (enum queue_shut)reader_u64_max(in, SHUT_AT_ONCE);
    if (!channel_load(engine, object, &queue->channel, in) ||
        !delayed_load(engine_mem(engine), queue, in) ||
        !waitq_load(engine, object, &queue->joiners, in))
        return false;
    if (!grants_have_items(object))
        return reader_fail(in);
    return timer_load(engine, &queue->due, TIMER_TYPE + TYPE_QUEUE, in);
}

/* The lent item is loaded already; finds it as the reply's item. */
static struct unacked *lent_unacked(struct engine *engine, const struct object *object,
                                    struct reader *in)
{
    const struct grant *grant = NULL;
    (void)reader_u64(in); /* its state */
    grant = grant_by_token(engine, reader_u64(in));
    if (!reader_ok(in) || object == NULL || grant == NULL || grant->object != object) {
        (void)reader_fail(in);
        return NULL;
    }
    struct item *item = grant->item;
    if (item->unacked.slot != NULL) {
        (void)reader_fail(in);
        return NULL;
    }
    return &item->unacked;
}

static struct unacked *queue_unacked_load(struct engine *engine, struct object *object,
                                          struct reader *in)
{
    struct reader ahead = *in;
    if (reader_u64(&ahead) == ITEM_RESERVED)
        return lent_unacked(engine, object, in);
    struct item *item = item_load(engine_mem(engine), in, 1u << ITEM_HELD | 1u << ITEM_DONE, 1);
    return item == NULL ? NULL : &item->unacked;
}

/* ---- waiting ---- */

/* Whether all items were finished at some moment since the waiter came, whatever was put after
 * that. */
static bool joined(const struct queue *queue, const struct waiter *waiter)
{
    return waiter->queue == &queue->joiners && waiter->want != queue->channel.times_finished;
}

static bool queue_due(const struct object *object, const struct waiter *waiter, struct due *due)
{
    due->result = (struct result){.kind = RESULT_DONE};
    return joined((const struct queue *)object, waiter);
}

__attribute__((noinline)) static void serve(struct ctx *ctx, struct queue *queue)
{
    struct object *object = &queue->object;
    struct waiter *joiner;
    if (queue->shut != SHUT_NOT)
        channel_refuse(ctx, &queue->channel.putters, ERR_SHUT_DOWN);
    channel_wake(ctx, object, &queue->channel);
    if (queue_is_over(queue))
        channel_refuse(ctx, &queue->channel.getters, ERR_SHUT_DOWN);
    while ((joiner = waitq_first(&queue->joiners)) != NULL && joined(queue, joiner) &&
           ctx_spend(ctx))
        complete(ctx, joiner, &(struct result){.kind = RESULT_DONE});
    channel_drop_remains(ctx, object, &queue->channel);
}

static void queue_wake(struct ctx *ctx, struct object *object)
{
    struct queue *queue = queue_of(object);
    if (!channel_idle(object, &queue->channel))
        serve(ctx, queue);
}

static void queue_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    channel_waiter_left(ctx, &queue_of(object)->channel, waiter);
}

/* ---- handed over ---- */

static void queue_grant_gone(struct ctx *ctx, struct object *object, struct grant *grant)
{
    struct queue *queue = queue_of(object);
    struct item *item = grant->item;
    channel_unlend(&queue->channel, item);
    if (object->ending)
        item_done(ctx_mem(ctx), item); /* a slot may still have to send its reply again */
    else
        queue_return(ctx, queue, item);
}

static void queue_unacked_done(struct ctx *ctx, struct object *object, struct unacked *unacked)
{
    struct channel *channel = object == NULL ? NULL : &queue_of(object)->channel;
    channel_unacked_done(ctx, object, channel, (struct item *)unacked);
}

static void queue_unacked_back(struct ctx *ctx, struct object *object, struct unacked *unacked)
{
    struct queue *queue = queue_of(object);
    struct item *item = (struct item *)unacked;
    if (queue->shut == SHUT_AT_ONCE && item->state == ITEM_HELD) {
        channel_finished(&queue->channel, 1);
        channel_unacked_done(ctx, object, &queue->channel, item);
        return;
    }
    channel_unacked_back(ctx, object, &queue_of(object)->channel, (struct item *)unacked);
}

/* ---- delayed items ---- */

static struct queue *queue_of_timer(struct timer *timer)
{
    return (struct queue *)(void *)((char *)timer - offsetof(struct queue, due));
}

static void due_set(struct ctx *ctx, struct queue *queue)
{
    const struct item *first = item_tree_first(&queue->delayed);
    if (first != NULL)
        timer_set(ctx, &queue->due, TIMER_TYPE + TYPE_QUEUE, first->due_ms);
}

void queue_delay(struct ctx *ctx, struct queue *queue, struct item *item, uint64_t delay_ms)
{
    uint64_t most_ms = UINT64_MAX - 1 - ctx->now_ms;
    item->state = ITEM_DELAYED;
    item->due_ms = ctx->now_ms + (delay_ms < most_ms ? delay_ms : most_ms);
    item_tree_add(&queue->delayed, item, item_compare_due);
    queue->channel.delayed++;
    due_set(ctx, queue);
}

/* The heap place of this timer stays reserved for it: no memory is needed. */
static void queue_timer_due(struct ctx *ctx, struct timer *timer)
{
    struct queue *queue = queue_of_timer(timer);
    struct item *item;
    while ((item = item_tree_first(&queue->delayed)) != NULL && item->due_ms <= ctx->now_ms &&
           ctx_spend(ctx)) {
        item_tree_del(&queue->delayed, item);
        queue->channel.delayed--;
        channel_restore(ctx, &queue->object, &queue->channel, item);
    }
    if (item != NULL && timer_reserve(ctx))
        due_set(ctx, queue);
}

void queue_clear_delayed(struct ctx *ctx, struct queue *queue)
{
    struct channel *channel = &queue->channel;
    struct item *delayed = RB_ROOT(&queue->delayed);
    channel_finished(channel, channel->delayed);
    timer_clear(ctx, &queue->due);
    if (refs_targets(&queue->object) > 0)
        remains_add(ctx, &queue->object, &channel->remains, NULL, delayed, channel->delayed);
    else
        items_discard(ctx->engine, NULL, delayed);
    RB_INIT(&queue->delayed);
    queue->channel.delayed = 0;
}

const struct object_ops queue_ops = {
    .type = TYPE_QUEUE,
    .size = sizeof(struct queue),
    .params = PARAM_MAXSIZE | PARAM_KIND,
    .create = queue_create,
    .destroy = queue_destroy,
    .length = queue_length,
    .scan = queue_scan,
    .info = queue_info,
    .differs = queue_differs,
    .save = queue_save,
    .load = queue_load,
    .wake = queue_wake,
    .due = queue_due,
    .grant_gone = queue_grant_gone,
    .waiter_left = queue_waiter_left,
    .unacked_result = item_result,
    .unacked_done = queue_unacked_done,
    .unacked_back = queue_unacked_back,
    .unacked_save = item_unacked_save,
    .unacked_load = queue_unacked_load,
    .timer_due = queue_timer_due,
    .growth = queue_growth,
};
