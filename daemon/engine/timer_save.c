/* SPDX-License-Identifier: BSD-2-Clause */
/* A timer as it stands in the saved state. */
#include "daemon/engine/state.h"

void timer_save(const struct timer *timer, struct writer *out)
{
    writer_u64(out, timer->slot == 0 ? UINT64_MAX : timer->at_ms);
    writer_u64(out, timer->slot == 0 ? 0 : timer->order);
}

bool timer_load(struct engine *engine, struct timer *timer, int kind, struct reader *in)
{
    uint64_t at_ms = reader_u64(in);
    uint64_t order = reader_u64(in);
    timer->kind = kind;
    if (!reader_ok(in) || at_ms == UINT64_MAX)
        return reader_ok(in);
    if (!timers_reserve(&engine->timers, &engine->mem))
        return reader_nomem(in);
    timers_restore(&engine->timers, timer, at_ms, order);
    return true;
}
