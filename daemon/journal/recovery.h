/* SPDX-License-Identifier: BSD-2-Clause */
/* Recovery: from the files of a journal to the state, by the newest snapshot and every record after
 * it.
 *
 * A crash can leave only one defect: a write at the very end that was cut off and never
 * acknowledged. Recovery drops it, with a warning if there is something to tell. Anything else
 * that cannot be read is damage: recovery guesses nothing, names the file, the byte and the
 * revision, and fails. */
#ifndef JOURNAL_RECOVERY_H
#define JOURNAL_RECOVERY_H

#include "daemon/journal/snapshot.h"

/* What was found besides the state. */
struct recovery {
    struct position position; /* where to append to the log */
    uint64_t revision;        /* revision of the last command */
    uint64_t commands;        /* commands replayed */
    uint64_t segments;        /* segments read */
    bool clean;               /* the log ends with an orderly shutdown */
    bool unread;        /* failed because a file could not be read, not because of its content */
    struct buf warning; /* describes dropped writes; empty: none. Owned */
};

/* Loads the journal into a new engine without limits (NULL: only checks that it can be read), up
 * to but without segment `before`; UINT64_MAX: all. Changes no file. For a directory without a
 * journal, position is all zeros except segment 1. False: why tells what is wrong, where, and
 * what can be done. */
bool recovery_run(int dir, uint64_t before, struct engine *engine, struct recovery *recovery,
                  struct buf *why);
void recovery_free(struct recovery *recovery);

#endif
