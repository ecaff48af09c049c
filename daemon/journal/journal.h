/* SPDX-License-Identifier: BSD-2-Clause */
/* What was applied, made durable: the loop puts commands into a batch, a thread writes the batch to
 * the log, and the replies of its commands leave when it is on the disk.
 *
 * One batch is in flight at a time, the next one gathers meanwhile. Batches are numbered; what
 * shows a revision waits for the batch that revision is in. All calls are the loop's. */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "daemon/engine/engine.h"
#include "daemon/journal/segment.h"
#include "wire/base/buf.h"

struct journal;

enum journal_room {
    JOURNAL_ROOM,
    JOURNAL_LOW,  /* the disk is full: the state may shrink, not grow */
    JOURNAL_FULL, /* nothing may change */
};

/* What the loop asks for every reply; kept by journal.c. */
struct journal_marks {
    uint64_t durable;     /* revision: what shows no later one may leave */
    uint64_t flight_last; /* last revision in the batch that is in flight */
    uint64_t batch;       /* number of the batch that gathers; in flight is the one before it */
    size_t unwritten;     /* bytes of both */
    bool behind;        /* so much gathers that commands wait until what is in flight is durable */
    uint64_t committed; /* number of the last one that is durable */
    enum journal_room room;
};

struct journal_options {
    struct io *io; /* borrowed */
    int dir;       /* borrowed */
    struct position position;
    uint64_t revision;      /* of the state */
    uint64_t segment_bytes; /* of new segments */
    size_t unwritten_bytes; /* what gathers beyond it sets behind; 0: nothing does */
    uint64_t interval_ms;   /* 0: each batch is synced before its replies leave; else so often */
};

/* NULL: no memory, or no file (errno). An error of the disk later ends the process. */
struct journal *journal_new(const struct journal_options *options);
/* Writes what gathered, and waits for it; ends the process when the disk has no room for it. */
void journal_free(struct journal *journal);
const struct journal_marks *journal_marks(const struct journal *journal);

/* Room for a command of so many bytes: then journal_put cannot fail. */
bool journal_reserve(struct journal *journal, size_t bytes) __attribute__((warn_unused_result));
/* A command that was applied with an effect. request: as it came; empty for other commands. */
void journal_put(struct journal *journal, const struct command *command, struct bytes request,
                 const struct applied *applied);
/* The state that is left, in order: its digest. */
void journal_put_stop(struct journal *journal, const uint8_t digest[32]);

/* The batch that what shows this revision must wait for; 0: none. */
static inline uint64_t journal_batch_of(const struct journal_marks *marks, uint64_t revision)
{
    return revision <= marks->durable       ? 0
           : revision <= marks->flight_last ? marks->batch - 1
                                            : marks->batch;
}

/* Whoever puts commands is counted, so that the next commit knows whom it waits for: *batch is the
 * last one that it had a command in, 0 at first. parted: it will not come again. */
void journal_enroll(struct journal *journal, uint64_t *batch);
void journal_withdraw(struct journal *journal, uint64_t batch);

/* End of a turn: starts a commit if one makes sense now. Gives after how many microseconds it is to
 * be asked again; UINT64_MAX: not before something happens. */
uint64_t journal_turn(struct journal *journal, uint64_t now_us);
/* Readable when journal_collect has something to tell. */
int journal_fd(const struct journal *journal);
/* True: marks->committed and durable moved since it said so last, be it in a journal_flush. */
bool journal_collect(struct journal *journal);
/* Commits what gathered and waits until it is durable. False: the disk has no room for the segment
 * that it needs; then it is not, yet. */
bool journal_flush(struct journal *journal);

/* There is so little room on the disk that the state may not grow. */
void journal_set_tight(struct journal *journal, bool tight);
/* Starts a new segment after everything put so far. False: no segment is ready, and on a full disk
 * none may be for long. journal_sealed: the number of the segment that began since then; 0: it has
 * not begun yet. */
bool journal_seal(struct journal *journal) __attribute__((warn_unused_result));
uint64_t journal_sealed(struct journal *journal);
/* A batch waits for a segment that the disk has no room for. */
bool journal_stuck(struct journal *journal);
/* Bytes written since the journal was opened; commits done; mean time of one. */
struct journal_stat {
    uint64_t bytes, commits, commit_us, segment;
};
void journal_stat(struct journal *journal, struct journal_stat *stat);

#endif
