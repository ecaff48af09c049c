/* SPDX-License-Identifier: BSD-2-Clause */
/* One connected client as the gate sees it: who it is, and the bytes that are to be sent to it. */
#ifndef GATE_PEER_H
#define GATE_PEER_H

#include <assert.h>
#include <bsd/sys/queue.h>

#include "daemon/engine/engine.h"
#include "daemon/gate/buffers.h"
#include "wire/base/buf.h"

enum {
    PEER_SMALL = 64 * 1024, /* bytes: what a round takes and leaves unsent, when it is small */
    PEER_LIGHT = 8,         /* a connection with so many small rounds in a row needs little */
};

enum { PEER_TOKEN = 32, PEER_CLIENT_MAX = 128, PEER_ADDRESS_MAX = 108 };

enum peer_state {
    PEER_NEW, /* nothing but session_hello is allowed */
    PEER_OPEN,
    PEER_CLOSING /* output is still sent, input is dropped */
};

/* Why hello will be refused; PEER_ADMITTED: it will not. */
enum peer_refusal {
    PEER_ADMITTED,
    PEER_CROWD, /* limits.connections */
    PEER_SHARE, /* the share of one user */
};

struct peer;

/* What transport and door do for the gate. No call frees the peer before the running turn ends. */
struct peer_ops {
    void (*has_output)(struct peer *peer); /* send peer->out at the end of the turn */
    void (*close)(struct peer *peer);      /* close when peer->out is sent */
    void (*drop)(struct peer *peer);       /* close now: what is unsent or unread is lost */
    /* Packs a reply behind peer->out, by the rules of the peer's protocol. revision: what the reply
     * names, instead of completion->revision. No memory: peer->out.failed. */
    void (*reply)(struct peer *peer, const struct completion *completion, uint64_t revision);
};

/* What peer->out has from some byte on waits for a batch of the journal. Two batches are under way
 * at most: one in flight, one that gathers. */
enum { PEER_HELD = 2 };

struct peer_held {
    size_t from;
    uint64_t batch;
};

struct peer {
    const struct peer_ops *ops;
    enum peer_state state;
    struct buf out; /* replies that are not sent whole */
    size_t sent;    /* bytes of out that are on their way already */
    size_t in_cap;  /* memory that the transport holds for its input */
    enum peer_refusal refusal;
    uint8_t small;      /* rounds since its last large request or reply, PEER_LIGHT at most */
    bool owner;         /* of the daemon, by the unix socket: may use what is kept for it */
    struct share share; /* of the memory of all connections: out and in_cap */
    struct peer_held held[PEER_HELD];
    unsigned held_count;
    TAILQ_ENTRY(peer) holding; /* when it has some */
    uint64_t joined;           /* the last batch that it had a command in */
    uint64_t session;          /* its session in the engine; 0: no state yet */
    uint64_t hash_key;         /* of token_hash: its key in the gate's map of peers */
    uint8_t token_hash[PEER_TOKEN];
    char client[PEER_CLIENT_MAX]; /* the name it gave itself */
    char address[PEER_ADDRESS_MAX];
    uint32_t window;
    uint64_t linger_ms, lease_ms;
};

TAILQ_HEAD(peer_list, peer);

void peer_init(struct peer *peer, const struct peer_ops *ops, const char *address);
/* Lets go of the part of its output that was sent. */
void peer_sent(struct peer *peer);

/* Bytes of out that may be sent. */
static inline size_t peer_sendable(const struct peer *peer)
{
    size_t end = peer->held_count == 0 ? peer->out.len : peer->held[0].from;
    assert(peer->sent <= end && end <= peer->out.len);
    return end;
}

/* Memory of its buffers, whatever is in them. */
static inline size_t peer_buffers(const struct peer *peer)
{
    return peer->in_cap + peer->out.cap;
}

#endif
