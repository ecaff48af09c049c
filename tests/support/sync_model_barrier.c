/* SPDX-License-Identifier: BSD-2-Clause */
/* barrier, in the model. */
#include "ops_numbers.h"
#include "tests/support/sync_tables.h"

static void all_pass(struct sync_model *m, unsigned object)
{
    struct sync_waiter *waiter;
    for (int64_t index = 0; (waiter = sync_first(m, object, LINE_WAIT)) != NULL; index++) {
        struct sync_says *says = sync_tell(m, waiter);
        says->kind = RESULT_VALUE;
        says->value = SAYS_INT;
        says->number = index;
    }
    m->objects[object].generation++;
}

static void all_fail(struct sync_model *m, unsigned object)
{
    struct sync_waiter *waiter;
    while ((waiter = sync_first(m, object, LINE_WAIT)) != NULL)
        sync_tell_error(m, waiter, ERR_BROKEN_BARRIER);
}

void sync_barrier_wake(struct sync_model *m, unsigned object)
{
    if (m->objects[object].broken)
        all_fail(m, object);
}

static void wait(struct sync_model *m, const struct sync_request *r)
{
    struct sync_object *barrier = &m->objects[r->object];
    struct sync_request patient = *r;
    unsigned waiting = sync_line_count(m, r->object, LINE_WAIT);
    if (r->wait_ms == UINT64_MAX && barrier->is.patience_ms != 0)
        patient.wait_ms = barrier->is.patience_ms;
    if (barrier->broken) {
        sync_fail(m, r, ERR_BROKEN_BARRIER);
    } else if (waiting + 1 == barrier->is.number) {
        sync_answer_int(m, r, waiting);
        all_pass(m, r->object);
    } else if (r->wait_ms == 0) {
        sync_fail(m, r, ERR_BROKEN_BARRIER);
        barrier->broken = true;
    } else {
        sync_park(m, &patient, LINE_WAIT);
    }
}

void sync_barrier(struct sync_model *m, const struct sync_request *r)
{
    struct sync_object *barrier = &m->objects[r->object];
    switch (r->op) {
    case OP_barrier_wait:
        wait(m, r);
        break;
    case OP_barrier_reset:
        sync_done(m, r);
        all_fail(m, r->object);
        barrier->broken = false;
        barrier->generation++;
        break;
    case OP_barrier_abort:
        sync_done(m, r);
        barrier->broken = true;
        break;
    case OP_barrier_parties:
        sync_answer_int(m, r, (int64_t)barrier->is.number);
        break;
    case OP_barrier_waiting:
        sync_answer_int(m, r, sync_line_count(m, r->object, LINE_WAIT));
        break;
    case OP_barrier_broken:
        sync_answer_bool(m, r, barrier->broken);
        break;
    default:
        sync_answer_int(m, r, (int64_t)barrier->generation);
    }
}
