/* SPDX-License-Identifier: BSD-2-Clause */
/* From requests to commands of the engine and back to replies: one reply for each request. How
 * requests look on the wire is known to their door only. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "daemon/base/log.h"
#include "daemon/base/metric.h"
#include "daemon/engine/engine.h"
#include "daemon/gate/liveness.h"
#include "daemon/gate/peer.h"
#include "daemon/journal/journal.h"

struct gate;

/* A part of a snapshot. */
struct snapshot_part {
    uint64_t number; /* the snapshot asked for, then the one given */
    uint64_t offset, limit;
    uint64_t total;  /* size of the whole snapshot */
    struct buf *out; /* the part is appended here */
};

/* Puts rows into an open dict. */
typedef void gate_rows_fn(void *arg, struct buf *rows);

/* Services and facts that only the server has. */
struct gate_host {
    bool (*reload)(void *arg, struct buf *report); /* false: see report; nothing changed */
    void (*shutdown)(void *arg);
    gate_rows_fn *describe; /* puts the rows of server_info */
    gate_rows_fn *count;    /* puts the rows of server_stat */
    /* Starts a snapshot; returns its number, 0: there is no journal. */
    uint64_t (*save)(void *arg);
    /* Reads a part of a snapshot, see ServerFetch. ERR_NONE with part->number 0: still being
     * written. */
    enum mgr_code (*fetch)(void *arg, struct snapshot_part *part, struct buf *why);
    void *arg;
};

struct gate_options {
    struct engine *engine;     /* borrowed, booted */
    struct liveness *liveness; /* borrowed */
    struct log *log;           /* borrowed */
    struct journal *journal;   /* borrowed; NULL: the state is in memory only */
    struct limits limits;
    struct gate_host host;
    const char *state_id;   /* borrowed: id of the data */
    const char *durability; /* borrowed: what survives a crash, for people */
};

/* Metrics of a gate: its counters, facts, limits, and the engine's struct usage. */
extern const struct metric_table gate_metrics, gate_info, gate_limits, usage_metrics;

struct gate *gate_new(const struct gate_options *options);
void gate_free(struct gate *gate);
void gate_set_limits(struct gate *gate, const struct limits *limits);

/* ---- connections ---- */
/* The connection is closed: its session starts to linger. Frees what the peer owns. */
void gate_peer_gone(struct gate *gate, struct peer *peer);

/* Accounts a change in the size of the peer's buffers. */
void gate_count_buffers(struct gate *gate, struct peer *peer);
/* Accounts bytes that were sent or received. */
void gate_moved(struct gate *gate, struct peer *peer, size_t bytes);
/* Accounts a round of the peer's input of so many bytes, which was executed. */
void gate_weigh(struct peer *peer, size_t bytes);
/* True: connections have so much memory that no request is executed until some is freed, except
 * those of connections that need little. */
bool gate_crowded(const struct gate *gate);
/* The connection to close in that case, the largest of the slow ones; NULL: none, or not yet.
 * All input and writability up to seen_ms has been handled: so a connection that seems slow is
 * not so because the daemon was. */
struct peer *gate_crowded_by(struct gate *gate, uint64_t seen_ms);
/* Whether there is room for the reply to a request of this peer, in its output and in total. */
bool gate_may_execute(const struct gate *gate, const struct peer *peer);
/* Whether the peer has so much unsent output that its input is not read. */
bool gate_output_full(const struct gate *gate, const struct peer *peer);
/* limits.frame: the largest request of a peer that has logged in. */
uint32_t gate_frame_bytes(const struct gate *gate);

/* The journal has committed a batch: sends the replies that waited for it. */
void commit_release(struct gate *gate);
/* Applies the first command after a start. */
void gate_boot(struct gate *gate, const struct command *command);
/* After a restart: sessions in the state get their full time to come back. False: no memory. */
bool gate_restore_sessions(struct gate *gate, uint64_t now_ms);

/* ---- time and work without requests ---- */

/* Starts a turn of the loop: engine time moves to now_ms, timers fire, sessions end. */
void gate_turn(struct gate *gate, uint64_t now_ms);
/* Does one slice of garbage collection and reclaiming; true: there is more to do. */
bool gate_background(struct gate *gate);
/* Engine time when gate_turn must run next; UINT64_MAX: when something happens. */
uint64_t gate_due(const struct gate *gate);
/* Engine time of this turn. */
uint64_t gate_now(const struct gate *gate);

/* Creates a declared object if it does not exist. Not ERR_NONE: *why tells the cause;
 * ERR_EXISTS: the object exists and differs. */
enum mgr_code gate_declare(struct gate *gate, const Wire__ObjectCreate *object, struct buf *why);

/* Tells a client that the daemon stops, and closes its connection. */
void gate_farewell(struct gate *gate, struct peer *peer);

#endif
