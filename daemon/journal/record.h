/* SPDX-License-Identifier: BSD-2-Clause */
/* A record of the log: a header that describes it, then its payload.
 *
 * Each record has the checksum of its predecessor, so that records cannot be dropped or mixed
 * unseen, and the number of the last record that was on the disk when it was written. So an
 * unreadable record is damage if a later record says that it was on the disk, and otherwise a
 * write that a crash cut off. All numbers are little endian. */
#ifndef JOURNAL_RECORD_H
#define JOURNAL_RECORD_H

#include "wire/base/bytes.h"

enum { RECORD_HEADER = 64, RECORD_ALIGN = 8 };

enum record_kind {
    RECORD_HEAD = 1,  /* first record of a segment: struct segment_head */
    RECORD_COMMANDS,  /* commands, one after another (command.h) */
    RECORD_STOP,      /* orderly shutdown; payload: SHA-256 of the state */
    RECORD_WATERMARK, /* not in the log: used by watermark.h */
};

struct record {
    enum record_kind kind;
    uint64_t segment;     /* number of its segment */
    uint64_t sequence;    /* number in the whole log, from 1 */
    uint64_t synced;      /* the last record known to be on the disk at that time */
    uint64_t first, last; /* first and last revision of its commands; 0: none */
    uint32_t previous;    /* checksum of the preceding record */
    uint32_t checksum;    /* checksum of the record without this field */
    struct bytes payload;
};

/* Size of a record with a payload of this size. */
size_t record_size(size_t payload);
/* Writes the header before the payload, which stands at to + RECORD_HEADER, and zeros after it
 * as padding; sets record->checksum. */
void record_seal(struct record *record, uint8_t *to);
/* Reads the record at the start of the run, of any segment. False: no complete, undamaged record
 * is there. The payload borrows. */
bool record_read(struct bytes run, struct record *record);

#endif
