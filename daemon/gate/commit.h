/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing is answered before it is durable: the gate's one way to the journal. */
#ifndef GATE_COMMIT_H
#define GATE_COMMIT_H

#include "daemon/gate/internal.h"

/* The marks where no journal is: everything is as durable as it will ever be. */
extern const struct journal_marks commit_no_journal;

/* False: the disk is full, and even changes that nobody asked for must wait. */
static inline bool commit_possible(const struct gate *gate)
{
    return gate->marks->room != JOURNAL_FULL;
}

/* Takes room for a command of that many bytes, so that commit_apply cannot fail. False: no memory.
 */
bool commit_reserve(struct gate *gate, size_t bytes) __attribute__((warn_unused_result));

/* Applies a command; one that had an effect is put into the journal's batch. request: the encoded
 * request of a COMMAND_REQUEST, empty for other commands. */
static inline struct applied commit_apply(struct gate *gate, const struct command *command,
                                          struct bytes request, const struct sink *sink)
{
    struct applied applied = engine_apply(gate->engine, command, sink);
    if (gate->options.journal != NULL && applied.first != 0)
        journal_put(gate->options.journal, command, request, &applied);
    return applied;
}

/* Counts the peer among the clients with a command in the batch that gathers; and, when its
 * connection ends, no longer among those whose next command is worth waiting for. */
void commit_enroll(struct gate *gate, struct peer *peer);
void commit_withdraw(struct gate *gate, struct peer *peer);

/* What the peer is sent from here on leaves when the change of revision `shown` is durable. Gives
 * the newest revision that the reply may name: one that is durable when the reply leaves. */
uint64_t commit_hold(struct gate *gate, struct peer *peer, uint64_t shown);
/* Nothing of the peer's output is held any more; for a connection that ends. */
void commit_unhold(struct gate *gate, struct peer *peer);

#endif
