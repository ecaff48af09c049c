/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory of a journal, held by one process at a time, and what is done with it as a whole.
 */
#ifndef JOURNAL_MAINTENANCE_H
#define JOURNAL_MAINTENANCE_H

#include "daemon/engine/engine.h"
#include "daemon/journal/recovery.h"

/* Opens the directory: to be its only user, to read what nobody may change meanwhile, or beside the
 * daemon, which locks others out for its child. *lock: an open file that keeps others out as long
 * as it is open; -1: there is none. -1: why says what is wrong. */
enum maintenance_use { MAINTENANCE_OWN, MAINTENANCE_READ, MAINTENANCE_BESIDE };
int maintenance_open(const char *path, enum maintenance_use use, int *lock, struct buf *why);

/* The state of all segments before that one becomes a snapshot, and they are removed, when it was
 * read back and found to be the same state. Needs no lock: whoever writes the log writes later
 * segments only. 0, or -errno; -EBADMSG: what was written cannot be read back. */
int maintenance_compact(struct io *io, int dir, uint64_t before, const struct handlers *handlers,
                        struct buf *why);
/* Reads all of it. out: a few lines for people. */
bool maintenance_verify(int dir, const struct handlers *handlers, struct buf *out, struct buf *why);
/* The same for the file of a backup. */
bool maintenance_verify_backup(const char *backup, const struct handlers *handlers, struct buf *out,
                               struct buf *why);
/* Puts the snapshot of a backup into an empty directory, as data of its own. */
bool maintenance_restore(struct io *io, int dir, const char *backup,
                         const struct handlers *handlers, struct buf *why);

#endif
