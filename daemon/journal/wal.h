/* SPDX-License-Identifier: BSD-2-Clause */
/* The write-ahead log: appends records to the current segment, then to the next one. Used only
 * by the journal's thread. */
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
    struct io_file file;           /* the current segment */
    struct watermark_file mark;
    bool to_note; /* the next sync must update the watermark */
    bool stopped; /* the last record is an orderly shutdown */
    struct position position;
    uint64_t synced;  /* number of the last record on the disk */
    uint64_t written; /* bytes of records since the log was opened */
};

/* False: no memory, or a file cannot be opened. */
bool wal_open(struct wal *writer, struct io *io, int dir, const struct position *position,
              uint64_t segment_bytes);
void wal_close(struct wal *writer);
/* Writes the batch; wal_sync makes it durable. An error of the disk ends the process. */
void wal_write_batch(struct wal *writer, struct batch *batch);
void wal_sync(struct wal *writer);
/* Starts the next segment. */
void wal_next_segment(struct wal *writer);

/* Ends the process: what the disk may have lost must not be acknowledged, and a retry would
 * prove nothing. */
_Noreturn void journal_fatal(const char *name, int error);

#endif
