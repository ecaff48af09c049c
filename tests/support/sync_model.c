/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of the synchronisation types: acts, time, and what follows from them. */
#include "tests/support/sync_model.h"

#include <string.h>

#include "ops_numbers.h"

void sync_model_init(struct sync_model *m, uint64_t now_ms)
{
    memset(m, 0, sizeof *m);
    m->now_ms = now_ms;
}

/* ---- what changed is looked at again, at the end of an act ---- */

static void object_wake(struct sync_model *m, unsigned object)
{
    switch (m->objects[object].is.type) {
    case TYPE_EVENT:
        sync_event_wake(m, object);
        break;
    case TYPE_LOCK:
    case TYPE_RLOCK:
        sync_lock_wake(m, object);
        break;
    case TYPE_SEMAPHORE:
        sync_semaphore_wake(m, object);
        break;
    case TYPE_CONDITION:
        sync_condition_wake(m, object);
        break;
    case TYPE_BARRIER:
        sync_barrier_wake(m, object);
        break;
    case TYPE_QUEUE:
        sync_queue_wake(m, object);
        break;
    default:
        sync_pipe_wake(m, object);
    }
}

/* Objects touch each other only by moving waiters and items: once more finds what that has changed.
 */
static void wake_all(struct sync_model *m)
{
    for (unsigned rounds = 0; rounds < 2; rounds++) {
        for (unsigned i = 0; i < SYNC_OBJECTS; i++)
            if (m->objects[i].used)
                object_wake(m, i);
    }
}

/* ---- objects ---- */

void sync_model_create(struct sync_model *m, unsigned object, const struct sync_params *params)
{
    m->objects[object] = (struct sync_object){.used = true, .is = *params, .set = params->set};
    m->made[object] = ++m->order;
}

/* Those who wait in the lock for a condition's sake too. */
static void waiters_lose(struct sync_model *m, unsigned object, enum mgr_code code)
{
    struct sync_waiter *oldest;
    do {
        oldest = NULL;
        for (unsigned i = 0; i < m->waiters_top; i++) {
            struct sync_waiter *waiter = &m->waiters[i];
            if (waiter->used && waiter->object == object &&
                (oldest == NULL || waiter->place < oldest->place))
                oldest = waiter;
        }
        if (oldest != NULL) {
            bool own = oldest->condition == SYNC_NOBODY || oldest->condition == (int)object;
            sync_tell_error(m, oldest, own ? code : ERR_LOCK_LOST);
        }
    } while (oldest != NULL);
}

void sync_model_delete(struct sync_model *m, const struct sync_request *r)
{
    unsigned object = r->object;
    m->says_count = 0;
    sync_done(m, r);
    for (unsigned i = 0; i < SYNC_OBJECTS; i++) { /* the conditions of this lock */
        if (m->objects[i].used && m->objects[i].is.type == TYPE_CONDITION &&
            m->objects[i].is.lock == (int)object) {
            m->objects[i].lock_gone = true;
            waiters_lose(m, i, ERR_LOCK_LOST);
        }
    }
    waiters_lose(m, object, ERR_NO_SUCH_OBJECT);
    for (unsigned i = 0; i < m->grants_top; i++)
        m->grants[i].used &= m->grants[i].object != object;
    for (unsigned i = 0; i < m->items_top; i++)
        m->items[i].used &= m->items[i].object != object;
    m->objects[object].used = false;
    wake_all(m);
}

/* ---- requests ---- */

void sync_model_request(struct sync_model *m, const struct sync_request *r, uint64_t revision)
{
    m->says_count = 0;
    m->revision = revision;
    if (r->require != 0 && sync_grant_find(m, r->require) == NULL) {
        sync_fail(m, r, ERR_STALE_TOKEN);
        return;
    }
    switch (r->op / 64) {
    case TYPE_EVENT:
        sync_event(m, r);
        break;
    case TYPE_LOCK:
    case TYPE_RLOCK:
        sync_lock(m, r);
        break;
    case TYPE_SEMAPHORE:
        sync_semaphore(m, r);
        break;
    case TYPE_CONDITION:
        sync_condition(m, r);
        break;
    case TYPE_BARRIER:
        sync_barrier(m, r);
        break;
    case TYPE_QUEUE:
        sync_queue(m, r);
        break;
    default:
        sync_pipe(m, r);
    }
    wake_all(m);
}

/* ---- leaving ---- */

/* What its leaving means to the others. */
static void waiter_left(struct sync_model *m, const struct sync_waiter *waiter)
{
    if (m->objects[waiter->object].is.type == TYPE_BARRIER)
        m->objects[waiter->object].broken = true;
    sync_condition_left(m, waiter);
}

bool sync_model_cancel(struct sync_model *m, unsigned who, uint64_t id)
{
    m->says_count = 0;
    for (unsigned i = 0; i < m->waiters_top; i++) {
        struct sync_waiter *waiter = &m->waiters[i];
        if (waiter->used && waiter->who == who && waiter->id == id) {
            waiter_left(m, waiter);
            sync_tell_error(m, waiter, ERR_CANCELLED);
            wake_all(m);
            return true;
        }
    }
    return false;
}

static void waiters_vanish(struct sync_model *m, unsigned who)
{
    struct sync_waiter gone;
    for (unsigned i = 0; i < m->waiters_top; i++) {
        if (m->waiters[i].used && m->waiters[i].who == who) {
            gone = m->waiters[i];
            m->waiters[i].used = false;
            waiter_left(m, &gone);
        }
    }
}

/* A grant whose owner died. */
static void grant_die(struct sync_model *m, struct sync_grant *grant)
{
    unsigned type = m->objects[grant->object].is.type;
    grant->used = false;
    if (type == TYPE_LOCK || type == TYPE_RLOCK || type == TYPE_CONDITION)
        m->objects[grant->object].abandoned = grant->token;
}

static void pipe_ends_close(struct sync_model *m, unsigned who)
{
    for (unsigned i = 0; i < m->grants_top; i++) {
        struct sync_grant *grant = &m->grants[i];
        bool others = false;
        if (!grant->used || grant->who != who || m->objects[grant->object].is.type != TYPE_PIPE)
            continue;
        for (unsigned k = 0; k < m->grants_top; k++) {
            const struct sync_grant *other = &m->grants[k];
            others |= other->used && other->object == grant->object && other->who != who &&
                      other->count == grant->count;
        }
        if (!others)
            sync_pipe_close(m, grant->object, (unsigned)grant->count);
    }
}

/* ---- connections ---- */

/* It has a connection, or no session; when all have, no turn is kept any more. */
static void here(struct sync_model *m, unsigned who)
{
    bool any = false;
    m->away[who] = false;
    for (unsigned i = 0; i < SYNC_CLIENTS; i++)
        any |= m->away[i];
    m->hold_ms = any ? m->hold_ms : 0;
}

/* Whether it has become so by now. */
static bool leaves(struct sync_model *m, unsigned who)
{
    for (unsigned i = 0; i < m->waiters_top && !m->away[who]; i++) {
        if (m->waiters[i].used && m->waiters[i].who == who) {
            m->away[who] = true;
            return true;
        }
    }
    return false;
}

bool sync_model_away(struct sync_model *m, unsigned who)
{
    m->says_count = 0;
    bool news = leaves(m, who);
    wake_all(m);
    return news;
}

bool sync_model_back(struct sync_model *m, unsigned who)
{
    bool news = m->away[who];
    m->says_count = 0;
    here(m, who);
    wake_all(m);
    return news;
}

void sync_model_boot(struct sync_model *m)
{
    m->says_count = 0;
    m->hold_ms = 0;
    for (unsigned who = 0; who < SYNC_CLIENTS; who++) {
        (void)leaves(m, who);
        m->hold_ms = m->away[who] ? m->now_ms + 1000 : m->hold_ms;
    }
}

void sync_model_end(struct sync_model *m, unsigned who, bool give_back)
{
    m->lease_ms[who] = 0;
    m->says_count = 0;
    waiters_vanish(m, who);
    here(m, who);
    for (unsigned i = 0; i < m->items_top; i++) {
        struct sync_item *item = &m->items[i];
        if (!item->used || item->who != who)
            continue;
        if (item->state == ITEM_HELD && !give_back)
            item->used = false;
        else if (item->state == ITEM_HELD || item->state == ITEM_RESERVED)
            sync_item_return_to(m, item);
    }
    pipe_ends_close(m, who);
    for (unsigned i = 0; i < m->grants_top; i++)
        if (m->grants[i].used && m->grants[i].who == who)
            grant_die(m, &m->grants[i]);
    wake_all(m);
}

void sync_model_settle(struct sync_model *m, unsigned who, uint64_t id)
{
    for (unsigned i = 0; i < m->items_top; i++) {
        struct sync_item *item = &m->items[i];
        if (item->used && item->who == who && item->id == id && item->state == ITEM_HELD)
            item->used = false;
        else if (item->used && item->who == who && item->id == id)
            item->id = 0;
    }
}

/* ---- time ---- */

static void waiter_over(struct sync_model *m, struct sync_waiter *waiter)
{
    unsigned type = m->objects[waiter->object].is.type;
    waiter->until_ms = UINT64_MAX;
    if (waiter->condition != SYNC_NOBODY) {
        sync_condition_over(m, waiter);
    } else if (type == TYPE_EVENT || waiter->line == LINE_POLL || waiter->line == LINE_POLL2) {
        struct sync_says *says = sync_tell(m, waiter);
        says->kind = RESULT_VALUE;
        says->value = SAYS_BOOL;
    } else if (type == TYPE_BARRIER) {
        waiter_left(m, waiter);
        sync_tell_error(m, waiter, ERR_BROKEN_BARRIER);
    } else {
        sync_tell_error(m, waiter, ERR_TIMEOUT);
    }
}

void sync_model_tick(struct sync_model *m, uint64_t ms)
{
    m->says_count = 0;
    m->now_ms += ms;
    for (;;) {
        struct sync_waiter *waiter = NULL;
        struct sync_item *item = NULL;
        uint64_t at = m->now_ms, timer = UINT64_MAX;
        for (unsigned i = 0; i < m->waiters_top; i++) {
            struct sync_waiter *w = &m->waiters[i];
            if (w->used && (w->until_ms < at || (w->until_ms == at && w->timer < timer)))
                waiter = w, at = w->until_ms, timer = w->timer;
        }
        for (unsigned i = 0; i < m->items_top; i++) {
            struct sync_item *x = &m->items[i];
            if (x->used && x->state == ITEM_DELAYED &&
                (x->until_ms < at || (x->until_ms == at && x->timer < timer)))
                item = x, at = x->until_ms, timer = x->timer;
        }
        if (item != NULL)
            item->state = ITEM_READY;
        else if (waiter != NULL)
            waiter_over(m, waiter);
        else
            break;
    }
    m->hold_ms = m->hold_ms > m->now_ms ? m->hold_ms : 0;
    wake_all(m);
}
