/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the log: records go here, to the segment that is written and then to the next one.
 * Used by the journal's thread alone. */
#ifndef JOURNAL_WAL_H
#define JOURNAL_WAL_H

#include "daemon/journal/batch.h"
#include "daemon/journal/format.h"
#include "daemon/journal/segment_prepare.h"
#include "daemon/journal/watermark.h"

struct wal {
    struct io *io;
    int dir;
    struct segment_prepare *spare; /* owned */
    struct io_file file;           /* the segment */
    struct watermark_file mark;
    bool to_note; /* the next sync is to be told by the watermark */
    bool stopped; /* the last record says that the daemon ended in order */
    struct position position;
    uint64_t synced;  /* sequence of the last record that is on the disk */
    uint64_t written; /* bytes of records, since it was opened */
};

/* False: no memory, or no file. */
bool wal_open(struct wal *writer, struct io *io, int dir, const struct position *position,
              uint64_t segment_bytes);
void wal_close(struct wal *writer);
/* Writes the batch; it is on the disk after wal_sync. An error of the disk ends the process. */
void wal_write_batch(struct wal *writer, struct batch *batch);
void wal_sync(struct wal *writer);
/* Begins the next segment. */
void wal_next_segment(struct wal *writer);

/* Ends the process: what a disk lost must not be acknowledged, and trying again proves nothing. */
_Noreturn void journal_fatal(const char *name, int error);

#endif
