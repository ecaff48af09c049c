/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose connection is there becomes state where it matters: of sessions that wait (absence.c).
 *
 * Connections come and go at any time; liveness remembers whose did, and the next turn says so by
 * commands, the dead first, so that nothing is given to them on behalf of those who are back. On a
 * full disk this waits, as the end of sessions does. When the daemon stops nothing is said: it is
 * the daemon that goes, and the next start finds everybody away, each with its turn. */
#include "daemon/gate/commit.h"

enum {
    MOVES_BATCH = 64, /* sessions in one command */
    MOVES_TURN = 16,  /* such batches in one turn of the loop */
};

/* Sessions of which the engine is to be told one thing. */
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
