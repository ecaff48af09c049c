/* SPDX-License-Identifier: BSD-2-Clause */
/* condition, in the model. Its lock is another object, or the lines and grants of its own. */
#include "ops_numbers.h"
#include "tests/support/sync_tables.h"

static unsigned lock_of(const struct sync_model *m, unsigned condition)
{
    int lock = m->objects[condition].is.lock;
    return lock == SYNC_NOBODY ? condition : (unsigned)lock;
}

/* It goes to the end of those who want the lock. */
static void reacquire(struct sync_model *m, struct sync_waiter *waiter, bool notified)
{
    waiter->notified = notified;
    sync_move(m, waiter, lock_of(m, waiter->object), LINE_OWN);
    sync_deadline(m, waiter, waiter->then_ms);
}

/* Who is away only when nobody is there. */
static void notify(struct sync_model *m, unsigned condition, uint64_t count)
{
    while (count-- > 0) {
        struct sync_waiter *waiter = sync_next(m, condition, LINE_WAIT);
        waiter = waiter != NULL ? waiter : sync_first(m, condition, LINE_WAIT);
        if (waiter == NULL)
            return;
        reacquire(m, waiter, true);
    }
}

/* A notify that its waiter did not live to see is the next one's. */
void sync_condition_left(struct sync_model *m, const struct sync_waiter *waiter)
{
    if (waiter->notified && waiter->condition_made == m->made[waiter->condition] &&
        m->objects[waiter->condition].used)
        notify(m, (unsigned)waiter->condition, 1);
}

void sync_condition_over(struct sync_model *m, struct sync_waiter *waiter)
{
    if (waiter->line == LINE_WAIT) {
        unsigned lock = lock_of(m, waiter->object);
        reacquire(m, waiter, false);
        sync_lock_wake(m, lock); /* a free one is taken before any more time is over */
    } else {
        sync_tell_error(m, waiter, ERR_LOCK_LOST);
        sync_condition_left(m, waiter);
    }
}

void sync_condition_wake(struct sync_model *m, unsigned object)
{
    sync_lock_wake(m, object);
}

static void wait(struct sync_model *m, const struct sync_request *r, struct sync_grant *owner)
{
    if (r->wait_ms == 0) {
        struct sync_says *says = sync_reply(m, r);
        sync_say_grant(m, says, owner, false);
        says->value = SAYS_BOOL;
        return;
    }
    struct sync_waiter *waiter = sync_park(m, r, LINE_WAIT);
    waiter->want = owner->count;
    waiter->then_ms = r->then_ms;
    waiter->condition = (int)r->object;
    waiter->condition_made = m->made[r->object];
    owner->used = false;
}

void sync_condition(struct sync_model *m, const struct sync_request *r)
{
    struct sync_request at_lock = *r;
    if (m->objects[r->object].lock_gone) {
        sync_fail(m, r, ERR_LOCK_LOST);
        return;
    }
    at_lock.object = lock_of(m, r->object);
    struct sync_grant *owner = sync_lock_owner(m, at_lock.object);
    bool owned = owner != NULL && owner->who == r->who && owner->holder == r->holder;
    switch (r->op) {
    case OP_condition_wait:
    case OP_condition_notify:
    case OP_condition_notify_all:
        if (!owned) {
            sync_fail(m, r, ERR_RUNTIME);
        } else if (r->op == OP_condition_wait) {
            wait(m, r, owner);
        } else {
            sync_done(m, r);
            notify(m, r->object,
                   r->op == OP_condition_notify_all ? UINT64_MAX
                                                    : (r->has_permits ? r->permits : 1));
        }
        break;
    default:
        sync_lock_method(m, &at_lock, op_row(r->op)->method);
    }
}
