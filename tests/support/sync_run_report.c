/* SPDX-License-Identifier: BSD-2-Clause */
/* What was done before engine and model disagreed. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/support/sync_run.h"

static void __attribute__((format(printf, 2, 3))) add(struct sync_run *run, const char *format, ...)
{
    size_t len = strlen(run->text);
    va_list args;
    va_start(args, format);
    vsnprintf(run->text + len, sizeof run->text - len, format, args);
    va_end(args);
}

static void add_act(struct sync_run *run, const struct sync_act *act)
{
    const struct sync_request *r = &act->request;
    const struct op_row *op = r->op == 0 ? NULL : op_row(r->op);
    add(run, "  %s %u/%" PRIu64, act->what, r->who, r->id);
    if (op != NULL) {
        add(run, " %s.%s %s holder=%" PRIu64 " wait=%" PRId64, op->type, op->method,
            sync_object_name(r->object), r->holder, (int64_t)r->wait_ms);
        add(run, "%s%s%s", r->any ? " any" : "", r->reserve ? " reserve" : "",
            r->immediate ? " immediate" : "");
    }
    if (r->has_token)
        add(run, " token=%" PRIu64, r->token);
    if (r->require != 0)
        add(run, " require=%" PRIu64, r->require);
    if (r->has_permits)
        add(run, " permits=%" PRIu64, r->permits);
    if (r->has_to)
        add(run, " to=%s", sync_object_name(r->to));
    if (r->acked != 0)
        add(run, " acked=%" PRIu64, r->acked);
    for (unsigned i = 0; i < r->count; i++)
        add(run, " value=%" PRId64, r->values[i]);
    add(run, " delay=%" PRIu64 " then=%" PRId64 " end=%u ms=%" PRIu64, r->delay_ms,
        (int64_t)r->then_ms, r->end, act->ms);
    add(run, " -> %d %" PRIu64 "..%" PRIu64 "\n", (int)act->outcome, act->first, act->last);
}

static void add_says(struct sync_run *run, const struct sync_says *says)
{
    add(run, "  expected%s %u/%" PRIu64 " kind=%d code=%d value=%d/%" PRId64,
        says->own ? " reply" : "", says->who, says->id, (int)says->kind, (int)says->code,
        (int)says->value, says->number);
    add(run, " depth=%" PRIu64 " previous=%" PRIu64 " attempts=%" PRIu64 " redelivered=%d%s\n",
        says->depth, says->previous_token, says->attempts, says->redelivered,
        says->matched ? " (seen)" : "");
}

static void add_seen(struct sync_run *run, const struct seen *seen)
{
    const struct result *result = &seen->result;
    unsigned who = 0;
    while (who < SYNC_CLIENTS && run->world.clients[who].session != seen->session)
        who++;
    add(run, "  seen %u/%" PRIu64 "@%" PRIu64 " %s depth=%" PRIu64 " previous=%" PRIu64, who,
        seen->id, seen->revision, world_show(&run->world, seen), result->depth,
        result->previous_token);
    add(run, " attempts=%" PRIu64 " redelivered=%d\n", result->attempts, result->redelivered);
}

const char *sync_run_report(struct sync_run *run)
{
    uint64_t from = run->act_count > SYNC_LAST ? run->act_count - SYNC_LAST : 0;
    run->text[0] = '\0';
    add(run, "%s (SEED=%" PRIu64 ", step %" PRIu64 ")\n",
        run->wrong == NULL ? "nothing is wrong" : run->wrong, run->seed_first, run->steps);
    for (uint64_t i = from; i < run->act_count; i++)
        add_act(run, &run->acts[i % SYNC_LAST]);
    for (unsigned i = 0; i < run->model.says_count; i++)
        add_says(run, &run->model.says[i]);
    for (size_t i = 0; i < run->world.seen_count; i++)
        add_seen(run, &run->world.seen[i]);
    return run->text;
}
