/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose connection is there becomes state where it matters: of sessions that wait (absence.c).
 *
 * Connections come and go at any time; liveness remembers whose did, and the next turn says so by
 * commands, the dead first, so that nothing is given to them on behalf of those who are back. On a
 * full disk this waits, as the end of sessions does. When the daemon stops nothing is said: it is
 * the daemon that goes, and the next start finds everybody away, each with its turn. */
#include "daemon/gate/internal.h"

enum {
    MOVES_BATCH = 64, /* sessions in one command */
    MOVES_TURN = 16,  /* such batches in one turn of the loop */
};

/* Sessions of which the engine is to be told one thing. */
struct moves {
    uint64_t sessions[MOVES_BATCH];
    size_t count;
};

static void tell(struct rpc *rpc, enum command_kind kind, const struct moves *moves)
{
    struct command command = {
        .kind = kind,
        .now_ms = rpc->now_ms,
        .sessions = moves->sessions,
        .session_count = moves->count,
    };
    if (moves->count == 0)
        return;
    rpc->revision_before = UINT64_MAX;
    while (rpc_apply(rpc, &command, bytes_of(NULL, 0), &rpc->sink).more)
        ;
}

bool rpc_presence_due(const struct rpc *rpc)
{
    return !rpc->stopping && liveness_any_moved(rpc->options.liveness);
}

static void tell_some(struct rpc *rpc)
{
    struct moves went = {.count = 0}, came = {.count = 0};
    uint64_t session;
    bool attached;
    for (size_t i = 0; i < MOVES_BATCH; i++) {
        struct session_view view;
        if (!liveness_moved(rpc->options.liveness, &session, &attached))
            break;
        if (!engine_session_view(rpc->engine, session, &view) || view.away == !attached ||
            (!attached && view.waiters == 0))
            continue;
        struct moves *moves = attached ? &came : &went;
        moves->sessions[moves->count++] = session;
    }
    tell(rpc, COMMAND_AWAY, &went);
    tell(rpc, COMMAND_BACK, &came);
}

void rpc_presence(struct rpc *rpc)
{
    for (size_t i = 0; i < MOVES_TURN && rpc_presence_due(rpc); i++)
        tell_some(rpc);
}
