/* SPDX-License-Identifier: BSD-2-Clause */
/* What survives: the journal as a part of the loop. */
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

/* What it needs of the loop; borrowed. */
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
    int dir;                 /* of the journal; -1: nothing is kept */
    int lock_fd;             /* keeps others out of it; -1: none */
    struct journal *journal; /* NULL: nothing is kept */
    struct position found;   /* after recovery */
    bool recovered;          /* there was a state */
    bool damaged;            /* there is one, and it cannot be read */
    struct persistence_loop loop;
    struct event *complete, *gather,
        *child; /* the journal's thread, the timer, the other process */
    int timer_fd;
    uint64_t disk_ms; /* when to look at the disk's room again, monotonic */
    struct compaction compaction;
};

/* Loads what is kept into a new engine without limits. False: why; persistence->damaged: it is
 * there, and cannot be read. */
bool persistence_load(struct persistence *persistence, const struct config *config, struct log *log,
                      struct engine *engine, struct buf *why);
/* The log is written from here on. False: why. */
bool persistence_open(struct persistence *persistence, uint64_t revision, struct buf *why);
/* In the loop: what the thread has done is told to gate, in a turn. False: no memory. */
bool persistence_attach(struct persistence *persistence, struct event_base *base,
                        const struct persistence_loop *loop);
/* Makes all durable that was done so far. False: the disk has no room for it. */
bool persistence_flush(struct persistence *persistence);
/* End of a turn. True: there are replies to send. */
bool persistence_turn(struct persistence *persistence);
/* In order: all is written, with the digest of the state. */
void persistence_close(struct persistence *persistence, const struct engine *engine);
/* On a full disk: ends the process. */
_Noreturn void persistence_give_up(const struct persistence *persistence);
void persistence_free(struct persistence *persistence);

/* As compaction_ask; 0: nothing is kept. */
uint64_t persistence_save(struct persistence *persistence);
/* Reads a part of the newest snapshot: see struct gate_host. */
enum mgr_code persistence_fetch(struct persistence *persistence, struct snapshot_part *part,
                                struct buf *why);
/* For people: "memory", "log". */
const char *persistence_durability(const struct persistence *persistence);

/* Of a persistence that has a journal. */
extern const struct metric_table persistence_metrics, persistence_info;

#endif
