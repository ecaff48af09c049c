/* SPDX-License-Identifier: BSD-2-Clause */
/* One record of the log: a header that says what it is, then its payload.
 *
 * Each record carries the checksum of the one before, so records cannot be left out or mixed, and
 * the number of the last record that was on the disk when it was written: a record that cannot be
 * read is damage when a later one says that it was there, and else a write that was cut off by a
 * crash. All numbers are little endian. */
#ifndef JOURNAL_RECORD_H
#define JOURNAL_RECORD_H

#include "wire/base/bytes.h"

enum { RECORD_HEADER = 64, RECORD_ALIGN = 8 };

enum record_kind {
    RECORD_HEAD = 1,  /* the first of a segment: struct segment_head */
    RECORD_COMMANDS,  /* commands, one behind the other (command.h) */
    RECORD_STOP,      /* the daemon ended in order; payload: SHA-256 of the state */
    RECORD_WATERMARK, /* not of the log: watermark.h */
};

struct record {
    enum record_kind kind;
    uint64_t segment;     /* that it belongs to */
    uint64_t sequence;    /* counts all records of the log from 1 */
    uint64_t synced;      /* sequence of the last one that was on the disk before it */
    uint64_t first, last; /* revisions that its commands took; 0: none */
    uint32_t previous;    /* checksum of the record before */
    uint32_t checksum;    /* of all of it but this */
    struct bytes payload;
};

/* Bytes that a record with so much payload takes. */
size_t record_size(size_t payload);
/* Writes the header in front of the payload that stands at to + RECORD_HEADER, and zeros behind it;
 * fills in record->checksum. */
void record_seal(struct record *record, uint8_t *to);
/* Reads the record that begins at the run's start, if a whole and undamaged one is there, of
 * whatever segment; payload borrows. */
bool record_read(struct bytes run, struct record *record);

#endif
