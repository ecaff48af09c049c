/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions end: first all their waiters leave, so that nothing is granted to one of them any more,
 * then what they own and hold goes. In slices, and never with new memory. */
#include "daemon/engine/state.h"

/* All of the listed sessions' waiters, nobody is told. False: the budget is used up. */
static bool end_waiting(struct ctx *ctx, struct session *session, size_t *budget)
{
    while (session->waiters != NULL) {
        if (*budget == 0) {
            return false;
        }
        (*budget)--;
        waiter_vanish(ctx, session->waiters);
    }
    return true;
}

static bool end_owning(struct ctx *ctx, struct session *session, size_t *budget)
{
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
            if (!end_waiting(ctx, session, &budget)) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < command->session_count; i++) {
        struct session *session = session_find(ctx->engine, command->sessions[i]);

        if (session != NULL) {
            if (!end_owning(ctx, session, &budget)) {
                return true;
            }
            session_end(ctx->engine, session);
        }
    }
    return false;
}
