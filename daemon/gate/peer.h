/* SPDX-License-Identifier: BSD-2-Clause */
/* A connected client as the gate sees it: its identity, and the output for it. */
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
    PEER_NEW, /* only session_hello is allowed */
    PEER_OPEN,
    PEER_CLOSING /* output is still sent, input is ignored */
};

/* Why hello will be refused; PEER_ADMITTED: it will not be. */
enum peer_refusal {
    PEER_ADMITTED,
    PEER_CROWD, /* too many connections (limits.connections) */
    PEER_SHARE, /* too many connections of this user */
};

struct peer;

/* Services of the transport and the door. No call frees the peer before the running turn ends. */
struct peer_ops {
    void (*has_output)(struct peer *peer); /* send peer->out at the end of the turn */
    void (*close)(struct peer *peer);      /* close when peer->out is sent */
    void (*drop)(struct peer *peer);       /* close now: unsent and unread bytes are lost */
    /* Appends an encoded reply to peer->out. revision: the one to name, in place of
     * completion->revision. Out of memory: sets peer->out.failed. */
    void (*reply)(struct peer *peer, const struct completion *completion, uint64_t revision);
};

/* Output from some byte on waits for a batch of the journal. There are at most two such batches:
 * one in flight, one pending. */
enum { PEER_HELD = 2 };

struct peer_held {
    size_t from;
    uint64_t batch;
};

struct peer {
    const struct peer_ops *ops;
    enum peer_state state;
    struct buf out; /* replies not completely sent */
    size_t sent;    /* bytes of out already sent */
    size_t in_cap;  /* size of the transport's input buffer */
    enum peer_refusal refusal;
    uint8_t small;      /* rounds since its last large request or reply, PEER_LIGHT at most */
    bool owner;         /* the daemon's owner, by the unix socket: may use reserved room */
    struct share share; /* its share of the memory of all connections: out and in_cap */
    struct peer_held held[PEER_HELD];
    unsigned held_count;
    TAILQ_ENTRY(peer) holding; /* in the gate's list while output is held */
    uint64_t joined;           /* number of the last batch with a command of this peer */
    uint64_t session;          /* its session in the engine; 0: none in the state yet */
    uint64_t hash_key;         /* hash of token_hash: key in peers_by_token */
    uint8_t token_hash[PEER_TOKEN];
    char client[PEER_CLIENT_MAX]; /* the name the client gave itself */
    char address[PEER_ADDRESS_MAX];
    uint32_t window;
    uint64_t linger_ms, lease_ms;
};

TAILQ_HEAD(peer_list, peer);

void peer_init(struct peer *peer, const struct peer_ops *ops, const char *address);
/* Removes the part of the output that was sent. */
void peer_sent(struct peer *peer);

/* Number of bytes in out that may be sent. */
static inline size_t peer_sendable(const struct peer *peer)
{
    size_t end = peer->held_count == 0 ? peer->out.len : peer->held[0].from;
    assert(peer->sent <= end && end <= peer->out.len);
    return end;
}

/* Allocated size of its buffers, whatever they contain. */
static inline size_t peer_buffers(const struct peer *peer)
{
    return peer->in_cap + peer->out.cap;
}

#endif
