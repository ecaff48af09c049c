/* SPDX-License-Identifier: BSD-2-Clause */
/* A channel: puts and gets items, at once or when there is room or an item.
 *
 * Happy path: channel_put adds items to the backlog, and channel_get takes the first one. A get
 * that finds no item, and a put that finds no room, park their request as a waiter, in order of
 * arrival; a waiting put keeps its items until it is let in. The wake pass (channel_wake) serves
 * waiters at the end of a command, a slice at a time.
 *
 * An item that was handed over is HELD, until its reply is acknowledged, or RESERVED, until ack or
 * nack of its grant. When the reply is acknowledged, channel_unacked_done drops a HELD item.
 *
 * What can fail: a request that does not want to wait gets FULL, EMPTY or BUSY. A waiter whose time
 * is over leaves, and its items with it (channel_waiter_left). When a session ends before it has
 * acknowledged the reply, channel_unacked_back returns a HELD item to its place in the backlog,
 * marked as redelivered; the object returns a RESERVED one when its grant ends. */
#include "daemon/objects/queue/channel.h"

#include <inttypes.h>

#include "wire.pb-c.h"

enum { DROP_AT_ONCE = 1024 }; /* values up to this size have few refs, which are dropped at once */

/* ---- putting ---- */

static bool has_room(const struct channel *channel, uint64_t count)
{
    uint64_t used = channel->ready.count + channel->reserved + channel->delayed;
    return channel->maxsize == 0 || (used < channel->maxsize && count <= channel->maxsize - used);
}

bool channel_full(const struct channel *channel)
{
    uint64_t used = channel->ready.count + channel->reserved + channel->delayed;
    return channel->maxsize != 0 && (used >= channel->maxsize || channel->putters.count > 0);
}

/* Whether each item can be ordered among the present ones, and after its predecessor. */
static int items_order(struct ctx *ctx, const struct channel *channel, const struct items *items)
{
    uint64_t bytes = 0;
    for (const struct item *item = items->first; item != NULL; item = item->next) {
        if (backlog_check(ctx, &channel->ready, item_value(item)) < 0)
            return -1;
        bytes += item->len;
        if (item->next != NULL) {
            enum val_order order = item_values_meet(ctx, item_value(item), item_value(item->next));
            if (order == VAL_INCOMPARABLE || order == VAL_ORDER_NOMEM)
                return -1;
        }
    }
    return items->count == 1 ? 0 : item_tree_afford(ctx, channel->ready.count, items->count, bytes);
}

static inline int items_check(struct ctx *ctx, const struct channel *channel,
                              const struct items *items)
{
    return channel->ready.order == ORDER_PRIORITY ? items_order(ctx, channel, items) : 0;
}

/* A pipe is not a queue: its error is BUSY, as Python's BlockingIOError of a file that does not
 * wait. */
static int fail_full(struct ctx *ctx, const struct object *object)
{
    if (object->ops->type == TYPE_PIPE)
        return fail(ctx, ERR_BUSY, "the pipe is full");
    return fail(ctx, ERR_FULL, "%s", error_row(ERR_FULL)->meaning);
}

int channel_check(struct ctx *ctx, struct object *object, const struct channel *channel,
                  struct bytes value)
{
    ctx->object = object; /* the object to name in the message */
    if (channel->putters.first != NULL || !has_room(channel, 1))
        return fail_full(ctx, object);
    return backlog_check(ctx, &channel->ready, value);
}

static inline void enter(struct ctx *ctx, struct channel *channel, struct item *item)
{
    item->way = channel->way;
    channel->unfinished++;
    backlog_put(ctx_mem(ctx), &channel->ready, item);
}

void channel_enter(struct ctx *ctx, struct channel *channel, struct item *item)
{
    enter(ctx, channel, item);
}

static void enter_all(struct ctx *ctx, struct channel *channel, struct item *first)
{
    struct item *next;
    for (struct item *item = first; item != NULL; item = next) {
        next = item->next;
        enter(ctx, channel, item);
    }
}

/* The waiter keeps the items; their refs count as contained already. */
static int park_putter(struct ctx *ctx, struct object *object, struct channel *channel,
                       const struct items *items)
{
    struct waiter *waiter = park(ctx, object, &channel->putters);
    if (waiter == NULL)
        return -1;
    waiter->item = items->first;
    waiter->want = items->count;
    item_list_add(&channel->parked, items->first);
    items_enter(ctx, object, items);
    return 0;
}

static int put_or_park(struct ctx *ctx, struct object *object, struct channel *channel,
                       const struct items *items)
{
    if (channel->maxsize != 0 && items->count > channel->maxsize) {
        return fail(ctx, ERR_VALUE, "%" PRIu64 " items never fit: maxsize is %" PRIu64,
                    items->count, channel->maxsize);
    }
    if (items_check(ctx, channel, items) < 0)
        return -1;
    if (channel->putters.first == NULL && has_room(channel, items->count)) {
        items_enter(ctx, object, items);
        enter_all(ctx, channel, items->first);
        changed(ctx, object);
        return 0;
    }
    if (ctx->request->wait_ms == 0)
        return fail_full(ctx, object);
    return park_putter(ctx, object, channel, items);
}

int channel_put(struct ctx *ctx, struct object *object, struct channel *channel,
                struct items *items)
{
    if (put_or_park(ctx, object, channel, items) < 0) {
        items_free(ctx_mem(ctx), items);
        return -1;
    }
    return 0;
}

int channel_fill(struct ctx *ctx, struct object *object, struct channel *channel,
                 struct items *items)
{
    if (items_check(ctx, channel, items) < 0) {
        items_free(ctx_mem(ctx), items);
        return -1;
    }
    items_enter(ctx, object, items);
    enter_all(ctx, channel, items->first);
    return 0;
}

/* ---- getting ---- */

/* Takes the next item and marks it as handed over. */
static struct item *hand_over(struct ctx *ctx, struct object *object, struct channel *channel,
                              struct grant *grant, uint64_t token)
{
    struct item *item = backlog_take(ctx_mem(ctx), &channel->ready);
    if (grant == NULL) {
        item->state = ITEM_HELD;
        channel->held++;
        return item;
    }
    item->state = ITEM_RESERVED;
    item->token = token;
    channel->reserved++;
    item_list_add(&channel->lent, item);
    grant->count = 1;
    grant->item = item;
    grant_add(ctx, grant, token, object);
    return item;
}

/* Other getters wait for a slice of the wake pass, but there are more items than they can take. */
static bool enough(const struct object *object, const struct channel *channel)
{
    return object->mark == MARK_LEFT && channel->ready.count > channel->getters.count;
}

static int get_or_park(struct ctx *ctx, struct object *object, struct channel *channel,
                       struct grant *grant)
{
    if (channel->ready.count > 0 &&
        (waitq_open(ctx, &channel->getters) || enough(object, channel))) {
        struct item *item = hand_over(ctx, object, channel, grant, ctx->revision);
        changed(ctx, object);
        reply_unacked(ctx, object, &item->unacked);
        return 0;
    }
    if (ctx->request->wait_ms == 0 && object->ops->type == TYPE_PIPE)
        return fail(ctx, ERR_BUSY, "no message has come");
    if (ctx->request->wait_ms == 0)
        return fail(ctx, ERR_EMPTY, "%s", error_row(ERR_EMPTY)->meaning);
    struct waiter *waiter = park(ctx, object, &channel->getters);
    if (waiter == NULL)
        return -1;
    waiter->grant = grant;
    return 0;
}

int channel_get(struct ctx *ctx, struct object *object, struct channel *channel,
                struct grant *grant)
{
    int status = get_or_park(ctx, object, channel, grant);
    if (status < 0 && grant != NULL)
        grant_unreserve(ctx, grant);
    return status;
}

void channel_unlend(struct channel *channel, struct item *item)
{
    item_list_del(&channel->lent, item);
    channel->reserved--;
}

void channel_restore(struct ctx *ctx, struct object *object, struct channel *channel,
                     struct item *item)
{
    backlog_put_back(&channel->ready, item);
    changed(ctx, object);
}

void channel_return(struct ctx *ctx, struct object *object, struct channel *channel,
                    struct item *item)
{
    item_comes_back(item);
    channel_restore(ctx, object, channel, item);
}

void channel_finished(struct channel *channel, uint64_t count)
{
    bool any = channel->unfinished > 0;
    channel->unfinished -= count < channel->unfinished ? count : channel->unfinished;
    channel->times_finished += any && channel->unfinished == 0;
}

void channel_let_go(struct ctx *ctx, struct object *object, struct channel *channel,
                    struct item *item)
{
    if (item->refs && item->len > DROP_AT_ONCE) {
        item->next = NULL;
        remains_add(ctx, object, &channel->remains, item, NULL, 1);
    } else {
        item_leave(ctx, object, item);
        item_delete(ctx_mem(ctx), item);
    }
}

void channel_clear(struct ctx *ctx, struct object *object, struct channel *channel)
{
    struct backlog *ready = &channel->ready;
    channel_finished(channel, ready->count);
    if (refs_targets(object) > 0) {
        remains_add(ctx, object, &channel->remains, ready->first, RB_ROOT(&ready->tree),
                    ready->count);
        RB_INIT(&ready->tree);
        ready->first = NULL;
    }
    backlog_clear(ctx->engine, ready);
}

/* ---- waking waiters ---- */

static void give_to(struct ctx *ctx, struct object *object, struct channel *channel,
                    struct waiter *waiter)
{
    struct grant *grant = waiter->grant;
    waiter->grant = NULL;
    struct item *item = hand_over(ctx, object, channel, grant, step_next(ctx));
    complete_unacked(ctx, waiter, &item->unacked);
}

static void let_in(struct ctx *ctx, struct channel *channel, struct waiter *waiter)
{
    struct item *first = waiter->item;
    waiter->item = NULL;
    item_list_del(&channel->parked, first);
    enter_all(ctx, channel, first);
    complete(ctx, waiter, &(struct result){.kind = RESULT_DONE});
}

void channel_wake(struct ctx *ctx, struct object *object, struct channel *channel)
{
    struct waiter *waiter;
    bool any = false;
    for (;;) {
        bool gives =
            channel->ready.count > 0 && (waiter = waitq_next(ctx, &channel->getters)) != NULL;
        if (!gives && ((waiter = waitq_next(ctx, &channel->putters)) == NULL ||
                       !has_room(channel, waiter->want)))
            break;
        if (!ctx_spend_on(ctx, gives || waiter->want == 0 ? 1 : waiter->want))
            break;
        if (gives)
            give_to(ctx, object, channel, waiter);
        else
            let_in(ctx, channel, waiter);
        any = true;
    }
    if (any)
        changed(ctx, object);
}

void channel_refuse(struct ctx *ctx, const struct waitq *queue, enum mgr_code code)
{
    struct waiter *waiter;
    while ((waiter = waitq_first(queue)) != NULL && ctx_spend(ctx))
        waiter_leave(ctx, waiter, code);
}

void channel_waiter_left(struct ctx *ctx, struct channel *channel, struct waiter *waiter)
{
    struct item *first = waiter->item;
    if (first == NULL)
        return;
    waiter->item = NULL;
    item_list_del(&channel->parked, first);
    if (first->next == NULL)
        channel_let_go(ctx, waiter->object, channel, first);
    else
        remains_add(ctx, waiter->object, &channel->remains, first, NULL, waiter->want);
}

/* ---- handed over ---- */

void channel_unacked_done(struct ctx *ctx, struct object *object, struct channel *channel,
                          struct item *item)
{
    if (item->state == ITEM_RESERVED)
        return; /* the item stays lent */
    if (item->state == ITEM_HELD && object != NULL) {
        channel->held--;
        channel_let_go(ctx, object, channel, item);
        changed(ctx, object);
        return;
    }
    item_delete(ctx_mem(ctx), item);
}

void channel_unacked_back(struct ctx *ctx, struct object *object, struct channel *channel,
                          struct item *item)
{
    if (item->state == ITEM_HELD) {
        channel->held--;
        channel_return(ctx, object, channel, item);
    } else if (item->state == ITEM_DONE) {
        item_delete(ctx_mem(ctx), item);
    }
}

/* ---- destroying, saving, loading ---- */

void channel_destroy(struct engine *engine, struct channel *channel)
{
    struct item *item;
    backlog_clear(engine, &channel->ready);
    remains_discard(engine, &channel->remains);
    while ((item = channel->parked.first) != NULL) {
        item_list_del(&channel->parked, item);
        items_discard(engine, item, NULL);
    }
    while ((item = channel->lent.first) != NULL) {
        item_list_del(&channel->lent, item);
        item_done(engine_mem(engine), item);
    }
}

static void putters_save(const struct waitq *putters, struct writer *out)
{
    waitq_save(putters, out);
    for (const struct waiter *waiter = putters->first; waiter != NULL; waiter = waiter->next) {
        writer_u64(out, waiter->want);
        for (const struct item *item = waiter->item; item != NULL; item = item->next)
            item_save(item, out);
    }
}

void channel_save(const struct channel *channel, struct writer *out)
{
    writer_u64(out, channel->maxsize);
    writer_u64(out, channel->held);
    writer_u64(out, channel->reserved);
    writer_u64(out, channel->delayed);
    writer_u64(out, channel->unfinished);
    writer_u64(out, channel->times_finished);
    backlog_save(&channel->ready, out);
    for (const struct item *item = channel->lent.first; item != NULL; item = item->kept_next)
        item_save(item, out);
    waitq_save(&channel->getters, out);
    putters_save(&channel->putters, out);
    remains_save(&channel->remains, out);
}

/* Gives each lent item to its grant, which was loaded before. */
static bool lent_load(struct engine *engine, const struct object *object, struct channel *channel,
                      struct reader *in)
{
    struct mem *mem = engine_mem(engine);
    for (uint64_t left = channel->reserved; left > 0; left--) {
        struct item *item = item_load(mem, in, 1u << ITEM_RESERVED, 1u << channel->way);
        if (item == NULL)
            return false;
        struct grant *grant = grant_by_token(engine, item->token);
        if (grant == NULL || grant->object != object || grant->item != NULL) {
            item_delete(mem, item);
            return reader_fail(in);
        }
        grant->item = item;
        item_list_add(&channel->lent, item);
    }
    return true;
}

/* Loads the items of a waiting putter; they belong to no way yet. */
static bool putter_load(struct mem *mem, struct channel *channel, struct waiter *waiter,
                        struct reader *in)
{
    struct items items = {0};
    uint64_t count = reader_u64(in);
    if (count == 0 || count != waiter->want || waiter->item != NULL)
        return reader_fail(in);
    while (items.count < count) {
        struct item *item = item_load(mem, in, 1u << ITEM_PUT, 1);
        if (item == NULL)
            return false;
        items_add(&items, item);
        if (items.count == 1) {
            waiter->item = item;
            item_list_add(&channel->parked, item);
        }
    }
    return true;
}

static bool putters_load(struct engine *engine, struct object *object, struct channel *channel,
                         struct reader *in)
{
    if (!waitq_load(engine, object, &channel->putters, in))
        return false;
    for (struct waiter *at = channel->putters.first; at != NULL; at = at->next)
        if (!putter_load(engine_mem(engine), channel, at, in))
            return false;
    return true;
}

bool channel_load(struct engine *engine, struct object *object, struct channel *channel,
                  struct reader *in)
{
    channel->maxsize = reader_u64(in);
    channel->held = reader_u64(in);
    channel->reserved = reader_u64(in);
    channel->delayed = reader_u64(in);
    channel->unfinished = reader_u64(in);
    channel->times_finished = reader_u64(in);
    return backlog_load(engine_mem(engine), &channel->ready, channel->way, in) &&
           lent_load(engine, object, channel, in) &&
           waitq_load(engine, object, &channel->getters, in) &&
           putters_load(engine, object, channel, in) &&
           remains_load(engine_mem(engine), &channel->remains, in);
}
