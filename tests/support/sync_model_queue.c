/* SPDX-License-Identifier: BSD-2-Clause */
/* queue, in the model: each item from put until it is dealt with. */
#include "ops_numbers.h"
#include "tests/support/sync_tables.h"

static unsigned items_in(const struct sync_model *m, unsigned object, enum sync_state state)
{
    unsigned count = 0;
    for (unsigned i = 0; i < m->items_top; i++)
        count += m->items[i].used && m->items[i].object == object && m->items[i].state == state;
    return count;
}

/* What maxsize counts. */
static unsigned inside(const struct sync_model *m, unsigned object)
{
    return items_in(m, object, ITEM_READY) + items_in(m, object, ITEM_RESERVED) +
           items_in(m, object, ITEM_DELAYED);
}

static bool has_room(const struct sync_model *m, unsigned object, uint64_t count)
{
    uint64_t maxsize = m->objects[object].is.number;
    return maxsize == 0 || inside(m, object) + count <= maxsize;
}

/* Values are twice a whole number, or twice a float plus one. */
static int64_t rank(int64_t value)
{
    return value >> 1;
}

/* Whether a is given before b. */
static bool before(unsigned kind, const struct sync_item *a, const struct sync_item *b)
{
    if (kind == SYNC_PRIORITY && rank(a->value) != rank(b->value))
        return rank(a->value) < rank(b->value);
    return kind == SYNC_LIFO ? a->place > b->place : a->place < b->place;
}

static struct sync_item *next_item(struct sync_model *m, unsigned object)
{
    struct sync_item *next = NULL;
    for (unsigned i = 0; i < m->items_top; i++) {
        struct sync_item *item = &m->items[i];
        if (item->used && item->object == object && item->state == ITEM_READY &&
            (next == NULL || before(m->objects[object].is.kind, item, next)))
            next = item;
    }
    return next;
}

static void finished(struct sync_object *queue, uint64_t count)
{
    queue->unfinished -= count < queue->unfinished ? count : queue->unfinished;
}

static void enter(struct sync_model *m, unsigned object, const int64_t *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        sync_item_new(m, object, values[i]);
    m->objects[object].unfinished += count;
}

/* Nothing is there, for who is away, nor left that somebody may give back. */
static bool is_over(const struct sync_model *m, unsigned object)
{
    const struct sync_object *queue = &m->objects[object];
    return queue->shut && items_in(m, object, ITEM_READY) == 0 &&
           (queue->shut_at_once ||
            items_in(m, object, ITEM_RESERVED) + items_in(m, object, ITEM_DELAYED) == 0);
}

/* ---- who waits ---- */

static void refuse(struct sync_model *m, unsigned object, enum sync_line line)
{
    struct sync_waiter *waiter;
    while ((waiter = sync_first(m, object, line)) != NULL)
        sync_tell_error(m, waiter, ERR_SHUT_DOWN);
}

/* A getter before a putter, as what the one takes is room for the other. */
static bool serve_one(struct sync_model *m, unsigned object)
{
    struct sync_waiter *waiter = sync_next(m, object, LINE_GET);
    struct sync_item *item = waiter == NULL ? NULL : next_item(m, object);
    if (item != NULL) {
        struct sync_waiter getter = *waiter;
        sync_item_hand(m, item, sync_tell(m, waiter), getter.holder, getter.reserve);
        return true;
    }
    waiter = sync_first(m, object, LINE_PUT);
    if (waiter != NULL && has_room(m, object, waiter->count)) {
        struct sync_waiter putter = *waiter;
        sync_tell(m, waiter)->kind = RESULT_DONE;
        enter(m, object, putter.values, putter.count);
        return true;
    }
    return false;
}

void sync_queue_wake(struct sync_model *m, unsigned object)
{
    const struct sync_object *queue = &m->objects[object];
    struct sync_waiter *joiner;
    bool none_left = queue->unfinished == 0; /* whoever puts now comes after that */
    if (queue->shut)
        refuse(m, object, LINE_PUT);
    while (serve_one(m, object)) {
    }
    if (is_over(m, object))
        refuse(m, object, LINE_GET);
    while (none_left && (joiner = sync_first(m, object, LINE_JOIN)) != NULL)
        sync_tell(m, joiner)->kind = RESULT_DONE;
}

/* ---- operations ---- */

static void put(struct sync_model *m, const struct sync_request *r)
{
    if (m->objects[r->object].shut) {
        sync_fail(m, r, ERR_SHUT_DOWN);
    } else if (m->objects[r->object].is.number != 0 && r->count > m->objects[r->object].is.number) {
        sync_fail(m, r, ERR_VALUE); /* they never fit */
    } else if (sync_first(m, r->object, LINE_PUT) == NULL && has_room(m, r->object, r->count)) {
        sync_done(m, r);
        enter(m, r->object, r->values, r->count);
    } else if (r->wait_ms == 0) {
        sync_fail(m, r, ERR_FULL);
    } else {
        struct sync_waiter *waiter = sync_park(m, r, LINE_PUT);
        waiter->count = r->count;
        for (unsigned i = 0; i < r->count; i++)
            waiter->values[i] = r->values[i];
    }
}

static void get(struct sync_model *m, const struct sync_request *r)
{
    struct sync_item *item = next_item(m, r->object);
    if (item != NULL && sync_turn(m, r->object, LINE_GET))
        sync_item_hand(m, item, sync_reply(m, r), r->holder, r->reserve);
    else if (is_over(m, r->object))
        sync_fail(m, r, ERR_SHUT_DOWN);
    else if (r->wait_ms == 0)
        sync_fail(m, r, ERR_EMPTY);
    else
        sync_park(m, r, LINE_GET)->reserve = r->reserve;
}

/* Whether the other queue takes one more; else the request is refused. */
static bool takes_one(struct sync_model *m, const struct sync_request *r)
{
    if (m->objects[r->to].shut) {
        sync_fail(m, r, ERR_SHUT_DOWN);
        return false;
    }
    if (sync_first(m, r->to, LINE_PUT) != NULL || !has_room(m, r->to, 1)) {
        sync_fail(m, r, ERR_FULL);
        return false;
    }
    return true;
}

static void pass_on(struct sync_model *m, struct sync_item *item, unsigned to)
{
    finished(&m->objects[item->object], 1);
    m->objects[to].unfinished++;
    item->object = to;
    item->place = ++m->order;
}

static void move(struct sync_model *m, const struct sync_request *r)
{
    struct sync_item *item = next_item(m, r->object);
    if (item == NULL) {
        sync_fail(m, r, is_over(m, r->object) ? ERR_SHUT_DOWN : ERR_EMPTY);
    } else if (takes_one(m, r)) {
        struct sync_says *says = sync_reply(m, r);
        says->kind = RESULT_VALUE;
        says->value = SAYS_ITEM;
        says->number = item->value;
        pass_on(m, item, r->to);
    }
}

static struct sync_item *item_lent(struct sync_model *m, const struct sync_grant *grant)
{
    for (unsigned i = 0; i < m->items_top; i++) {
        struct sync_item *item = &m->items[i];
        if (item->used && item->state == ITEM_RESERVED && &m->grants[item->grant] == grant)
            return item;
    }
    must(false);
    return NULL;
}

static void settle(struct sync_model *m, const struct sync_request *r)
{
    struct sync_grant *grant = sync_by_token(m, r, ERR_NONE);
    struct sync_item *item = grant == NULL ? NULL : item_lent(m, grant);
    if (item == NULL)
        return;
    if (r->op == OP_queue_ack) {
        item->used = false;
        grant->used = false;
        finished(&m->objects[r->object], 1);
    } else if (r->has_to && !takes_one(m, r)) {
        return;
    } else {
        (r->has_to ? sync_item_return : sync_item_return_to)(m, item);
        if (r->has_to) {
            pass_on(m, item, r->to);
        } else if (r->delay_ms > 0 && item->used) {
            item->state = ITEM_DELAYED;
            item->until_ms = m->now_ms + r->delay_ms;
            item->timer = ++m->order;
        }
    }
    sync_done(m, r);
}

/* All that nobody has goes. Gives how many. */
static unsigned drain(struct sync_model *m, unsigned object)
{
    unsigned count = 0;
    for (unsigned i = 0; i < m->items_top; i++) {
        struct sync_item *item = &m->items[i];
        if (item->used && item->object == object &&
            (item->state == ITEM_READY || item->state == ITEM_DELAYED)) {
            item->used = false;
            count++;
        }
    }
    finished(&m->objects[object], count);
    return count;
}

static void about_all(struct sync_model *m, const struct sync_request *r)
{
    struct sync_object *queue = &m->objects[r->object];
    switch (r->op) {
    case OP_queue_task_done:
        if (queue->unfinished == 0) {
            sync_fail(m, r, ERR_OVER_RELEASE);
            break;
        }
        finished(queue, 1);
        sync_done(m, r);
        break;
    case OP_queue_join:
        if (queue->unfinished == 0)
            sync_done(m, r);
        else if (r->wait_ms == 0)
            sync_fail(m, r, ERR_BUSY);
        else
            sync_park(m, r, LINE_JOIN);
        break;
    case OP_queue_clear:
        sync_answer_int(m, r, drain(m, r->object));
        break;
    default:
        sync_done(m, r);
        queue->shut = true;
        queue->shut_at_once = queue->shut_at_once || r->immediate;
        if (r->immediate)
            drain(m, r->object);
    }
}

void sync_queue(struct sync_model *m, const struct sync_request *r)
{
    switch (r->op) {
    case OP_queue_put:
    case OP_queue_put_many:
        put(m, r);
        break;
    case OP_queue_get:
        get(m, r);
        break;
    case OP_queue_move:
        move(m, r);
        break;
    case OP_queue_ack:
    case OP_queue_nack:
        settle(m, r);
        break;
    case OP_queue_renew:
        sync_renew(m, r);
        break;
    case OP_queue_len:
        sync_answer_int(m, r, items_in(m, r->object, ITEM_READY));
        break;
    case OP_queue_empty:
        sync_answer_bool(m, r, items_in(m, r->object, ITEM_READY) == 0);
        break;
    case OP_queue_full:
        sync_answer_bool(m, r,
                         !has_room(m, r->object, 1) || sync_first(m, r->object, LINE_PUT) != NULL);
        break;
    default:
        about_all(m, r);
    }
}
