/* SPDX-License-Identifier: BSD-2-Clause */
/* How far the log reached, noted outside of it: whatever becomes of the last segment later, records
 * up to here were there, and must be found again.
 *
 * It is written when a segment has begun, when recovery is done and when the daemon ends in order,
 * each time after what it tells of is on the disk: so the log may reach further, never less far.
 * Two places in one file are written in turns, in room that is there already: a write that is cut
 * off leaves the other one, and a full disk is no obstacle. */
#ifndef JOURNAL_WATERMARK_H
#define JOURNAL_WATERMARK_H

#include "daemon/journal/segment.h"

struct watermark {
    uint64_t data_id;
    uint64_t segment;  /* of the last record */
    uint64_t sequence; /* of that; 0: nothing is noted */
    uint64_t revision; /* of the last command */
    bool stopped;      /* the daemon ended in order behind it */
    bool half;         /* the other place cannot be read: it may have been the later one */
};

/* The file, for writing. */
struct watermark_file {
    struct io *io;
    struct io_file file; /* owned */
    unsigned next;       /* the place that is written next */
};

/* What is noted in a directory. 0, or -errno; -EBADMSG: it is damaged. */
int watermark_read(int dir, struct watermark *mark);
/* Makes the file if there is none. 0, or -errno. */
int watermark_open(struct watermark_file *to, struct io *io, int dir);
/* On the disk when it returns. 0, or -errno. */
int watermark_put(struct watermark_file *to, const struct watermark *mark);
void watermark_close(struct watermark_file *to);

#endif
