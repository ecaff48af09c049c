/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files a journal has. */
#ifndef JOURNAL_DIRECTORY_H
#define JOURNAL_DIRECTORY_H

#include "daemon/journal/segment.h"
#include "wire/base/buf.h"

struct directory {
    uint64_t snapshot;    /* number of the newest snapshot; 0: none */
    uint64_t first, last; /* segments from the snapshot on; 0: none */
    uint64_t missing;     /* a missing segment between first and last; 0: none */
};

/* 0, or -errno. */
int directory_list(int dir, struct directory *directory);
/* Removes unfinished files, and files that a newer snapshot makes useless. 0, or -errno. gently:
 * little by little, because a file system may stall every process while it tells its disk what
 * was freed. */
int directory_tidy(struct io *io, int dir, uint64_t snapshot, bool gently);

#endif
