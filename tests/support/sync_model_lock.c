/* SPDX-License-Identifier: BSD-2-Clause */
/* lock, rlock and the lock of a condition, in the model. */
#include <string.h>

#include "ops_numbers.h"
#include "tests/support/sync_tables.h"

struct sync_grant *sync_lock_owner(struct sync_model *m, unsigned object)
{
    for (unsigned i = 0; i < m->grants_top; i++)
        if (m->grants[i].used && m->grants[i].object == object)
            return &m->grants[i];
    return NULL;
}

void sync_lock_release(struct sync_model *m, struct sync_grant *grant, uint64_t levels)
{
    grant->count -= levels;
    grant->used = grant->count > 0;
    if (!grant->used)
        m->objects[grant->object].abandoned = 0;
}

/* What the new owner has asked for beside that it gets too. */
static void reenter(struct sync_model *m, unsigned object, struct sync_grant *grant)
{
    for (;;) {
        struct sync_waiter *first = NULL;
        for (unsigned i = 0; i < m->waiters_top; i++) {
            struct sync_waiter *w = &m->waiters[i];
            if (w->used && w->object == object && w->line == LINE_OWN && w->who == grant->who &&
                w->holder == grant->holder && w->condition == SYNC_NOBODY &&
                (first == NULL || w->place < first->place))
                first = w;
        }
        if (first == NULL)
            return;
        grant->count++;
        sync_say_grant(m, sync_tell(m, first), grant, false);
    }
}

void sync_lock_wake(struct sync_model *m, unsigned object)
{
    struct sync_waiter *waiter = sync_next(m, object, LINE_OWN);
    if (waiter == NULL || sync_lock_owner(m, object) != NULL)
        return;
    struct sync_grant *grant = sync_grant_new(m, object, waiter->who, waiter->holder);
    struct sync_says *says = sync_tell(m, waiter);
    if (waiter->condition != SYNC_NOBODY) {
        grant->count = waiter->want;
        says->value = SAYS_BOOL;
        says->number = waiter->notified;
    }
    sync_say_grant(m, says, grant, true);
    if (m->objects[object].is.type != TYPE_LOCK)
        reenter(m, object, grant);
}

static bool owns(const struct sync_grant *grant, const struct sync_request *r)
{
    return grant != NULL && grant->who == r->who && grant->holder == r->holder;
}

static void acquire(struct sync_model *m, const struct sync_request *r)
{
    struct sync_grant *owner = sync_lock_owner(m, r->object);
    if (owner == NULL && sync_turn(m, r->object, LINE_OWN)) {
        struct sync_grant *grant = sync_grant_new(m, r->object, r->who, r->holder);
        sync_say_grant(m, sync_reply(m, r), grant, true);
    } else if (owns(owner, r) && m->objects[r->object].is.type != TYPE_LOCK) {
        owner->count++;
        sync_say_grant(m, sync_reply(m, r), owner, false);
    } else if (r->wait_ms == 0) {
        sync_fail(m, r, ERR_BUSY);
    } else {
        sync_park(m, r, LINE_OWN);
    }
}

static void release(struct sync_model *m, const struct sync_request *r)
{
    struct sync_grant *grant = sync_lock_owner(m, r->object);
    if (r->has_token) {
        grant = sync_by_token(m, r, ERR_NONE);
        if (grant == NULL)
            return;
    } else if (grant == NULL) {
        sync_fail(m, r, ERR_RUNTIME);
        return;
    } else if (!owns(grant, r) && !r->any) {
        sync_fail(m, r, ERR_NOT_OWNER);
        return;
    }
    sync_lock_release(m, grant, 1);
    sync_done(m, r);
}

static void held(struct sync_model *m, const struct sync_request *r)
{
    const struct sync_grant *owner = sync_lock_owner(m, r->object);
    sync_answer_bool(m, r,
                     r->has_token ? owner != NULL && owner->token == r->token : owns(owner, r));
}

void sync_lock_method(struct sync_model *m, const struct sync_request *r, const char *method)
{
    if (strcmp(method, "acquire") == 0)
        acquire(m, r);
    else if (strcmp(method, "release") == 0)
        release(m, r);
    else if (strcmp(method, "locked") == 0)
        sync_answer_bool(m, r, sync_lock_owner(m, r->object) != NULL);
    else if (strcmp(method, "held") == 0)
        held(m, r);
    else
        sync_renew(m, r);
}

void sync_lock(struct sync_model *m, const struct sync_request *r)
{
    sync_lock_method(m, r, op_row(r->op)->method);
}
