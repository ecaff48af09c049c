/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe: its creation and end, and its hooks for the engine. */
#include "daemon/objects/queue/pipe.h"

#include <inttypes.h>

#include "daemon/objects/sync/state_page.h"

static int pipe_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct pipe *pipe = pipe_of(object);
    if (state_no_init(ctx, in) < 0)
        return -1;
    pipe->one_way = in->one_way;
    for (unsigned i = 0; i < PIPE_ENDS; i++) {
        pipe->ends[i].channel.maxsize = in->has_maxsize ? in->maxsize : 0;
        pipe->ends[i].channel.way = (uint8_t)i;
    }
    return 0;
}

static void pipe_destroy(struct engine *engine, struct object *object)
{
    struct pipe *pipe = pipe_of(object);
    for (unsigned i = 0; i < PIPE_ENDS; i++)
        channel_destroy(engine, &pipe->ends[i].channel);
}

static uint64_t pipe_length(const struct object *object)
{
    const struct pipe *pipe = (const struct pipe *)object;
    return pipe->ends[0].channel.ready.count + pipe->ends[1].channel.ready.count;
}

static void end_info(const char *key, const struct pipe_end *end, struct buf *out)
{
    size_t pair = val_open_pair(out);
    size_t name = val_open_key(out);
    val_put_text(out, key);
    val_close(out, name);
    size_t value = val_open_member(out);
    size_t rows = val_open(out, VAL_DICT);
    val_put_field_bool(out, "open", !end->closed);
    val_put_field_uint(out, "attached", end->attached);
    val_put_field_uint(out, "ready", end->channel.ready.count);
    val_put_field_uint(out, "handed", end->channel.held);
    val_close(out, rows);
    val_close(out, value);
    val_close(out, pair);
}

static void pipe_info(const struct object *object, struct buf *out)
{
    const struct pipe *pipe = (const struct pipe *)object;
    val_put_field_bool(out, "one_way", pipe->one_way);
    val_put_field_uint(out, "maxsize", pipe->ends[0].channel.maxsize);
    end_info("end_1", &pipe->ends[0], out);
    end_info("end_2", &pipe->ends[1], out);
}

static bool pipe_differs(const struct object *object, const Wire__ObjectCreate *in, struct buf *why)
{
    const struct pipe *pipe = (const struct pipe *)object;
    uint64_t maxsize = pipe->ends[0].channel.maxsize;
    if (in->one_way && !pipe->one_way) {
        buf_put_text(why, "both ways, not one_way");
        return true;
    }
    if (in->has_maxsize && in->maxsize != maxsize) {
        buf_printf(why, "maxsize %" PRIu64 ", not %" PRIu64, maxsize, in->maxsize);
        return true;
    }
    return false;
}

static void pipe_save(const struct object *object, struct writer *out)
{
    const struct pipe *pipe = (const struct pipe *)object;
    writer_u64(out, pipe->one_way);
    for (unsigned i = 0; i < PIPE_ENDS; i++) {
        const struct pipe_end *end = &pipe->ends[i];
        writer_u64(out, end->closed);
        writer_u64(out, end->attached);
        waitq_save(&end->pollers, out);
        channel_save(&end->channel, out);
    }
    for (const struct grant *grant = object->grants; grant != NULL; grant = grant->object_next)
        writer_u64(out, pipe_index(pipe, grant->item));
    writer_u64(out, pipe->unseen == NULL ? 0 : pipe->unseen->token);
}

/* Items of a pipe are never lent: whether the loaded state has no such item or waiter. */
static bool nothing_lent(const struct channel *channel)
{
    struct waitq_walk walk = waitq_walk(&channel->getters);
    const struct waiter *waiter;
    do {
        waiter = waitq_walk_next(&walk);
    } while (waiter != NULL && waiter->grant == NULL);
    return waiter == NULL && channel->reserved == 0 && channel->delayed == 0;
}

static bool end_load(struct engine *engine, struct pipe *pipe, struct pipe_end *end,
                     struct reader *in)
{
    end->channel.way = (uint8_t)pipe_index(pipe, end);
    end->closed = reader_bool(in);
    end->attached = reader_u64(in);
    if (!waitq_load(engine, &pipe->object, &end->pollers, in) ||
        !channel_load(engine, &pipe->object, &end->channel, in))
        return false;
    return nothing_lent(&end->channel) || reader_fail(in);
}

/* Loads which end each grant belongs to. */
static bool attached_load(struct pipe *pipe, struct reader *in)
{
    uint64_t attached[PIPE_ENDS] = {0};
    for (struct grant *grant = pipe->object.grants; grant != NULL; grant = grant->object_next) {
        uint64_t index = reader_u64_max(in, PIPE_ENDS - 1);
        grant->item = &pipe->ends[index];
        attached[index] += !pipe->ends[index].closed;
    }
    if (attached[0] != pipe->ends[0].attached || attached[1] != pipe->ends[1].attached)
        return reader_fail(in);
    return reader_ok(in);
}

static bool unseen_load(struct engine *engine, struct pipe *pipe, struct reader *in)
{
    uint64_t token = reader_u64(in);
    pipe->unseen = grant_by_token(engine, token);
    if (pipe->unseen == NULL || pipe->unseen->object != &pipe->object) {
        pipe->unseen = NULL;
        return token == 0 ? reader_ok(in) : reader_fail(in);
    }
    return true;
}

static bool pipe_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct pipe *pipe = pipe_of(object);
    pipe->one_way = reader_bool(in);
    for (unsigned i = 0; i < PIPE_ENDS; i++)
        if (!end_load(engine, pipe, &pipe->ends[i], in))
            return false;
    return attached_load(pipe, in) && unseen_load(engine, pipe, in);
}

static size_t pipe_growth(const struct object *object, const Wire__Request *request)
{
    (void)object;
    (void)request;
    return ITEM_COST;
}

/* ---- ends ---- */

void pipe_shut(struct ctx *ctx, struct pipe *pipe, struct pipe_end *end)
{
    end->closed = true;
    end->attached = 0;
    pipe->unseen = pipe->object.grants;
    channel_clear(ctx, &pipe->object, &end->channel);
    changed(ctx, &pipe->object);
}

static void pipe_grant_gone(struct ctx *ctx, struct object *object, struct grant *grant)
{
    struct pipe *pipe = pipe_of(object);
    struct pipe_end *end = grant->item;
    if (!end->closed && --end->attached == 0)
        pipe_shut(ctx, pipe, end);
    if (pipe->unseen == grant)
        pipe->unseen = grant->object_next;
}

/* Drops the grants of closed ends. */
static void drop_grants(struct ctx *ctx, struct pipe *pipe)
{
    struct grant *grant;
    while ((grant = pipe->unseen) != NULL && ctx_spend(ctx)) {
        pipe->unseen = grant->object_next;
        if (pipe_grant_over(grant))
            grant_drop(ctx, grant);
    }
}

/* ---- waiters ---- */

/* Wakes the senders to the end. */
static void wake_senders(struct ctx *ctx, struct pipe *pipe, struct pipe_end *end)
{
    if (pipe_peer(pipe, end)->closed)
        channel_refuse(ctx, &end->channel.putters, ERR_END_CLOSED);
    else if (end->closed)
        channel_refuse(ctx, &end->channel.putters, ERR_BROKEN_PIPE);
}

static void wake_receivers(struct ctx *ctx, struct pipe *pipe, struct pipe_end *end)
{
    struct waiter *poller;
    if (end->closed) {
        channel_refuse(ctx, &end->channel.getters, ERR_END_CLOSED);
        channel_refuse(ctx, &end->pollers, ERR_END_CLOSED);
        return;
    }
    if (pipe_peer(pipe, end)->closed && end->channel.ready.count == 0)
        channel_refuse(ctx, &end->channel.getters, ERR_EOF);
    while (pipe_would_give(pipe, end) && (poller = waitq_first(&end->pollers)) != NULL &&
           ctx_spend(ctx))
        complete(ctx, poller, &(struct result){.kind = RESULT_VALUE, .value = VAL_TRUE});
}

static void pipe_wake(struct ctx *ctx, struct object *object)
{
    struct pipe *pipe = pipe_of(object);
    drop_grants(ctx, pipe);
    for (unsigned i = 0; i < PIPE_ENDS; i++) {
        wake_senders(ctx, pipe, &pipe->ends[i]);
        channel_wake(ctx, object, &pipe->ends[i].channel);
        wake_receivers(ctx, pipe, &pipe->ends[i]);
    }
    for (unsigned i = 0; i < PIPE_ENDS; i++)
        channel_drop_remains(ctx, object, &pipe->ends[i].channel);
}

static void pipe_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    struct pipe *pipe = pipe_of(object);
    struct channel *channel = &pipe->ends[0].channel;
    if (waiter->queue != &channel->putters && waiter->queue != &channel->getters)
        channel = &pipe->ends[1].channel;
    channel_waiter_left(ctx, channel, waiter);
}

static int pipe_timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                          struct result *result)
{
    const struct pipe *pipe = pipe_of(object);
    (void)ctx;
    if (waiter->queue == &pipe->ends[0].pollers || waiter->queue == &pipe->ends[1].pollers)
        *result = (struct result){.kind = RESULT_VALUE, .value = VAL_FALSE};
    return 0;
}

/* ---- handed over ---- */

static void pipe_unacked_done(struct ctx *ctx, struct object *object, struct unacked *unacked)
{
    struct item *item = (struct item *)unacked;
    struct channel *channel = object == NULL ? NULL : &pipe_of(object)->ends[item->way].channel;
    channel_unacked_done(ctx, object, channel, item);
}

static struct unacked *pipe_unacked_load(struct engine *engine, struct object *object,
                                         struct reader *in)
{
    enum { ANY_WAY = (1 << PIPE_ENDS) - 1 };
    struct item *item =
        item_load(engine_mem(engine), in, 1u << ITEM_HELD | 1u << ITEM_DONE, ANY_WAY);
    (void)object;
    return item == NULL ? NULL : &item->unacked;
}

/* Drops a message whose end was closed meanwhile: nobody can receive it. */
static void pipe_unacked_back(struct ctx *ctx, struct object *object, struct unacked *unacked)
{
    struct item *item = (struct item *)unacked;
    struct pipe_end *end = &pipe_of(object)->ends[item->way];
    if (end->closed)
        channel_unacked_done(ctx, object, &end->channel, item);
    else
        channel_unacked_back(ctx, object, &end->channel, item);
}

const struct object_ops pipe_ops = {
    .type = TYPE_PIPE,
    .size = sizeof(struct pipe),
    .params = PARAM_MAXSIZE | PARAM_ONE_WAY,
    .create = pipe_create,
    .destroy = pipe_destroy,
    .length = pipe_length,
    .scan = state_scan,
    .info = pipe_info,
    .differs = pipe_differs,
    .save = pipe_save,
    .load = pipe_load,
    .wake = pipe_wake,
    .grant_gone = pipe_grant_gone,
    .grant_over = pipe_grant_over,
    .waiter_left = pipe_waiter_left,
    .timed_out = pipe_timed_out,
    .unacked_result = item_result,
    .unacked_done = pipe_unacked_done,
    .unacked_back = pipe_unacked_back,
    .unacked_save = item_unacked_save,
    .unacked_load = pipe_unacked_load,
    .growth = pipe_growth,
};
