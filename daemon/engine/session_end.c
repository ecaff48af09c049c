/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions end: first all their waiters leave, then what they own and hold goes. Nothing is granted
 * to one of them any more. Never with new memory, and in slices, between which others are
 * served: a session that is ending stands in one of two rows, which are part of the state. For
 * everybody who looks it has ended; only what it owns is still being given back. */
#include "daemon/engine/absence.h"
#include "daemon/engine/state.h"

/* What a slot costs to free, measured by what a grant does. Only those count that hold a command:
 * the size of their table is not state, and a replay must cut at the same points. */
enum { SLOTS_PER_GRANT = 8 };

static void row_add(struct session_row *row, struct session *session)
{
    session->ending_next = NULL;
    *(row->last == NULL ? &row->first : &row->last->ending_next) = session;
    row->last = session;
}

static struct session *row_take(struct session_row *row)
{
    struct session *session = row->first;
    row->first = session->ending_next;
    if (row->first == NULL)
        row->last = NULL;
    return session;
}

static void spend(size_t *budget, uint64_t work)
{
    *budget -= work < *budget ? (size_t)work : *budget;
}

/* All of one session at once: its window bounds them. Nobody is told. Those that are left stay
 * until their slice, or until it is their turn to be given something (waitq_next). */
static void end_waiting(struct ctx *ctx, struct session *session)
{
    while (session->waiters != NULL)
        waiter_vanish(ctx, session->waiters);
}

/* What is on its way first: a reservation among it is then given back as a grant. */
static bool end_owning(struct ctx *ctx, struct session *session, size_t *budget)
{
    while (session->unacked != NULL) {
        if (*budget == 0)
            return false;
        (*budget)--;
        if ((session->ending & ENDING_GIVES_BACK) != 0)
            unacked_return(ctx, session->unacked);
        else
            unacked_settle(ctx, session->unacked);
    }
    while (session->grants != NULL) {
        if (*budget == 0)
            return false;
        (*budget)--;
        grant_lost(ctx, session->grants);
    }
    *budget -= holds_end_some(ctx, session, *budget);
    return session->holds == NULL;
}

bool sessions_ending(const struct engine *engine)
{
    return engine->silenced.first != NULL || engine->waiting.first != NULL;
}

bool sessions_ending_wait(const struct engine *engine)
{
    return engine->waiting.first != NULL;
}

bool sessions_end_some(struct ctx *ctx)
{
    struct engine *engine = ctx->engine;
    size_t budget = engine->end_slice;
    if (sessions_ending(engine))
        ctx_step(ctx);
    while (engine->waiting.first != NULL && budget > 0) {
        struct session *session = row_take(&engine->waiting);
        spend(&budget, session->waiter_count);
        end_waiting(ctx, session);
        row_add(&engine->silenced, session);
    }
    while (engine->waiting.first == NULL && engine->silenced.first != NULL && budget > 0 &&
           end_owning(ctx, engine->silenced.first, &budget)) {
        struct session *session = row_take(&engine->silenced);
        spend(&budget, 1 + session->slots_used / SLOTS_PER_GRANT);
        absence_forget(engine, session);
        session_end(engine, session, (session->ending & ENDING_BYE) == 0);
    }
    return sessions_ending(engine);
}

bool sessions_end(struct ctx *ctx)
{
    const struct command *command = ctx->command;
    for (size_t i = 0; i < command->session_count; i++) {
        struct session *session = session_find(ctx->engine, command->sessions[i]);
        if (session != NULL && session->ending == 0) {
            session->ending = (uint8_t)(ENDING | (command->give_back ? ENDING_GIVES_BACK : 0) |
                                        (command->bye ? ENDING_BYE : 0));
            row_add(&ctx->engine->waiting, session);
        }
    }
    return sessions_end_some(ctx);
}

static void row_save(const struct session_row *row, struct writer *out)
{
    for (const struct session *at = row->first; at != NULL; at = at->ending_next) {
        writer_u64(out, at->id);
        writer_u64(out, at->ending);
    }
    writer_u64(out, 0);
}

static bool row_load(struct engine *engine, struct session_row *row, struct reader *in)
{
    uint64_t id;
    while ((id = reader_u64(in)) != 0) {
        struct session *session = session_find(engine, id);
        uint64_t ending = reader_u64_max(in, ENDING | ENDING_GIVES_BACK | ENDING_BYE);
        if (session == NULL || session->ending != 0 || (ending & ENDING) == 0)
            return reader_fail(in);
        session->ending = (uint8_t)ending;
        row_add(row, session);
    }
    return reader_ok(in);
}

void sessions_ending_save(const struct engine *engine, struct writer *out)
{
    row_save(&engine->waiting, out);
    row_save(&engine->silenced, out);
}

bool sessions_ending_load(struct engine *engine, struct reader *in)
{
    return row_load(engine, &engine->waiting, in) && row_load(engine, &engine->silenced, in);
}
