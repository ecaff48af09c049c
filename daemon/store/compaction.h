/* SPDX-License-Identifier: BSD-2-Clause */
/* The snapshots that another process makes of the log: when one is due, and how it ended. */
#ifndef DAEMON_COMPACTION_H
#define DAEMON_COMPACTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/log.h"
#include "daemon/config/config.h"
#include "daemon/journal/journal.h"

/* Why there is no newer snapshot. */
enum compaction_fault {
    COMPACTION_WELL,
    COMPACTION_NO_ROOM,
    COMPACTION_NOT_PROVEN, /* what was written could not be read back as the same state */
    COMPACTION_FAILED,     /* anything else: the log says it */
};

/* One try. First its segment is begun (sealing), then the process runs. */
struct attempt {
    bool sealing;
    pid_t process;        /* 0: none runs */
    uint64_t number;      /* of the snapshot: the segment whose beginning it saves */
    uint64_t behind;      /* bytes of the log that it makes useless */
    uint64_t began_ms;    /* monotonic, */
    uint64_t deadline_ms; /* ... it is ended then */
    uint64_t revision;    /* of the state that it saves; 0: not known */
};

struct compaction {
    const struct config *config; /* borrowed, as the next three */
    struct log *log;
    struct journal *journal;
    int dir;
    uint64_t snapshot; /* the newest; 0: none */
    uint64_t snapshot_bytes;
    uint64_t snapshot_revision; /* of the state in it; 0: not known */
    uint64_t found_bytes;       /* of the log, when the daemon began */
    uint64_t useless_bytes;     /* of that and what was written since, by the newest snapshot */
    uint64_t failed_number;     /* the newest snapshot that could not be written */
    uint64_t
        failed_behind; /* bytes of the log behind the newest snapshot, when a newer one failed */
    uint64_t failures; /* since the daemon began */
    enum compaction_fault fault; /* of the last attempt */
    bool tight;                  /* a snapshot of what is there now would not fit on the disk */
    bool wanted;                 /* somebody asked for one, */
    uint64_t wanted_after_ms;    /* ... which does not begin before this, monotonic */
    struct attempt attempt;
};

/* End of a turn: begins what is due; revision: of the state. Gives after how many milliseconds it
 * is to be called again; UINT64_MAX: not before something happens. */
uint64_t compaction_turn(struct compaction *compaction, uint64_t revision);
/* A snapshot of the state of that revision, which is the one of now, shall be there. Gives its
 * number, which may be one that is made already or under way: it is done when compaction->snapshot
 * is as large, and failed when compaction->failed_number is. Who asks all the time gets one after
 * the other, with rests. */
uint64_t compaction_ask(struct compaction *compaction, uint64_t revision);
/* "no", or why the last attempt failed, for people. */
const char *compaction_fault_text(const struct compaction *compaction);
/* One is being made, or will be. */
bool compaction_under_way(const struct compaction *compaction);
/* Takes notice of a snapshot that is whole. */
void compaction_look(struct compaction *compaction);
/* A child has ended. */
void compaction_reap(struct compaction *compaction);
/* Ends the other process, if one runs. */
void compaction_stop(struct compaction *compaction);
/* Bytes of the log behind the newest snapshot. */
uint64_t compaction_behind(const struct compaction *compaction);

#endif
