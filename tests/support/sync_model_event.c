/* SPDX-License-Identifier: BSD-2-Clause */
/* event, in the model. */
#include "ops_numbers.h"
#include "tests/support/sync_tables.h"

void sync_event_wake(struct sync_model *m, unsigned object)
{
    struct sync_waiter *waiter;
    while (m->objects[object].set && (waiter = sync_first(m, object, LINE_WAIT)) != NULL) {
        struct sync_says *says = sync_tell(m, waiter);
        says->kind = RESULT_VALUE;
        says->value = SAYS_BOOL;
        says->number = true;
    }
}

void sync_event(struct sync_model *m, const struct sync_request *r)
{
    struct sync_object *event = &m->objects[r->object];
    switch (r->op) {
    case OP_event_set:
    case OP_event_clear:
        event->set = r->op == OP_event_set;
        sync_done(m, r);
        break;
    case OP_event_is_set:
        sync_answer_bool(m, r, event->set);
        break;
    default:
        if (event->set || r->wait_ms == 0)
            sync_answer_bool(m, r, event->set);
        else
            sync_park(m, r, LINE_WAIT);
    }
}
