/* SPDX-License-Identifier: BSD-2-Clause */
/* How a change becomes durable, from the request to its reply:
 *
 *   commit_reserve  reserves room in the pending batch before the command runs; without memory the
 *                   request is refused, and nothing has happened
 *   commit_apply    runs the command, and puts it into the batch if it had an effect
 *   commit_hold     holds its reply, and every reply that shows its change, in the peer's output
 *   commit_release  releases replies once the journal says that their batch is on the disk
 *
 * What can fail: the disk. While it is full, commands are refused before they run (admit.c). A
 * write error ends the process (wal.c) with all held replies unsent, so no client was promised
 * anything. A client whose connection was lost finds its reply in its slot when it resumes. Without
 * a journal every revision counts as durable, and nothing is ever held. */
#include "daemon/gate/commit.h"

#include <assert.h>

const struct journal_marks commit_no_journal = {.durable = UINT64_MAX};

bool commit_reserve(struct gate *gate, size_t bytes)
{
    return gate->options.journal == NULL || journal_reserve(gate->options.journal, bytes);
}

void commit_enroll(struct gate *gate, struct peer *peer)
{
    if (gate->options.journal != NULL)
        journal_enroll(gate->options.journal, &peer->joined);
}

void commit_withdraw(struct gate *gate, struct peer *peer)
{
    if (gate->options.journal != NULL)
        journal_withdraw(gate->options.journal, peer->joined);
}

/* True: more of the peer's output may be sent than before. */
static bool take_durable(struct peer *peer, uint64_t committed)
{
    unsigned before = peer->held_count;
    while (peer->held_count > 0 && peer->held[0].batch <= committed) {
        peer->held_count--;
        peer->held[0] = peer->held[1];
    }
    return peer->held_count < before;
}

/* Output from here on waits for that batch, after everything that is held already. */
static void hold(struct gate *gate, struct peer *peer, uint64_t batch)
{
    if (peer->held_count > 0 && peer->held[peer->held_count - 1].batch >= batch)
        return;
    bool listed = peer->held_count > 0;
    (void)take_durable(peer, gate->marks->committed); /* commit_release may not have run yet */
    if (!listed)
        TAILQ_INSERT_TAIL(&gate->holding, peer, holding);
    assert(peer->held_count < PEER_HELD);
    peer->held[peer->held_count++] = (struct peer_held){peer->out.len, batch};
}

uint64_t commit_hold(struct gate *gate, struct peer *peer, uint64_t shown)
{
    const struct journal_marks *marks = gate->marks;
    if (marks == &commit_no_journal)
        return UINT64_MAX;
    uint64_t batch = journal_batch_of(marks, shown);
    if (batch != 0)
        hold(gate, peer, batch);
    if (peer->held_count == 0)
        return marks->durable;
    return peer->held[peer->held_count - 1].batch == marks->batch ? UINT64_MAX : marks->flight_last;
}

void commit_release(struct gate *gate)
{
    struct peer *next;
    for (struct peer *peer = TAILQ_FIRST(&gate->holding); peer != NULL; peer = next) {
        next = TAILQ_NEXT(peer, holding);
        bool more = take_durable(peer, gate->marks->committed);
        if (peer->held_count == 0)
            TAILQ_REMOVE(&gate->holding, peer, holding);
        if (more)
            peer->ops->has_output(peer);
    }
}

void commit_unhold(struct gate *gate, struct peer *peer)
{
    if (peer->held_count > 0)
        TAILQ_REMOVE(&gate->holding, peer, holding);
    peer->held_count = 0;
}
