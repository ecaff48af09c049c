/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a journal's directory: their names, and how a segment begins.
 *
 *   log-N       a segment: records, then zeros; N counts from 1
 *   snapshot-N  the state in which segment N begins; all segments before it are of no use any more
 *   log-N.unread-K  what was found behind the end of the log and could not be read
 *   watermark   how far the log reached (watermark.h)
 *   journal.lock  locked by the one process that uses them
 *   ballast     room on the disk that is given up when there is no other
 *   *.new       a file that was not finished: of no use */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include "daemon/journal/io.h"
#include "daemon/journal/record.h"

enum { SEGMENT_HEAD = 32 };

#define SEGMENT_NAME   "log-"
#define SNAPSHOT_NAME  "snapshot-"
#define BALLAST_NAME   "ballast"
#define UNREAD_NAME    ".unread-"
#define WATERMARK_NAME "watermark"
#define LOCK_NAME      "journal.lock"

/* Payload of a segment's first record. */
struct segment_head {
    uint64_t format;
    uint64_t data_id;    /* names the data: drawn when it began, or was restored from a backup */
    uint64_t before_end; /* where the records of the segment before it end; 0: there is none */
    uint64_t bytes;      /* the size that the file was made with */
};

/* Where the log goes on: known after recovery. */
struct position {
    uint64_t data_id;
    uint64_t segment;        /* that the next record goes to, */
    uint64_t offset;         /* ... here; 0: it has not begun */
    uint64_t before_end;     /* for its head, when it has not begun */
    uint64_t sequence;       /* of the last record */
    uint32_t checksum;       /* of the last record */
    uint64_t revision;       /* of the last command */
    uint64_t snapshot;       /* the newest; 0: none */
    uint64_t snapshot_bytes; /* its size */
    uint64_t log_bytes;      /* in the segments after it */
    uint64_t segment_bytes;  /* size of the segment that it goes on in */
};

void file_name(const char *prefix, uint64_t number, char name[40]);
/* False: it is not such a name. */
bool file_number(const char *name, const char *prefix, uint64_t *number);
void segment_head_put(const struct segment_head *head, uint8_t payload[SEGMENT_HEAD]);
bool segment_head_read(struct bytes payload, struct segment_head *head);
/* A new file of that many zeros, on the disk with its name. 0, or -errno; then nothing is left.
 * pause is called between two slices, with the bytes that were written so far. */
struct zeros {
    struct io *io;
    int dir;
    const char *name;
    uint64_t bytes;
    void (*pause)(void *arg, uint64_t written);
    void *arg;
};
int zeros_create(const struct zeros *zeros, struct io_file *file);

#endif
