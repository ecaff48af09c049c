/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks a file or directory, by which one mgrd keeps others out. */
#ifndef JOURNAL_LOCKFILE_H
#define JOURNAL_LOCKFILE_H

#include <stdbool.h>

/* Blocks for at most a second if another process has the lock. shared: together with other
 * shared locks. Returns 0 or -errno; only -EWOULDBLOCK means that another process has the lock.
 * The lock ends with the last descriptor of the open file. */
int lockfile_take(int fd, bool shared);

#endif
