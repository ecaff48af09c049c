/* SPDX-License-Identifier: BSD-2-Clause */
/* A journal's directory as a whole: held by one process at a time, compacted, verified,
 * restored. */
#ifndef JOURNAL_MAINTENANCE_H
#define JOURNAL_MAINTENANCE_H

#include "daemon/engine/engine.h"
#include "daemon/journal/recovery.h"

/* Opens the directory: OWN to be its only user; READ to read it while nobody may change it;
 * BESIDE to work in a child of the daemon that holds the lock. *lock: an open file that keeps
 * others out while it is open; -1: none. Returns -1 on failure: why tells the cause. */
enum maintenance_use { MAINTENANCE_OWN, MAINTENANCE_READ, MAINTENANCE_BESIDE };
int maintenance_open(const char *path, enum maintenance_use use, int *lock, struct buf *why);

/* Turns all segments before segment `before` into a snapshot and removes them, after reading the
 * snapshot back and comparing the states. Needs no lock: the daemon writes to later segments
 * only. 0, or -errno; -EBADMSG: the snapshot could not be read back. */
int maintenance_compact(struct io *io, int dir, uint64_t before, const struct handlers *handlers,
                        struct buf *why);
/* Reads the whole journal. out: a few lines for people. */
bool maintenance_verify(int dir, const struct handlers *handlers, struct buf *out, struct buf *why);
/* maintenance_verify for a backup file. */
bool maintenance_verify_backup(const char *backup, const struct handlers *handlers, struct buf *out,
                               struct buf *why);
/* Puts the snapshot of a backup into an empty directory, under a new data id. */
bool maintenance_restore(struct io *io, int dir, const char *backup,
                         const struct handlers *handlers, struct buf *why);

#endif
