/* SPDX-License-Identifier: BSD-2-Clause */
/* semaphore, in the model: permits + held == all, always. */
#include "ops_numbers.h"
#include "tests/support/sync_tables.h"

/* Permits lent; of one owner, when r is given. */
static uint64_t lent(const struct sync_model *m, unsigned object, const struct sync_request *r)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < m->grants_top; i++) {
        const struct sync_grant *grant = &m->grants[i];
        if (grant->used && grant->object == object &&
            (r == NULL || (grant->who == r->who && grant->holder == r->holder)))
            count += grant->count;
    }
    return count;
}

static int64_t free_permits(const struct sync_model *m, unsigned object)
{
    return (int64_t)m->objects[object].is.number - (int64_t)lent(m, object, NULL);
}

void sync_semaphore_wake(struct sync_model *m, unsigned object)
{
    struct sync_waiter *waiter;
    while ((waiter = sync_next(m, object, LINE_OWN)) != NULL &&
           (int64_t)waiter->want <= free_permits(m, object)) {
        struct sync_grant *grant = sync_grant_new(m, object, waiter->who, waiter->holder);
        grant->count = waiter->want;
        sync_say_grant(m, sync_tell(m, waiter), grant, true);
    }
}

static void acquire(struct sync_model *m, const struct sync_request *r)
{
    uint64_t want = r->has_permits ? r->permits : 1;
    const struct sync_object *object = &m->objects[r->object];
    if (want == 0 || (object->is.bounded && want > object->is.number)) {
        sync_fail(m, r, ERR_VALUE);
    } else if ((int64_t)want <= free_permits(m, r->object) && sync_turn(m, r->object, LINE_OWN)) {
        struct sync_grant *grant = sync_grant_new(m, r->object, r->who, r->holder);
        grant->count = want;
        sync_say_grant(m, sync_reply(m, r), grant, true);
    } else if (r->wait_ms == 0) {
        sync_fail(m, r, ERR_BUSY);
    } else {
        sync_park(m, r, LINE_OWN)->want = want;
    }
}

static void take_back(struct sync_grant *grant, uint64_t count)
{
    grant->count -= count;
    grant->used = grant->count > 0;
}

/* The newest grant of the one who asks, or the oldest of anybody. */
static struct sync_grant *next_grant(struct sync_model *m, const struct sync_request *r, bool own)
{
    struct sync_grant *best = NULL;
    for (unsigned i = 0; i < m->grants_top; i++) {
        struct sync_grant *grant = &m->grants[i];
        if (grant->used && grant->object == r->object &&
            (!own || (grant->who == r->who && grant->holder == r->holder)) &&
            (best == NULL || (own ? grant->born > best->born : grant->born < best->born)))
            best = grant;
    }
    return best;
}

static uint64_t take_some(struct sync_model *m, const struct sync_request *r, bool own,
                          uint64_t count)
{
    struct sync_grant *grant;
    while (count > 0 && (grant = next_grant(m, r, own)) != NULL) {
        uint64_t part = grant->count < count ? grant->count : count;
        take_back(grant, part);
        count -= part;
    }
    return count;
}

static void release_by_token(struct sync_model *m, const struct sync_request *r)
{
    struct sync_grant *grant = sync_by_token(m, r, ERR_NONE);
    if (grant == NULL)
        return;
    uint64_t count = r->has_permits ? r->permits : grant->count;
    if (count > grant->count) {
        sync_fail(m, r, ERR_OVER_RELEASE);
        return;
    }
    take_back(grant, count);
    sync_done(m, r);
}

static void release(struct sync_model *m, const struct sync_request *r)
{
    uint64_t count = r->has_permits ? r->permits : 1;
    uint64_t all = lent(m, r->object, NULL);
    bool bounded = m->objects[r->object].is.bounded;
    if (r->has_token) {
        release_by_token(m, r);
    } else if (r->any && bounded && count > all) {
        sync_fail(m, r, ERR_OVER_RELEASE);
    } else if (!r->any && count > lent(m, r->object, r)) {
        sync_fail(m, r, bounded && all == 0 ? ERR_OVER_RELEASE : ERR_NOT_OWNER);
    } else {
        count = take_some(m, r, true, count);
        count = take_some(m, r, false, count);
        m->objects[r->object].is.number += count;
        sync_done(m, r);
    }
}

/* Who wants more than there will ever be is told. */
static void resize(struct sync_model *m, const struct sync_request *r)
{
    struct sync_object *semaphore = &m->objects[r->object];
    semaphore->is.number = r->permits;
    for (bool again = semaphore->is.bounded; again;) {
        struct sync_waiter *first = NULL;
        for (unsigned i = 0; i < m->waiters_top; i++) {
            struct sync_waiter *w = &m->waiters[i];
            if (w->used && w->object == r->object && w->want > r->permits &&
                (first == NULL || w->place < first->place))
                first = w;
        }
        again = first != NULL;
        if (again)
            sync_tell_error(m, first, ERR_VALUE);
    }
}

void sync_semaphore(struct sync_model *m, const struct sync_request *r)
{
    const struct sync_grant *grant;
    switch (r->op) {
    case OP_semaphore_acquire:
        acquire(m, r);
        break;
    case OP_semaphore_release:
        release(m, r);
        break;
    case OP_semaphore_value:
        sync_answer_int(m, r, free_permits(m, r->object));
        break;
    case OP_semaphore_held:
        grant = sync_grant_find(m, r->token);
        sync_answer_bool(m, r,
                         r->has_token ? grant != NULL && grant->object == r->object
                                      : lent(m, r->object, r) > 0);
        break;
    case OP_semaphore_resize:
        sync_done(m, r);
        resize(m, r);
        break;
    default:
        sync_renew(m, r);
    }
}
