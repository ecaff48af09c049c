/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells the engine which waiting sessions have a connection: that decides who is served
 * (engine/absence.c).
 *
 * Connections come and go at any time. Liveness remembers the sessions concerned, and the next
 * turn tells the engine by commands, lost connections first, so that nothing is granted to a
 * dead client before its absence is known. On a full disk this waits, as ending sessions does. A
 * stopping daemon tells nothing: it goes away itself, and after the next start all sessions are
 * away until they come back. */
#include "daemon/gate/commit.h"

enum {
    MOVES_BATCH = 64, /* sessions per command */
    MOVES_TURN = 16,  /* batches per turn of the loop */
};

/* Sessions that get the same command. */
struct moves {
    uint64_t sessions[MOVES_BATCH];
    size_t count;
};

static void tell(struct gate *gate, enum command_kind kind, const struct moves *moves)
{
    struct command command = {
        .kind = kind,
        .now_ms = gate->now_ms,
        .sessions = moves->sessions,
        .session_count = moves->count,
    };
    if (moves->count == 0)
        return;
    gate->revision_before = UINT64_MAX;
    while (commit_apply(gate, &command, bytes_of(NULL, 0), &gate->sink).more)
        ;
}

bool gate_presence_due(const struct gate *gate)
{
    return !gate->stopping && liveness_any_moved(gate->options.liveness);
}

static void tell_some(struct gate *gate)
{
    struct moves went = {.count = 0}, came = {.count = 0};
    uint64_t session;
    bool attached;
    for (size_t i = 0; i < MOVES_BATCH; i++) {
        struct session_view view;
        if (!liveness_moved(gate->options.liveness, &session, &attached))
            break;
        if (!engine_session_view(gate->engine, session, &view) || view.away == !attached ||
            (!attached && view.waiters == 0))
            continue;
        struct moves *moves = attached ? &came : &went;
        moves->sessions[moves->count++] = session;
    }
    tell(gate, COMMAND_AWAY, &went);
    tell(gate, COMMAND_BACK, &came);
}

void gate_presence(struct gate *gate)
{
    for (size_t i = 0; i < MOVES_TURN && gate_presence_due(gate); i++)
        tell_some(gate);
}
