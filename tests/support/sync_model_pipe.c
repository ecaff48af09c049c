/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe, in the model. A message belongs to the end where it is received. */
#include "ops_numbers.h"
#include "tests/support/sync_tables.h"

static unsigned other_end(unsigned end)
{
    return 3 - end;
}

static enum sync_line line_of(enum sync_line first, unsigned end)
{
    return (enum sync_line)((unsigned)first + end - 1);
}

static unsigned waiting_at(const struct sync_model *m, unsigned object, unsigned end)
{
    unsigned count = 0;
    for (unsigned i = 0; i < m->items_top; i++) {
        const struct sync_item *item = &m->items[i];
        count +=
            item->used && item->object == object && item->end == end && item->state == ITEM_READY;
    }
    return count;
}

static struct sync_item *next_message(struct sync_model *m, unsigned object, unsigned end)
{
    struct sync_item *next = NULL;
    for (unsigned i = 0; i < m->items_top; i++) {
        struct sync_item *item = &m->items[i];
        if (item->used && item->object == object && item->end == end && item->state == ITEM_READY &&
            (next == NULL || item->place < next->place))
            next = item;
    }
    return next;
}

/* There is room for what is sent at that end. */
static bool has_room(const struct sync_model *m, unsigned object, unsigned end)
{
    uint64_t maxsize = m->objects[object].is.number;
    return maxsize == 0 || waiting_at(m, object, other_end(end)) < maxsize;
}

/* ---- who waits ---- */

static void end_refuses(struct sync_model *m, unsigned object, unsigned end)
{
    static const enum sync_line lines[] = {LINE_PUT, LINE_GET, LINE_POLL};
    struct sync_waiter *waiter;
    for (unsigned i = 0; i < 3; i++)
        while ((waiter = sync_first(m, object, line_of(lines[i], end))) != NULL)
            sync_tell_error(m, waiter, ERR_END_CLOSED);
}

static bool serve_one(struct sync_model *m, unsigned object, unsigned end)
{
    struct sync_waiter *getter = sync_next(m, object, line_of(LINE_GET, end));
    struct sync_item *item = getter == NULL ? NULL : next_message(m, object, end);
    if (item != NULL) {
        sync_item_hand(m, item, sync_tell(m, getter), getter->holder, false);
        return true;
    }
    unsigned from = other_end(end);
    struct sync_waiter *putter = sync_first(m, object, line_of(LINE_PUT, from));
    if (putter != NULL && has_room(m, object, from)) {
        struct sync_waiter sender = *putter;
        sync_tell(m, putter)->kind = RESULT_DONE;
        sync_item_new(m, object, sender.values[0])->end = end;
        return true;
    }
    return false;
}

static void end_wake(struct sync_model *m, unsigned object, unsigned end)
{
    const struct sync_object *pipe = &m->objects[object];
    bool over = pipe->closed[other_end(end)];
    struct sync_waiter *waiter;
    if (pipe->closed[end]) {
        while ((waiter = sync_first(m, object, line_of(LINE_PUT, other_end(end)))) != NULL)
            sync_tell_error(m, waiter, ERR_BROKEN_PIPE);
        return;
    }
    while (serve_one(m, object, end)) {
    }
    while (over && next_message(m, object, end) == NULL &&
           (waiter = sync_first(m, object, line_of(LINE_GET, end))) != NULL)
        sync_tell_error(m, waiter, ERR_EOF);
    while ((over || waiting_at(m, object, end) > 0) &&
           (waiter = sync_first(m, object, line_of(LINE_POLL, end))) != NULL) {
        struct sync_says *says = sync_tell(m, waiter);
        says->kind = RESULT_VALUE;
        says->value = SAYS_BOOL;
        says->number = true;
    }
}

void sync_pipe_wake(struct sync_model *m, unsigned object)
{
    for (unsigned end = 1; end <= 2; end++) /* first of all, who is at a closed end */
        if (m->objects[object].closed[end])
            end_refuses(m, object, end);
    end_wake(m, object, 1);
    end_wake(m, object, 2);
}

/* ---- operations ---- */

void sync_pipe_close(struct sync_model *m, unsigned object, unsigned end)
{
    m->objects[object].closed[end] = true;
    for (unsigned i = 0; i < m->items_top; i++) {
        struct sync_item *item = &m->items[i];
        item->used &= item->object != object || item->end != end || item->state != ITEM_READY;
    }
    for (unsigned i = 0; i < m->grants_top; i++)
        m->grants[i].used &= m->grants[i].object != object || m->grants[i].count != end;
}

static void send(struct sync_model *m, const struct sync_request *r)
{
    if (m->objects[r->object].closed[other_end(r->end)]) {
        sync_fail(m, r, ERR_BROKEN_PIPE);
    } else if (has_room(m, r->object, r->end) &&
               sync_first(m, r->object, line_of(LINE_PUT, r->end)) == NULL) {
        sync_done(m, r);
        sync_item_new(m, r->object, r->values[0])->end = other_end(r->end);
    } else if (r->wait_ms == 0) {
        sync_fail(m, r, ERR_BUSY);
    } else {
        sync_park(m, r, line_of(LINE_PUT, r->end))->values[0] = r->values[0];
    }
}

static void receive(struct sync_model *m, const struct sync_request *r)
{
    struct sync_item *item = next_message(m, r->object, r->end);
    if (item != NULL && sync_turn(m, r->object, line_of(LINE_GET, r->end)))
        sync_item_hand(m, item, sync_reply(m, r), r->holder, false);
    else if (item == NULL && m->objects[r->object].closed[other_end(r->end)])
        sync_fail(m, r, ERR_EOF);
    else if (r->wait_ms == 0)
        sync_fail(m, r, ERR_BUSY);
    else
        sync_park(m, r, line_of(LINE_GET, r->end));
}

static void poll(struct sync_model *m, const struct sync_request *r)
{
    bool ready =
        waiting_at(m, r->object, r->end) > 0 || m->objects[r->object].closed[other_end(r->end)];
    if (ready || r->wait_ms == 0)
        sync_answer_bool(m, r, ready);
    else
        sync_park(m, r, line_of(LINE_POLL, r->end));
}

static struct sync_grant *attached(struct sync_model *m, const struct sync_request *r)
{
    for (unsigned i = 0; i < m->grants_top; i++) {
        struct sync_grant *grant = &m->grants[i];
        if (grant->used && grant->object == r->object && grant->who == r->who &&
            grant->count == r->end)
            return grant;
    }
    return NULL;
}

static void attach(struct sync_model *m, const struct sync_request *r)
{
    struct sync_grant *grant = attached(m, r);
    struct sync_says *says = sync_reply(m, r);
    bool is_new = grant == NULL;
    if (is_new) {
        grant = sync_grant_new(m, r->object, r->who, r->holder);
        grant->count = r->end;
    }
    sync_say_grant(m, says, grant, is_new);
    says->value = SAYS_INT;
    says->number = r->end;
}

/* A one-way pipe: the end that works the other way. */
static bool works(const struct sync_object *pipe, const struct sync_request *r)
{
    bool sends = r->op == OP_pipe_send;
    bool receives = r->op == OP_pipe_recv || r->op == OP_pipe_poll;
    return !pipe->is.one_way || !((sends && r->end == 1) || (receives && r->end == 2));
}

void sync_pipe(struct sync_model *m, const struct sync_request *r)
{
    struct sync_object *pipe = &m->objects[r->object];
    if ((pipe->closed[r->end] && r->op != OP_pipe_close && r->op != OP_pipe_len) ||
        !works(pipe, r)) {
        sync_fail(m, r, ERR_END_CLOSED);
        return;
    }
    switch (r->op) {
    case OP_pipe_attach:
        attach(m, r);
        break;
    case OP_pipe_send:
        send(m, r);
        break;
    case OP_pipe_recv:
        receive(m, r);
        break;
    case OP_pipe_poll:
        poll(m, r);
        break;
    case OP_pipe_close:
        sync_done(m, r);
        sync_pipe_close(m, r->object, r->end);
        break;
    default:
        sync_answer_int(m, r, waiting_at(m, r->object, r->end));
    }
}
