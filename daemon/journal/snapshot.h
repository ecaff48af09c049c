/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot: a file with the whole state of one moment. Recovery starts from it, and a backup
 * consists of it.
 *
 * It has a header, the state as engine_save writes it, a checksum for each 64 KiB, and a footer. */
#ifndef JOURNAL_SNAPSHOT_H
#define JOURNAL_SNAPSHOT_H

#include "daemon/engine/engine.h"
#include "daemon/journal/format.h"
#include "daemon/journal/segment.h"
#include "wire/base/buf.h"

enum { SNAPSHOT_HEADER = 128, SNAPSHOT_FOOTER = 64 };

/* The header and footer of a snapshot. */
struct snapshot {
    uint64_t format, version; /* format of the file; behaviour version of the state */
    uint64_t data_id;
    uint64_t segment;  /* the segment that begins with this state */
    uint64_t sequence; /* number of the last record before it */
    uint32_t checksum; /* checksum of that record */
    uint64_t revision;
    uint64_t before_end;  /* where the previous segment ended */
    uint64_t state_bytes; /* in the footer: size of the state */
    uint8_t digest[32];   /* in the footer: SHA-256 of the state */
};

/* Size of the name that a snapshot has while it is written. */
enum { SNAPSHOT_UNFINISHED = 48 };
void snapshot_unfinished(uint64_t number, char name[SNAPSHOT_UNFINISHED]);
/* Writes and syncs a file of that name. 0, or -errno with nothing left. */
int snapshot_write(struct io *io, int dir, const struct snapshot *snapshot,
                   const struct engine *engine);
/* Gives a snapshot that was checked its final name. 0, or -errno. */
int snapshot_adopt(struct io *io, int dir, uint64_t number);
/* Loads a complete and undamaged snapshot into a new engine. engine NULL: only checks the file.
 * False: why tells what is wrong, and where. */
bool snapshot_load(int dir, const char *name, struct snapshot *snapshot, struct engine *engine,
                   struct buf *why);
/* The segment number in a snapshot's header; 0: not a header that this mgrd reads. */
uint64_t snapshot_number(struct bytes header);
/* Encodes the header alone, for a file that moves, or whose data gets another id. */
void snapshot_put_header(const struct snapshot *snapshot, uint8_t header[SNAPSHOT_HEADER]);

#endif
