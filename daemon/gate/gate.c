/* SPDX-License-Identifier: BSD-2-Clause */
/* Creates a gate, and limits the memory of all its connections together. */
#include "daemon/gate/gate.h"

#include <inttypes.h>
#include <stdlib.h>

#include "daemon/gate/commit.h"

struct gate *gate_new(const struct gate_options *options)
{
    struct gate *gate = gate_login_prepare() ? calloc(1, sizeof *gate) : NULL;
    if (gate == NULL)
        return NULL;
    gate->options = *options;
    gate_set_limits(gate, &options->limits);
    gate->engine = options->engine;
    gate->sink = (struct sink){gate_completion_cb, gate};
    gate->marks = options->journal == NULL ? &commit_no_journal : journal_marks(options->journal);
    idmap_init(&gate->peers_by_session, engine_hash_key(gate->engine));
    idmap_init(&gate->peers_by_token, engine_hash_key(gate->engine));
    SLIST_INIT(&gate->owners);
    TAILQ_INIT(&gate->holding);
    buf_init(&gate->scratch);
    buffers_init(&gate->buffers);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    idmap_free(&gate->peers_by_session, NULL);
    idmap_free(&gate->peers_by_token, NULL);
    users_free(&gate->owners);
    buf_free(&gate->scratch);
    free(gate);
}

void gate_set_limits(struct gate *gate, const struct limits *limits)
{
    uint64_t most = limits->buffers_bytes;
    gate->options.limits = *limits;
    /* Above three quarters no request is executed, so that there is room for replies. Half of the
     * last quarter is for connections with small requests: a flood of large replies does not stop
     * them. */
    gate->crowded_bytes = most == 0 ? SIZE_MAX : (size_t)(most - most / 4);
    gate->light_bytes = most == 0 ? SIZE_MAX : (size_t)(most - most / 8);
}

void gate_count_buffers(struct gate *gate, struct peer *peer)
{
    if (peer_buffers(peer) != peer->share.bytes)
        buffers_set(&gate->buffers, &peer->share, peer_buffers(peer), gate->now_ms);
}

void gate_moved(struct gate *gate, struct peer *peer, size_t bytes)
{
    buffers_moved(&gate->buffers, &peer->share, bytes, gate->now_ms);
}

static size_t held(const struct gate *gate)
{
    return gate->buffers.used + gate->marks->unwritten;
}

bool gate_crowded(const struct gate *gate)
{
    return held(gate) > gate->crowded_bytes;
}

/* Picks connections that move nothing first. Others are picked only if that did not help in
 * time, or if the limit itself is exceeded. */
static struct share *largest(const struct gate *gate, size_t least, uint64_t seen_ms)
{
    enum { SLOW_MS = 60, CROWDED_MS = 1000 };
    uint64_t slow_ms = seen_ms < SLOW_MS ? 0 : seen_ms - SLOW_MS;
    if (held(gate) > gate->options.limits.buffers_bytes)
        return buffers_largest(&gate->buffers, least, UINT64_MAX);
    struct share *slow = buffers_largest(&gate->buffers, least, slow_ms);
    if (slow != NULL || seen_ms < gate->crowded_ms + CROWDED_MS)
        return slow;
    return buffers_largest(&gate->buffers, least, UINT64_MAX);
}

struct peer *gate_crowded_by(struct gate *gate, uint64_t seen_ms)
{
    if (!gate_crowded(gate)) {
        gate->crowded_ms = 0;
        return NULL;
    }
    if (gate->crowded_ms == 0)
        gate->crowded_ms = gate->now_ms;
    /* Ignores connections below about half of a fair share: they are not the cause, even if the
     * journal is slow. A larger one exists whenever connections take half of the limit; if they
     * take less, the rest is the journal's, which shrinks as it is written. */
    uint64_t most = gate->options.limits.buffers_bytes;
    size_t least = (size_t)(most / (2 * gate->buffers.holders + 1));
    struct share *share = largest(gate, least, seen_ms);
    if (share == NULL)
        return NULL;
    gate->count.crowded_out++;
    return (struct peer *)(void *)((char *)share - offsetof(struct peer, share));
}

void gate_weigh(struct peer *peer, size_t bytes)
{
    bool small = bytes <= PEER_SMALL && peer->out.len <= PEER_SMALL;
    if (!small)
        peer->small = 0;
    else if (peer->small < PEER_LIGHT)
        peer->small++;
}

/* No connection may hold more than there is left: so there is always some for the next one. When a
 * quarter of all is in use, one whose reply was large reads it before it gets more. */
static bool holds_enough(const struct gate *gate, size_t len, size_t all, size_t left)
{
    return len > gate->options.limits.output_bytes || len > left ||
           (len > PEER_SMALL && all > gate->crowded_bytes / 3);
}

bool gate_may_execute(const struct gate *gate, const struct peer *peer)
{
    size_t all = held(gate);
    size_t most = peer->small < PEER_LIGHT ? gate->crowded_bytes : gate->light_bytes;
    return all <= most && !holds_enough(gate, peer->out.len, all, most - all);
}

bool gate_output_full(const struct gate *gate, const struct peer *peer)
{
    size_t all = held(gate);
    size_t left = all > gate->crowded_bytes ? SIZE_MAX : gate->crowded_bytes - all;
    return peer->out.len > 0 && holds_enough(gate, peer->out.len, all, left);
}

uint32_t gate_frame_bytes(const struct gate *gate)
{
    return gate->options.limits.frame_bytes;
}
