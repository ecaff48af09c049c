/* SPDX-License-Identifier: BSD-2-Clause */
/* What survives a crash: the journal as a part of the event loop. */
#ifndef DAEMON_PERSISTENCE_H
#define DAEMON_PERSISTENCE_H

#include "daemon/base/log.h"
#include "daemon/config/config.h"
#include "daemon/gate/gate.h"
#include "daemon/journal/io.h"
#include "daemon/journal/journal.h"
#include "daemon/store/compaction.h"

struct event;
struct event_base;

/* What the persistence needs from the loop; borrowed. */
struct persistence_loop {
    struct gate *gate;
    const struct engine *engine;
    void (*begin_turn)(void *arg);
    void *arg;
};

struct persistence {
    const struct config *config; /* borrowed */
    struct log *log;             /* borrowed */
    struct io io;
    int dir;                 /* of the journal; -1: no journal */
    int lock_fd;             /* keeps other processes out; -1: none */
    struct journal *journal; /* NULL: no journal */
    struct position found;   /* end of the log, as recovery found it */
    bool recovered;          /* a state was loaded */
    bool damaged;            /* there is a state, but it cannot be read */
    struct persistence_loop loop;
    struct event *complete, *gather,
        *child; /* events: the journal's thread, the timer, the end of the other process */
    int timer_fd;
    uint64_t disk_ms; /* when to check the disk again (monotonic) */
    struct compaction compaction;
};

/* Loads the saved state into a new engine without limits. False: *why tells the cause;
 * persistence->damaged: there is a state that cannot be read. */
bool persistence_load(struct persistence *persistence, const struct config *config, struct log *log,
                      struct engine *engine, struct buf *why);
/* Opens the log for writing. False: *why tells the cause. */
bool persistence_open(struct persistence *persistence, uint64_t revision, struct buf *why);
/* Adds the events to the loop: the gate is told in a turn what the thread has done. False: no
 * memory. */
bool persistence_attach(struct persistence *persistence, struct event_base *base,
                        const struct persistence_loop *loop);
/* Makes everything done so far durable. False: the disk has no room. */
bool persistence_flush(struct persistence *persistence);
/* Ends a turn. True: there are replies to send. */
bool persistence_turn(struct persistence *persistence);
/* Orderly shutdown: writes everything, and the digest of the state. */
void persistence_close(struct persistence *persistence, const struct engine *engine);
/* Ends the process because the disk is full. */
_Noreturn void persistence_give_up(const struct persistence *persistence);
void persistence_free(struct persistence *persistence);

/* compaction_ask; 0: there is no journal. */
uint64_t persistence_save(struct persistence *persistence);
/* Reads a part of the newest snapshot: see struct gate_host. */
enum mgr_code persistence_fetch(struct persistence *persistence, struct snapshot_part *part,
                                struct buf *why);
/* For people: "memory", "log". */
const char *persistence_durability(const struct persistence *persistence);

/* Metrics of a persistence that has a journal. */
extern const struct metric_table persistence_metrics, persistence_info;

#endif
