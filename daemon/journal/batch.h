/* SPDX-License-Identifier: BSD-2-Clause */
/* A batch: records not written yet, each payload after room for its header. */
#ifndef JOURNAL_BATCH_H
#define JOURNAL_BATCH_H

#include "daemon/journal/command.h"
#include "daemon/journal/record.h"
#include "wire/base/buf.h"

enum { BATCH_RECORD = 1 << 20 }; /* a record is closed by the command that reaches this size */

struct batch {
    struct buf data;
    size_t open;              /* start of the record that takes more commands; SIZE_MAX: none */
    struct command_seen seen; /* state of the encoder in that record */
    uint64_t first;           /* revision of that record's first command */
    uint64_t last;            /* revision of the batch's last command */
};

void batch_init(struct batch *batch);
void batch_reset(struct batch *batch);
void batch_free(struct batch *batch);
static inline bool batch_empty(const struct batch *batch)
{
    return batch->data.len == 0;
}
/* Reserves room for a payload of this size in any record. */
bool batch_reserve(struct batch *batch, size_t bytes) __attribute__((warn_unused_result));
/* Where the next command goes (by command_put with batch->seen), with the revisions it took. */
struct buf *batch_put(struct batch *batch, uint64_t first, uint64_t last);
/* Appends a record of its own. */
void batch_put_record(struct batch *batch, enum record_kind kind, struct bytes payload);
/* Closes the open record. */
void batch_close(struct batch *batch);
/* Reads the record at *at, still without numbers and checksums; moves *at past it. False: no
 * more. */
bool batch_next(const struct batch *batch, size_t *at, struct record *record);

#endif
