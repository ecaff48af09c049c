/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate's only way to the journal: nothing is answered before it is durable. */
#ifndef GATE_COMMIT_H
#define GATE_COMMIT_H

#include "daemon/gate/internal.h"

/* Marks for a gate without a journal: every revision counts as durable. */
extern const struct journal_marks commit_no_journal;

/* False: the disk is full, so even changes that no client asked for must wait. */
static inline bool commit_possible(const struct gate *gate)
{
    return gate->marks->room != JOURNAL_FULL;
}

/* Reserves room for a command of this size, so that commit_apply cannot fail. False: no memory. */
bool commit_reserve(struct gate *gate, size_t bytes) __attribute__((warn_unused_result));

/* Applies a command, and puts it into the journal's batch if it had an effect. request: the
 * encoded request of a COMMAND_REQUEST, else empty. */
static inline struct applied commit_apply(struct gate *gate, const struct command *command,
                                          struct bytes request, const struct sink *sink)
{
    struct applied applied = engine_apply(gate->engine, command, sink);
    if (gate->options.journal != NULL && applied.first != 0)
        journal_put(gate->options.journal, command, request, &applied);
    return applied;
}

/* commit_enroll counts the peer among the clients with a command in the pending batch.
 * commit_withdraw, when the connection ends, no longer counts it among the clients to wait for. */
void commit_enroll(struct gate *gate, struct peer *peer);
void commit_withdraw(struct gate *gate, struct peer *peer);

/* Holds the peer's output from here on until the change of revision `shown` is durable. Returns
 * the newest revision that the reply may name: one that is durable when the reply leaves. */
uint64_t commit_hold(struct gate *gate, struct peer *peer, uint64_t shown);
/* Forgets what is held of the peer's output; for a connection that ends. */
void commit_unhold(struct gate *gate, struct peer *peer);

#endif
