/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that are not written yet: their payloads, each behind room for its header. */
#ifndef JOURNAL_BATCH_H
#define JOURNAL_BATCH_H

#include "daemon/journal/command.h"
#include "daemon/journal/record.h"
#include "wire/base/buf.h"

enum { BATCH_RECORD = 1 << 20 }; /* a record is cut at the first command behind so many bytes */

struct batch {
    struct buf data;
    size_t open;              /* where the record that takes more commands begins; SIZE_MAX: none */
    struct command_seen seen; /* in that record */
    uint64_t first;           /* revision of its first command */
    uint64_t last;            /* of the last one of all */
};

void batch_init(struct batch *batch);
void batch_reset(struct batch *batch);
void batch_free(struct batch *batch);
static inline bool batch_empty(const struct batch *batch)
{
    return batch->data.len == 0;
}
/* Room for so many bytes of payload, wherever they go. */
bool batch_reserve(struct batch *batch, size_t bytes) __attribute__((warn_unused_result));
/* Where the next command goes (command_put with batch->seen), with its revisions. */
struct buf *batch_put(struct batch *batch, uint64_t first, uint64_t last);
/* A record of its own. */
void batch_put_record(struct batch *batch, enum record_kind kind, struct bytes payload);
/* No more goes into the last record. */
void batch_close(struct batch *batch);
/* The record at *at, without numbers and checksums; moves *at behind it. False: there is none. */
bool batch_next(const struct batch *batch, size_t *at, struct record *record);

#endif
