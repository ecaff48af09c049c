/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions end: first all their waiters leave, so that nothing is granted to one of them any more,
 * then what they own and hold goes. In slices, and never with new memory. */
#include "daemon/engine/state.h"

/* All at once, whatever their number (their windows bound it): between two slices others are woken,
 * and a waiter that is left would be granted what its session cannot use. Nobody is told. */
static void end_waiting(struct ctx *ctx, struct session *session)
{
    while (session->waiters != NULL) {
        waiter_vanish(ctx, session->waiters);
    }
}

/* What is on its way first: a reservation among it is then given back as a grant. */
static bool end_owning(struct ctx *ctx, struct session *session, size_t *budget)
{
    while (session->handed != NULL) {
        if (*budget == 0) {
            return false;
        }
        (*budget)--;
        if (ctx->command->give_back) {
            handed_return(ctx, session->handed);
        } else {
            handed_settle(ctx, session->handed);
        }
    }
    while (session->grants != NULL) {
        if (*budget == 0) {
            return false;
        }
        (*budget)--;
        grant_lost(ctx, session->grants);
    }
    *budget -= holds_end_some(ctx, session, *budget);
    return session->holds == NULL;
}

bool sessions_end(struct ctx *ctx)
{
    const struct command *command = ctx->command;
    size_t budget = SESSION_END_MAX;

    for (size_t i = 0; i < command->session_count; i++) {
        struct session *session = session_find(ctx->engine, command->sessions[i]);

        if (session != NULL) {
            ctx_step(ctx);
            end_waiting(ctx, session);
        }
    }
    for (size_t i = 0; i < command->session_count; i++) {
        struct session *session = session_find(ctx->engine, command->sessions[i]);

        if (session != NULL) {
            if (!end_owning(ctx, session, &budget)) {
                return true;
            }
            session_end(ctx->engine, session, !command->bye);
        }
    }
    return false;
}
