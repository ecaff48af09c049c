/* SPDX-License-Identifier: BSD-2-Clause */
/* A file with the whole state of one moment: what recovery begins with, and what a backup is.
 *
 * A header, the state as engine_save writes it, a checksum for each 64 KiB of it, a footer. */
#ifndef JOURNAL_SNAPSHOT_H
#define JOURNAL_SNAPSHOT_H

#include "daemon/engine/engine.h"
#include "daemon/journal/format.h"
#include "daemon/journal/segment.h"
#include "wire/base/buf.h"

enum { SNAPSHOT_HEADER = 128, SNAPSHOT_FOOTER = 64 };

/* What stands in the header. */
struct snapshot {
    uint64_t format, version; /* of the file; behaviour version of the state */
    uint64_t data_id;
    uint64_t segment;  /* that begins with this state */
    uint64_t sequence; /* of the last record before it */
    uint32_t checksum; /* of that record */
    uint64_t revision;
    uint64_t before_end;  /* where the segment before it ended */
    uint64_t state_bytes; /* of the footer: how much engine_save wrote */
    uint8_t digest[32];   /* of the footer: SHA-256 of that */
};

/* The name of a snapshot while it is written. */
enum { SNAPSHOT_UNFINISHED = 48 };
void snapshot_unfinished(uint64_t number, char name[SNAPSHOT_UNFINISHED]);
/* Writes a file of that name and syncs it. 0, or -errno; then nothing is left. */
int snapshot_write(struct io *io, int dir, const struct snapshot *snapshot,
                   const struct engine *engine);
/* What was written, and was found to be readable, takes its own name. 0, or -errno. */
int snapshot_adopt(struct io *io, int dir, uint64_t number);
/* Loads one that is complete and undamaged into a new engine. engine NULL: only looks at all of it.
 * False: why says what is wrong, and where. */
bool snapshot_load(int dir, const char *name, struct snapshot *snapshot, struct engine *engine,
                   struct buf *why);
/* Whose header this is; 0: of none that this mgrd reads. */
uint64_t snapshot_number(struct bytes header);
/* The header alone, for a file that gets another place or another name for its data. */
void snapshot_put_header(const struct snapshot *snapshot, uint8_t header[SNAPSHOT_HEADER]);

#endif
