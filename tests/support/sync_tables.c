/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of the model of the synchronisation types. */
#include "tests/support/sync_tables.h"

#include <string.h>

/* ---- waiters ---- */

static struct sync_waiter *first_of(struct sync_model *m, unsigned object, enum sync_line line,
                                    bool away_too)
{
    struct sync_waiter *first = NULL;
    for (unsigned i = 0; i < m->waiters_top; i++) {
        struct sync_waiter *waiter = &m->waiters[i];
        if (waiter->used && waiter->object == object && waiter->line == line &&
            (away_too || !m->away[waiter->who]) && (first == NULL || waiter->place < first->place))
            first = waiter;
    }
    return first;
}

struct sync_waiter *sync_first(struct sync_model *m, unsigned object, enum sync_line line)
{
    return first_of(m, object, line, true);
}

struct sync_waiter *sync_next(struct sync_model *m, unsigned object, enum sync_line line)
{
    struct sync_waiter *first = first_of(m, object, line, m->hold_ms != 0);
    return first != NULL && m->away[first->who] ? NULL : first;
}

bool sync_turn(struct sync_model *m, unsigned object, enum sync_line line)
{
    return first_of(m, object, line, m->hold_ms != 0) == NULL;
}

unsigned sync_line_count(const struct sync_model *m, unsigned object, enum sync_line line)
{
    unsigned count = 0;
    for (unsigned i = 0; i < m->waiters_top; i++)
        count += m->waiters[i].used && m->waiters[i].object == object && m->waiters[i].line == line;
    return count;
}

void sync_deadline(struct sync_model *m, struct sync_waiter *waiter, uint64_t wait_ms)
{
    waiter->until_ms = wait_ms == UINT64_MAX ? UINT64_MAX : m->now_ms + wait_ms;
    waiter->timer = ++m->order;
}

struct sync_waiter *sync_park(struct sync_model *m, const struct sync_request *r,
                              enum sync_line line)
{
    unsigned i = 0;
    while (i < m->waiters_top && m->waiters[i].used)
        i++;
    must(i < SYNC_WAITERS);
    m->waiters_top += i == m->waiters_top;
    m->waiters[i] = (struct sync_waiter){
        .used = true,
        .who = r->who,
        .object = r->object,
        .line = line,
        .id = r->id,
        .holder = r->holder,
        .place = ++m->order,
        .then_ms = UINT64_MAX,
        .condition = SYNC_NOBODY,
    };
    sync_deadline(m, &m->waiters[i], r->wait_ms);
    return &m->waiters[i];
}

void sync_move(struct sync_model *m, struct sync_waiter *waiter, unsigned object,
               enum sync_line line)
{
    waiter->object = object;
    waiter->line = line;
    waiter->place = ++m->order;
}

/* ---- grants ---- */

struct sync_grant *sync_grant_new(struct sync_model *m, unsigned object, unsigned who,
                                  uint64_t holder)
{
    unsigned i = 0;
    while (i < m->grants_top && m->grants[i].used)
        i++;
    must(i < SYNC_GRANTS);
    m->grants_top += i == m->grants_top;
    m->grants[i] = (struct sync_grant){.used = true,
                                       .who = who,
                                       .object = object,
                                       .holder = holder,
                                       .count = 1,
                                       .born = ++m->order};
    return &m->grants[i];
}

struct sync_grant *sync_grant_find(struct sync_model *m, uint64_t token)
{
    for (unsigned i = 0; i < m->grants_top; i++)
        if (m->grants[i].used && m->grants[i].token == token && token != 0)
            return &m->grants[i];
    return NULL;
}

struct sync_grant *sync_by_token(struct sync_model *m, const struct sync_request *r,
                                 enum mgr_code lost)
{
    struct sync_grant *grant = sync_grant_find(m, r->token);
    if (grant != NULL && grant->object == r->object)
        return grant;
    if (lost != ERR_NONE) {
        sync_fail(m, r, lost);
    } else if (grant != NULL || r->token == 0 || r->token > m->revision) {
        sync_fail(m, r, ERR_NOT_OWNER);
    } else {
        sync_done(m, r);
        m->says[0].lost = true;
    }
    return NULL;
}

/* ---- items ---- */

struct sync_item *sync_item_new(struct sync_model *m, unsigned object, int64_t value)
{
    unsigned i = 0;
    while (i < m->items_top && m->items[i].used)
        i++;
    must(i < SYNC_ITEMS);
    m->items_top += i == m->items_top;
    m->items[i] = (struct sync_item){
        .used = true, .object = object, .value = value, .place = ++m->order, .grant = SYNC_NOBODY};
    return &m->items[i];
}

void sync_item_return(struct sync_model *m, struct sync_item *item)
{
    if (item->state == ITEM_RESERVED)
        m->grants[item->grant].used = false;
    item->state = ITEM_READY;
    item->used = !m->objects[item->object].closed[item->end]; /* nobody could receive it */
    item->grant = SYNC_NOBODY;
    item->id = 0;
    item->redelivered = true;
    item->attempts++;
}

void sync_item_return_to(struct sync_model *m, struct sync_item *item)
{
    struct sync_object *object = &m->objects[item->object];
    sync_item_return(m, item);
    if (object->shut_at_once && item->used) {
        item->used = false;
        object->unfinished -= object->unfinished > 0;
    }
}

void sync_item_hand(struct sync_model *m, struct sync_item *item, struct sync_says *says,
                    uint64_t holder, bool reserve)
{
    item->state = reserve ? ITEM_RESERVED : ITEM_HELD;
    item->who = says->who;
    item->id = says->id;
    says->kind = RESULT_GRANT;
    says->value = SAYS_ITEM;
    says->number = item->value;
    says->attempts = item->attempts;
    says->redelivered = item->redelivered;
    if (reserve) {
        struct sync_grant *grant = sync_grant_new(m, item->object, says->who, holder);
        item->grant = (int)(grant - m->grants);
        sync_say_grant(m, says, grant, true);
    }
}

/* ---- says ---- */

static struct sync_says *says_new(struct sync_model *m)
{
    must(m->says_count <= SYNC_WAITERS);
    struct sync_says *says = &m->says[m->says_count++];
    memset(says, 0, sizeof *says);
    says->grant = SYNC_NOBODY;
    return says;
}

struct sync_says *sync_reply(struct sync_model *m, const struct sync_request *r)
{
    must(m->says_count == 0);
    struct sync_says *says = says_new(m);
    says->own = true;
    says->object = r->object;
    says->who = r->who;
    says->id = r->id;
    return says;
}

void sync_fail(struct sync_model *m, const struct sync_request *r, enum mgr_code code)
{
    struct sync_says *says = sync_reply(m, r);
    says->kind = RESULT_ERROR;
    says->code = code;
}

void sync_done(struct sync_model *m, const struct sync_request *r)
{
    sync_reply(m, r)->kind = RESULT_DONE;
}

void sync_answer_bool(struct sync_model *m, const struct sync_request *r, bool value)
{
    struct sync_says *says = sync_reply(m, r);
    says->kind = RESULT_VALUE;
    says->value = SAYS_BOOL;
    says->number = value;
}

void sync_answer_int(struct sync_model *m, const struct sync_request *r, int64_t value)
{
    struct sync_says *says = sync_reply(m, r);
    says->kind = RESULT_VALUE;
    says->value = SAYS_INT;
    says->number = value;
}

struct sync_says *sync_tell(struct sync_model *m, struct sync_waiter *waiter)
{
    struct sync_says *says = says_new(m);
    says->who = waiter->who;
    says->id = waiter->id;
    says->object = waiter->object;
    says->line = waiter->line;
    waiter->used = false;
    return says;
}

void sync_tell_error(struct sync_model *m, struct sync_waiter *waiter, enum mgr_code code)
{
    struct sync_says *says = sync_tell(m, waiter);
    says->kind = RESULT_ERROR;
    says->code = code;
}

void sync_say_grant(struct sync_model *m, struct sync_says *says, const struct sync_grant *grant,
                    bool is_new)
{
    unsigned type = m->objects[grant->object].is.type;
    says->kind = RESULT_GRANT;
    says->grant = (int)(grant - m->grants);
    says->new_grant = is_new;
    says->depth = grant->count;
    if (type != TYPE_SEMAPHORE)
        says->previous_token = m->objects[grant->object].abandoned;
}

void sync_renew(struct sync_model *m, const struct sync_request *r)
{
    const struct sync_grant *grant = sync_by_token(m, r, ERR_LOCK_LOST);
    uint64_t lease_ms = r->has_permits ? r->permits * 1000 : 0;
    if (grant == NULL)
        return;
    uint64_t *now_ms = &m->lease_ms[grant->who];
    if (r->has_permits && lease_ms == 0) {
        sync_fail(m, r, ERR_VALUE);
        return;
    }
    if (grant->who != r->who && lease_ms != 0 && (*now_ms == 0 || lease_ms < *now_ms)) {
        sync_fail(m, r, ERR_VALUE);
        return;
    }
    *now_ms = lease_ms != 0 ? lease_ms : *now_ms;
    sync_say_grant(m, sync_reply(m, r), grant, false);
    m->says[0].previous_token = 0;
}
