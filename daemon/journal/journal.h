/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal makes applied commands durable: the loop puts commands into a batch, a thread writes
 * the batch to the log, and the replies to its commands leave once it is on the disk.
 *
 * One batch is in flight at a time, while the next one gathers commands. Batches are numbered; a
 * reply that shows a revision waits for the batch with that revision. All calls are made by the
 * loop. */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "daemon/engine/engine.h"
#include "daemon/journal/segment.h"
#include "wire/base/buf.h"

struct journal;

enum journal_room {
    JOURNAL_ROOM,
    JOURNAL_LOW,  /* little room on the disk: the state may shrink, not grow */
    JOURNAL_FULL, /* no room: nothing may change */
};

/* What the loop needs to know for every reply; updated by journal.c. */
struct journal_marks {
    uint64_t durable;     /* last durable revision: replies that show a later one must wait */
    uint64_t flight_last; /* last revision in the batch in flight */
    uint64_t batch;       /* number of the pending batch; in flight: the one before */
    size_t unwritten;     /* size of both batches */
    bool behind;          /* commands must wait: too much is pending */
    uint64_t committed;   /* number of the last durable batch */
    enum journal_room room;
};

struct journal_options {
    struct io *io; /* borrowed */
    int dir;       /* borrowed */
    struct position position;
    uint64_t revision;      /* revision of the state */
    uint64_t segment_bytes; /* size of new segments */
    size_t unwritten_bytes; /* a pending batch above this size sets `behind`; 0: never */
    uint64_t interval_ms;   /* 0: sync before replies leave; else time between syncs */
};

/* NULL: no memory, or a file cannot be opened (errno). A later error of the disk ends the
 * process. */
struct journal *journal_new(const struct journal_options *options);
/* Writes the pending batch and waits for it; ends the process if the disk has no room for it. */
void journal_free(struct journal *journal);
const struct journal_marks *journal_marks(const struct journal *journal);

/* Reserves room for a command of this size, so that journal_put cannot fail. */
bool journal_reserve(struct journal *journal, size_t bytes) __attribute__((warn_unused_result));
/* Puts a command that was applied with an effect. request: as received; empty for other
 * commands. */
void journal_put(struct journal *journal, const struct command *command, struct bytes request,
                 const struct applied *applied);
/* Puts the record of an orderly shutdown, with the digest of the state. */
void journal_put_stop(struct journal *journal, const uint8_t digest[32]);

/* The batch that a reply showing this revision must wait for; 0: none. */
static inline uint64_t journal_batch_of(const struct journal_marks *marks, uint64_t revision)
{
    return revision <= marks->durable       ? 0
           : revision <= marks->flight_last ? marks->batch - 1
                                            : marks->batch;
}

/* Counts the clients that put commands, so that the next commit knows how many to wait for.
 * *batch: the last batch with a command of this client, 0 at first. journal_withdraw: the client
 * will not put any more. */
void journal_enroll(struct journal *journal, uint64_t *batch);
void journal_withdraw(struct journal *journal, uint64_t batch);

/* Ends a turn: submits the pending batch if it should not gather longer. Returns after how many
 * microseconds to call again; UINT64_MAX: only after something happens. */
uint64_t journal_turn(struct journal *journal, uint64_t now_us);
/* Readable when journal_collect has news. */
int journal_fd(const struct journal *journal);
/* True: marks->committed and marks->durable have moved since the last call, also by a
 * journal_flush. */
bool journal_collect(struct journal *journal);
/* Commits the pending batch and waits until it is durable. False: the disk has no room for the
 * segment it needs, so it is not durable yet. */
bool journal_flush(struct journal *journal);

/* Tells whether the disk has so little room that the state may not grow. */
void journal_set_tight(struct journal *journal, bool tight);
/* Starts a new segment after everything put so far. False: no segment is ready, and on a full
 * disk none may be for long. journal_sealed: the number of the new segment, once; 0: it has not
 * begun yet. */
bool journal_seal(struct journal *journal) __attribute__((warn_unused_result));
uint64_t journal_sealed(struct journal *journal);
/* A batch waits for a segment that the disk has no room for. */
bool journal_stuck(struct journal *journal);
/* Bytes written since the journal was opened, number of commits, and their mean duration. */
struct journal_stat {
    uint64_t bytes, commits, commit_us, segment;
};
void journal_stat(struct journal *journal, struct journal_stat *stat);

#endif
