/* SPDX-License-Identifier: BSD-2-Clause */
/* The watermark: how far the log reached, recorded outside of the log. Whatever happens to the last
 * segment later, recovery must find the records up to here.
 *
 * It is written when a segment begins, after recovery and at an orderly shutdown, each time
 * after what it names is on the disk: so the log may reach further than the watermark, but never
 * less far. Two places in one file are written in turn, in room that exists already: a torn
 * write leaves the other place intact, and a full disk does no harm. */
#ifndef JOURNAL_WATERMARK_H
#define JOURNAL_WATERMARK_H

#include "daemon/journal/segment.h"

struct watermark {
    uint64_t data_id;
    uint64_t segment;  /* segment of the last record */
    uint64_t sequence; /* number of the last record; 0: nothing is recorded */
    uint64_t revision; /* revision of the last command */
    bool stopped;      /* an orderly shutdown follows it */
    bool half;         /* the other place cannot be read: it may have been the later one */
};

/* The file, opened for writing. */
struct watermark_file {
    struct io *io;
    struct io_file file; /* owned */
    unsigned next;       /* the place to write next */
};

/* Reads the watermark of a directory. 0, or -errno; -EBADMSG: damaged. */
int watermark_read(int dir, struct watermark *mark);
/* Opens the file, or creates it. 0, or -errno. */
int watermark_open(struct watermark_file *to, struct io *io, int dir);
/* Durable when it returns. 0, or -errno. */
int watermark_put(struct watermark_file *to, const struct watermark *mark);
void watermark_close(struct watermark_file *to);

#endif
