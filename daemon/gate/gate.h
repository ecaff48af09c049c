/* SPDX-License-Identifier: BSD-2-Clause */
/* From requests to commands of the engine, and back: each request gets one reply. What requests
 * look like on the wire is their door's. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "daemon/base/log.h"
#include "daemon/base/metric.h"
#include "daemon/engine/engine.h"
#include "daemon/gate/liveness.h"
#include "daemon/gate/peer.h"
#include "daemon/journal/journal.h"

struct gate;

/* Bytes of a snapshot. */
struct snapshot_part {
    uint64_t number; /* wanted, then given */
    uint64_t offset, limit;
    uint64_t total;  /* bytes of all of it */
    struct buf *out; /* where they go */
};

/* Puts rows into an open dict. */
typedef void gate_rows_fn(void *arg, struct buf *rows);

/* What only the server can do or knows. */
struct gate_host {
    bool (*reload)(void *arg,
                   struct buf *report); /* false: the report says why; the old one stays */
    void (*shutdown)(void *arg);
    gate_rows_fn *describe; /* all rows of server_info */
    gate_rows_fn *count;    /* all rows of server_stat */
    /* Begins a snapshot; its number, 0: nothing is kept. */
    uint64_t (*save)(void *arg);
    /* A part of one, see ServerFetch; ERR_NONE with part->number 0: it is being written. */
    enum mgr_code (*fetch)(void *arg, struct snapshot_part *part, struct buf *why);
    void *arg;
};

struct gate_options {
    struct engine *engine;     /* borrowed, booted */
    struct liveness *liveness; /* borrowed */
    struct log *log;           /* borrowed */
    struct journal *journal;   /* borrowed; NULL: nothing is kept */
    struct limits limits;
    struct gate_host host;
    const char *state_id;   /* borrowed: names the data */
    const char *durability; /* borrowed: what survives, for people */
};

/* Of a gate: counters, what it is, its limits. Of the engine's struct usage. */
extern const struct metric_table gate_metrics, gate_info, gate_limits, usage_metrics;

struct gate *gate_new(const struct gate_options *options);
void gate_free(struct gate *gate);
void gate_set_limits(struct gate *gate, const struct limits *limits);

/* ---- connections ---- */
/* The connection is gone: its session starts to linger. Frees what the peer owns. */
void gate_peer_gone(struct gate *gate, struct peer *peer);

/* What the peer holds in its buffers may have changed: counts it. */
void gate_count_buffers(struct gate *gate, struct peer *peer);
/* So many bytes of it were sent, or came. */
void gate_moved(struct gate *gate, struct peer *peer, size_t bytes);
/* A round of the peer's input, so many bytes, was executed: whether it needs little. */
void gate_weigh(struct peer *peer, size_t bytes);
/* Connections hold so much that no request is executed before some of it is gone, but those of
 * connections that need little. */
bool gate_crowded(const struct gate *gate);
/* The peer that has to go for that, the largest of those that are slow; NULL: none, or not yet.
 * seen_ms: all that came, and all room to send, until then was seen: nobody is slow because the
 * daemon was. */
struct peer *gate_crowded_by(struct gate *gate, uint64_t seen_ms);
/* There is room for the reply to a request of this peer: in its output, and in all buffers. */
bool gate_may_execute(const struct gate *gate, const struct peer *peer);
/* The peer has so much unsent output that it is not read from. */
bool gate_output_full(const struct gate *gate, const struct peer *peer);
/* limits.frame: the largest request of a peer that has logged in. */
uint32_t gate_frame_bytes(const struct gate *gate);

/* The journal has committed something: replies that waited for it may be sent. */
void commit_release(struct gate *gate);
/* The first command of a start. */
void gate_boot(struct gate *gate, const struct command *command);
/* Sessions that are in the state after a restart get their full time to come back. False: no
 * memory. */
bool gate_restore_sessions(struct gate *gate, uint64_t now_ms);

/* ---- time and work without requests ---- */

/* Start of a turn of the loop: engine time moves to now_ms, timers fire, sessions end. */
void gate_turn(struct gate *gate, uint64_t now_ms);
/* One slice of collecting and reclaiming; true: there is more to do. */
bool gate_background(struct gate *gate);
/* Engine time at which gate_turn is needed; UINT64_MAX: not before something happens. */
uint64_t gate_due(const struct gate *gate);
/* Engine time of this turn. */
uint64_t gate_now(const struct gate *gate);

/* Creates a declared object if it is absent. Not ERR_NONE: *why says what is wrong; ERR_EXISTS: it
 * is there, and differs. */
enum mgr_code gate_declare(struct gate *gate, const Wire__ObjectCreate *object, struct buf *why);

/* Tells one client that the daemon stops, and closes it. */
void gate_farewell(struct gate *gate, struct peer *peer);

#endif
