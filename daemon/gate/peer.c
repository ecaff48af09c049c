/* SPDX-License-Identifier: BSD-2-Clause */
/* The output of a peer: which part may be sent, is held, or was sent. */
#include "daemon/gate/peer.h"

#include <stdio.h>
#include <string.h>

void peer_init(struct peer *peer, const struct peer_ops *ops, const char *address)
{
    memset(peer, 0, sizeof *peer);
    peer->ops = ops;
    buf_init(&peer->out);
    snprintf(peer->address, sizeof peer->address, "%s", address);
}

void peer_sent(struct peer *peer)
{
    struct buf *out = &peer->out;
    assert(peer->sent <= peer_sendable(peer));
    memmove(out->data, out->data + peer->sent, out->len - peer->sent);
    out->len -= peer->sent;
    for (unsigned i = 0; i < peer->held_count; i++)
        peer->held[i].from -= peer->sent;
    peer->sent = 0;
}
