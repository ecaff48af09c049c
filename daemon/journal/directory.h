/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files of a journal are there. */
#ifndef JOURNAL_DIRECTORY_H
#define JOURNAL_DIRECTORY_H

#include "daemon/journal/segment.h"
#include "wire/base/buf.h"

struct directory {
    uint64_t snapshot;    /* the newest; 0: none */
    uint64_t first, last; /* segments, of those from the snapshot on; 0: none */
    uint64_t missing;     /* a segment between them that is not there; 0: none */
};

/* 0, or -errno. */
int directory_list(int dir, struct directory *directory);
/* Removes unfinished files, and what a newer snapshot made useless. 0, or -errno. gently: little by
 * little, since a file system that tells its disk what it has freed may stall everybody for as long
 * as the disk thinks about that. */
int directory_tidy(struct io *io, int dir, uint64_t snapshot, bool gently);

#endif
