/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of the log, made by another process: when one is due, and how it ended. */
#ifndef DAEMON_COMPACTION_H
#define DAEMON_COMPACTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/log.h"
#include "daemon/config/config.h"
#include "daemon/journal/journal.h"

/* Why the last attempt gave no snapshot. */
enum compaction_fault {
    COMPACTION_WELL,
    COMPACTION_NO_ROOM,
    COMPACTION_NOT_PROVEN, /* the snapshot, read back, was not the same state */
    COMPACTION_FAILED,     /* another reason: see the log */
};

/* One attempt: first its segment is begun (sealing), then the process runs. */
struct attempt {
    bool sealing;
    pid_t process;        /* 0: not running */
    uint64_t number;      /* number of the snapshot: of the segment whose initial state it saves */
    uint64_t behind;      /* bytes of the log that it will make useless */
    uint64_t began_ms;    /* start (monotonic), */
    uint64_t deadline_ms; /* ... and when the process is killed */
    uint64_t revision;    /* revision of the state that it saves; 0: unknown */
};

struct compaction {
    const struct config *config; /* borrowed, like the next three members */
    struct log *log;
    struct journal *journal;
    int dir;
    uint64_t snapshot; /* number of the newest snapshot; 0: none */
    uint64_t snapshot_bytes;
    uint64_t snapshot_revision; /* revision of its state; 0: unknown */
    uint64_t found_bytes;       /* size of the log when the daemon started */
    uint64_t useless_bytes;     /* bytes of the log that snapshots made useless */
    uint64_t failed_number;     /* number of the newest snapshot that failed */
    uint64_t
        failed_behind; /* bytes of the log after the newest snapshot, at the time of that failure */
    uint64_t failures; /* failures since the daemon started */
    enum compaction_fault fault; /* result of the last attempt */
    bool tight;                  /* a snapshot of the present state would not fit on the disk */
    bool wanted;                 /* a client asked for a snapshot, */
    uint64_t wanted_after_ms;    /* ... which may begin only after this time (monotonic) */
    struct attempt attempt;
};

/* End of a turn: begins an attempt if one is due. revision: of the present state. Returns after
 * how many milliseconds to call again; UINT64_MAX: only after something happens. */
uint64_t compaction_turn(struct compaction *compaction, uint64_t revision);
/* Asks for a snapshot of the present state, which has that revision. Returns its number,
 * possibly of a snapshot that exists or is being made. It is complete when compaction->snapshot
 * reaches the number, and has failed when compaction->failed_number does. Repeated requests get
 * one snapshot after another, with rests in between. */
uint64_t compaction_ask(struct compaction *compaction, uint64_t revision);
/* For people: "no", or why the last attempt failed. */
const char *compaction_fault_text(const struct compaction *compaction);
/* Whether a snapshot is being made, or will be. */
bool compaction_under_way(const struct compaction *compaction);
/* Notices a snapshot that is complete. */
void compaction_look(struct compaction *compaction);
/* To be called when a child has ended. */
void compaction_reap(struct compaction *compaction);
/* Kills the other process, if one is running. */
void compaction_stop(struct compaction *compaction);
/* Bytes of the log after the newest snapshot. */
uint64_t compaction_behind(const struct compaction *compaction);

#endif
