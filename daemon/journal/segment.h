/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a journal's directory: their names, and how a segment begins.
 *
 *   log-N       a segment: records, then zeros; N counts from 1
 *   snapshot-N  the state at the beginning of segment N, which makes all earlier segments useless
 *   log-N.unread-K  unreadable bytes found after the end of the log, kept for a person to examine
 *   watermark   how far the log reached (watermark.h)
 *   journal.lock  locked by the one process that uses the directory
 *   ballast     reserved disk space, given up when there is no other
 *   *.new       an unfinished file: useless */
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

/* The payload of a segment's first record. */
struct segment_head {
    uint64_t format;
    uint64_t data_id;    /* id of the data: new at its creation and restoration */
    uint64_t before_end; /* where the records of the previous segment end; 0: there is none */
    uint64_t bytes;      /* size of the file when it was created */
};

/* Where to append to the log; known after recovery. */
struct position {
    uint64_t data_id;
    uint64_t segment;        /* segment of the next record, */
    uint64_t offset;         /* ... and its offset; 0: the segment has not begun */
    uint64_t before_end;     /* for the head of a segment that has not begun */
    uint64_t sequence;       /* number of the last record */
    uint32_t checksum;       /* checksum of the last record */
    uint64_t revision;       /* revision of the last command */
    uint64_t snapshot;       /* number of the newest snapshot; 0: none */
    uint64_t snapshot_bytes; /* size of that snapshot */
    uint64_t log_bytes;      /* bytes in the segments after it */
    uint64_t segment_bytes;  /* size of the current segment */
};

void file_name(const char *prefix, uint64_t number, char name[40]);
/* False: the name has another form. */
bool file_number(const char *name, const char *prefix, uint64_t *number);
void segment_head_put(const struct segment_head *head, uint8_t payload[SEGMENT_HEAD]);
bool segment_head_read(struct bytes payload, struct segment_head *head);
/* Creates a file of zeros, synced together with its name. Returns 0, or -errno with nothing
 * left. pause is called between two slices, with the bytes written so far. */
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
