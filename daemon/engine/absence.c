/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits and is not there is passed over, and keeps its turn.
 *
 * A client that is killed while it waits leaves a session that goes on until its linger is over.
 * If it were given the lock, or the item, meanwhile, everybody would stand still for a dead one.
 * So the daemon tells the engine when the connection of a session with waiters goes (AWAY) and when
 * the session is resumed (BACK). A resume that takes over from a connection which is still there is
 * neither.
 *
 * AWAY takes the waiters of the session out of the way of grants (waitq_leave), BACK puts them back
 * to where their numbers say (waitq_return). So at each grant the one served is, among those who
 * are there, the first that asked. What is given to all at once (an event, a barrier, a change of
 * an object), or brings something (put, send), or takes nothing from others (join, poll) is not
 * held back: an operation says of itself that it GIVES (wire/proto/ops.def). What a session owns
 * already is its own until its linger is over: nothing here touches it.
 *
 * Each object of such a waiter is marked: the first one of a semaphore's queue may have wanted more
 * than there is, and the next one less; who comes back may find that what it waits for is free.
 *
 * A notify prefers sleepers who are there, but may take one who is away when there are no others.
 * It then waits for the lock, away as it is, and when its session ends it passes the notify on
 * (condition_pass_on): none is lost.
 *
 * A start (BOOT) finds nobody connected: all sessions that wait are away, and all come back within
 * moments, in any order. For HOLD_MS, or until all are back, nothing is given past one who is away,
 * so that a restart changes nobody's turn. Then the objects that those wait for who are still away
 * are looked at again, some sessions at a time, so that nobody else waits for that.
 *
 * What can fail: nothing, as no command here takes memory. Long windows: a command moves AWAY_MAX
 * waiters at most, and session.unmoved is where the next one goes on; a session in between is
 * partly away, which is as good as if its requests had been made by two clients. A full disk: the
 * daemon says nothing until there is room again, and who has died is served as if it lived until
 * then. A daemon that dies in between: its BOOT says it anew. */
#include "daemon/engine/absence.h"

#include "daemon/engine/state.h"

enum {
    HOLD_MS = 1000, /* after a start */
    SWEEP_MAX =
        10000, /* sessions and waiters that one TICK looks at, and the rest of the last one's */
    SWEEP_PAUSE_MS = 1, /* until the next ones */
};

/* Nothing is held back any more, and nothing is left to be looked at. */
static void hold_over(struct absence *absence)
{
    absence->holding = false;
    absence->due_ms = 0;
    absence->sweep = NULL;
}

static void session_turn(struct engine *engine, struct session *session, bool away)
{
    session->away = away;
    session->unmoved = session->waiters;
    if (away)
        engine->absence.count++;
    else
        engine->absence.count--;
    if (engine->absence.count == 0)
        hold_over(&engine->absence);
}

/* ---- a connection goes, or comes back ---- */

static void waiter_turn(struct ctx *ctx, struct waiter *waiter, bool away)
{
    if (waiter_passed_over(waiter) && (away ? waitq_leave(waiter) : waitq_return(waiter)))
        object_mark(ctx, waiter->object);
}

/* False: there is more of it than the budget allows. */
static bool session_move(struct ctx *ctx, struct session *session, size_t *budget)
{
    while (session->unmoved != NULL && *budget > 0) {
        struct waiter *waiter = session->unmoved;
        session->unmoved = waiter->session_next;
        (*budget)--;
        waiter_turn(ctx, waiter, session->away);
    }
    return session->unmoved == NULL;
}

bool absence_turn(struct ctx *ctx)
{
    const struct command *command = ctx->command;
    bool away = command->kind == COMMAND_AWAY;
    size_t budget = ctx->engine->away_slice;
    for (size_t i = 0; i < command->session_count; i++) {
        struct session *session = session_find(ctx->engine, command->sessions[i]);
        if (session == NULL || (away && session->waiters == NULL && !session->away))
            continue; /* it has ended, or nothing can be given to it */
        if (session->away != away) {
            ctx_step(ctx);
            session_turn(ctx->engine, session, away);
        }
        if (session->unmoved != NULL)
            ctx_step(ctx);
        if (!session_move(ctx, session, &budget))
            return true;
    }
    return false;
}

/* ---- a start ---- */

void absence_boot(struct ctx *ctx)
{
    struct engine *engine = ctx->engine;
    for (struct session *at = engine->sessions; at != NULL; at = at->next) {
        size_t all = SIZE_MAX;
        if (at->waiters != NULL && !at->away)
            session_turn(engine, at, true);
        (void)session_move(ctx, at, &all);
    }
    hold_over(&engine->absence);
    if (engine->absence.count > 0) {
        engine->absence.holding = true;
        engine->absence.due_ms = ctx->now_ms + HOLD_MS;
    }
}

/* Has the objects of the next ones who are away looked at. */
static void sweep(struct ctx *ctx)
{
    struct absence *absence = &ctx->engine->absence;
    size_t budget = SWEEP_MAX;
    for (; absence->sweep != NULL && budget > 0; absence->sweep = absence->sweep->next, budget--) {
        struct waiter *at = absence->sweep->away ? absence->sweep->waiters : NULL;
        for (; at != NULL; at = at->session_next, budget -= budget > 1)
            if (at->place == WAITER_AWAY)
                object_mark(ctx, at->object);
    }
    absence->due_ms = absence->sweep == NULL ? 0 : ctx->now_ms + SWEEP_PAUSE_MS;
}

void absence_tick(struct ctx *ctx)
{
    struct absence *absence = &ctx->engine->absence;
    if (absence->due_ms == 0 || absence->due_ms > ctx->now_ms)
        return;
    ctx_step(ctx);
    if (absence->holding) {
        absence->holding = false;
        absence->sweep = ctx->engine->sessions;
    }
    sweep(ctx);
}

/* ---- the end ---- */

void absence_forget(struct engine *engine, struct session *session)
{
    struct absence *absence = &engine->absence;
    if (absence->sweep == session)
        absence->sweep = session->next;
    if (session->away)
        session_turn(engine, session, false);
}

/* ---- saved ---- */

void absence_save(const struct engine *engine, struct writer *out)
{
    const struct absence *absence = &engine->absence;
    writer_u64(out, absence->holding);
    writer_u64(out, absence->due_ms);
    writer_u64(out, absence->sweep == NULL ? 0 : absence->sweep->id);
}

bool absence_load(struct engine *engine, struct reader *in)
{
    struct absence *absence = &engine->absence;
    absence->holding = reader_bool(in);
    absence->due_ms = reader_u64(in);
    uint64_t id = reader_u64(in);
    absence->sweep = session_find(engine, id);
    return (id == 0 || absence->sweep != NULL) || reader_fail(in);
}
