/* SPDX-License-Identifier: BSD-2-Clause */
/* Admits or refuses new connections: the limit, each user's share, a reserve for the owner. */
#include <inttypes.h>

#include "daemon/net/internal.h"

/* One user may have half of the limit. The daemon's owner always gets in, in order to make room. */
static enum peer_refusal refusal_of(const struct net *net, const struct conn *conn)
{
    uint64_t limit = net->options.limits.connections;
    size_t inside = net->count - net->refused;
    if (conn->peer.owner)
        return inside < limit + NET_KEPT ? PEER_ADMITTED : PEER_CROWD;
    if (inside >= limit)
        return PEER_CROWD;
    return conn->user != NULL && conn->user->count > (limit + 1) / 2 ? PEER_SHARE : PEER_ADMITTED;
}

bool net_admit(struct net *net, struct conn *conn)
{
    conn->peer.refusal = refusal_of(net, conn);
    if (conn->peer.refusal == PEER_ADMITTED)
        return true;
    log_write(net->options.log, LOG_WARNING, LOG_CONNECTION,
              LOG_FIELDS(log_text("address", bytes_text(conn->peer.address))),
              conn->peer.refusal == PEER_CROWD
                  ? "the limit of %" PRIu64 " connections is reached, refusing one"
                  : "one user has half of %" PRIu64 " connections, refusing one more",
              net->options.limits.connections);
    if (net->refused >= NET_REFUSED)
        return false;
    net->refused++;
    return true;
}
