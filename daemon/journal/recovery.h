/* SPDX-License-Identifier: BSD-2-Clause */
/* From the files of a journal to the state: the newest snapshot, then every record behind it.
 *
 * What a crash can leave is mended silently or with a warning: a write at the very end that was cut
 * off and was never acknowledged. Anything else that cannot be read is damage, and nothing is
 * guessed: recovery says which file, which byte and which revision, and refuses. */
#ifndef JOURNAL_RECOVERY_H
#define JOURNAL_RECOVERY_H

#include "daemon/journal/snapshot.h"

/* What was found beside the state. */
struct recovery {
    struct position position; /* where the log goes on */
    uint64_t revision;        /* of the last command */
    uint64_t commands;        /* replayed */
    uint64_t segments;        /* read */
    bool clean;               /* the daemon had ended in order */
    bool unread;        /* it failed for a file that could not be read, not for what is in it */
    struct buf warning; /* what was cut off; empty: nothing. Owned */
};

/* Loads what the directory has into a new engine with unlimited limits (NULL: only checks that it
 * can be read), but only the segments before `before`; UINT64_MAX: all. Changes no file. A
 * directory without a journal: position is all zeros but segment 1. False: why says what is wrong,
 * where, and what can be done. */
bool recovery_run(int dir, uint64_t before, struct engine *engine, struct recovery *recovery,
                  struct buf *why);
void recovery_free(struct recovery *recovery);

#endif
