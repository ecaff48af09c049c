/* SPDX-License-Identifier: BSD-2-Clause */
/* The state directory: one daemon at a time, and the ceiling below which every revision stays. */
#ifndef DAEMON_STATE_DIR_H
#define DAEMON_STATE_DIR_H

#include "wire/base/buf.h"

/* Revisions must never go back, or a token would be handed out twice. Without a journal the clock
 * gives the first one of each start; the ceiling, written ahead of what is in use, covers a clock
 * that was set back. Both are nanoseconds of the wall clock. */
struct state_dir {
    int fd;                 /* of the directory; -1: none, the clock alone decides */
    int lock_fd;            /* held as long as the daemon runs */
    uint64_t ceiling;       /* every revision is smaller */
    int error;              /* -errno: why it could not be raised the last time */
    uint64_t rest_until_ms; /* monotonic: nothing is tried again before */
};

/* mkdir -p; 0, or -errno. */
int state_dir_make(const char *path);
/* Whether a file or directory, path with name behind it, belongs to the user of the daemon or to
 * root, and is written by no others: those could replace it by what we read, or by a link to what
 * we may write. False: *why. */
bool state_dir_is_ours(int fd, const char *path, const char *name, struct buf *why);
/* Makes the directory if it is missing, locks it, reads the ceiling. path NULL: no directory.
 * False: *why says what is wrong (another daemon: with its pid). */
bool state_dir_open(struct state_dir *dir, const char *path, struct buf *why);
void state_dir_close(struct state_dir *dir);

/* Where revisions start: above every one that was handed out before. */
uint64_t state_dir_floor(const struct state_dir *dir);
/* Raises the ceiling well before revision reaches it; fsyncs when it does. After a failure it
 * rests for a second. False: it could not be written, and the daemon must stop before it passes the
 * ceiling. */
bool state_dir_raise_ceiling(struct state_dir *dir, uint64_t revision, struct buf *why);

#endif
