/* SPDX-License-Identifier: BSD-2-Clause */
/* The state directory: lets in one daemon at a time, and keeps a ceiling for revisions. */
#ifndef DAEMON_STATE_DIR_H
#define DAEMON_STATE_DIR_H

#include "wire/base/buf.h"

/* Revisions must never go back, or a token could be granted twice. Without a journal each start
 * takes its first revision from the clock. The ceiling, written in advance of the revisions in
 * use, protects against a clock that was set back. Both are in nanoseconds of the wall clock. */
struct state_dir {
    int fd;                 /* the directory; -1: none, so only the clock counts */
    int lock_fd;            /* locked while the daemon runs */
    uint64_t ceiling;       /* all revisions are smaller */
    int error;              /* -errno of the last failure to raise the ceiling */
    uint64_t rest_until_ms; /* no new try before this time (monotonic) */
};

/* As mkdir -p; 0, or -errno. */
int state_dir_make(const char *path);
/* Whether a file or directory (path with name after it) belongs to the daemon's user or to root,
 * and no other user may write it: such a user could replace it by other data, or by a link to a
 * file we may write. False: *why tells the cause. */
bool state_dir_is_ours(int fd, const char *path, const char *name, struct buf *why);
/* Creates the directory if needed, locks it and reads the ceiling. path NULL: no directory.
 * False: *why tells the cause (another daemon: with its pid). */
bool state_dir_open(struct state_dir *dir, const char *path, struct buf *why);
void state_dir_close(struct state_dir *dir);

/* Where revisions start: above every revision used before. */
uint64_t state_dir_floor(const struct state_dir *dir);
/* Raises the ceiling well before the revision reaches it; syncs when it does. After a failure it
 * rests for a second. False: the ceiling could not be written; the daemon must stop before it
 * reaches the ceiling. */
bool state_dir_raise_ceiling(struct state_dir *dir, uint64_t revision, struct buf *why);

#endif
