/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the log: records go here, to the segment that is written and then to the next one.
 * Used by the journal's thread alone. */
#ifndef JOURNAL_WRITER_H
#define JOURNAL_WRITER_H

#include "daemon/journal/batch.h"
#include "daemon/journal/format.h"
#include "daemon/journal/spare.h"
#include "daemon/journal/watermark.h"

struct log_writer {
    struct io *io;
    int dir;
    struct spare *spare; /* owned */
    struct io_file file; /* the segment */
    struct watermark_file mark;
    bool to_note; /* the next sync is to be told by the watermark */
    bool stopped; /* the last record says that the daemon ended in order */
    struct position position;
    uint64_t synced;  /* sequence of the last record that is on the disk */
    uint64_t written; /* bytes of records, since it was opened */
};

/* False: no memory, or no file. */
bool log_writer_open(struct log_writer *writer, struct io *io, int dir,
                     const struct position *position, uint64_t segment_bytes);
void log_writer_close(struct log_writer *writer);
/* Writes the batch; it is on the disk after log_sync. An error of the disk ends the process. */
void log_write_batch(struct log_writer *writer, struct batch *batch);
void log_sync(struct log_writer *writer);
/* Begins the next segment. */
void log_next_segment(struct log_writer *writer);

/* Ends the process: what a disk lost must not be acknowledged, and trying again proves nothing. */
_Noreturn void journal_fatal(const char *name, int error);

#endif
