/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a lock on a file or directory, as one mgrd does to keep others out. */
#ifndef JOURNAL_LOCKFILE_H
#define JOURNAL_LOCKFILE_H

#include <stdbool.h>

/* Blocks for a second at most when another process has it. shared: beside others who share it.
 * Gives 0, or -errno; only -EWOULDBLOCK means that another process has it. It is let go with the
 * last descriptor of the open file. */
int lockfile_take(int fd, bool shared);

#endif
