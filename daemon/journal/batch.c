/* SPDX-License-Identifier: BSD-2-Clause */
/* Gathers commands into records, whose headers are drafts until the records are written. */
#include "daemon/journal/batch.h"

/* Stored in the room for the header until then. */
struct draft {
    enum record_kind kind;
    uint32_t len;
    uint64_t first, last;
};

_Static_assert(sizeof(struct draft) <= RECORD_HEADER, "a draft stands where the header will");

void batch_init(struct batch *batch)
{
    buf_init(&batch->data);
    batch_reset(batch);
}

void batch_reset(struct batch *batch)
{
    buf_reset(&batch->data, 4 * BATCH_RECORD);
    batch->open = SIZE_MAX;
    batch->first = batch->last = 0;
}

void batch_free(struct batch *batch)
{
    buf_free(&batch->data);
}

bool batch_reserve(struct batch *batch, size_t bytes)
{
    bool room = buf_reserve(&batch->data, bytes + 2 * (RECORD_HEADER + RECORD_ALIGN)) != NULL;
    batch->data.failed = false; /* refuses one command; those already in the batch are still good */
    return room;
}

static void begin(struct batch *batch, uint64_t first)
{
    static const uint8_t room[RECORD_HEADER];
    batch->open = batch->data.len;
    batch->first = first;
    batch->seen = (struct command_seen){0};
    buf_put(&batch->data, room, sizeof room);
}

static void close_as(struct batch *batch, enum record_kind kind, uint64_t last)
{
    static const uint8_t zeros[RECORD_ALIGN];
    struct draft draft = {
        .kind = kind,
        .len = (uint32_t)(batch->data.len - batch->open - RECORD_HEADER),
        .first = batch->first,
        .last = last,
    };
    if (batch->data.failed)
        return; /* the caller sees data.failed and does not go on */
    memcpy(batch->data.data + batch->open, &draft, sizeof draft);
    buf_put(&batch->data, zeros, record_size(draft.len) - RECORD_HEADER - draft.len);
    batch->open = SIZE_MAX;
}

void batch_close(struct batch *batch)
{
    if (batch->open != SIZE_MAX)
        close_as(batch, RECORD_COMMANDS, batch->last);
}

struct buf *batch_put(struct batch *batch, uint64_t first, uint64_t last)
{
    if (batch->open != SIZE_MAX && batch->data.len - batch->open > BATCH_RECORD)
        batch_close(batch);
    if (batch->open == SIZE_MAX)
        begin(batch, first);
    batch->last = last;
    return &batch->data;
}

void batch_put_record(struct batch *batch, enum record_kind kind, struct bytes payload)
{
    batch_close(batch);
    begin(batch, 0);
    buf_put_bytes(&batch->data, payload);
    close_as(batch, kind, 0);
}

bool batch_next(const struct batch *batch, size_t *at, struct record *record)
{
    struct draft draft;
    if (*at >= batch->data.len)
        return false;
    memcpy(&draft, batch->data.data + *at, sizeof draft);
    *record = (struct record){
        .kind = draft.kind,
        .first = draft.first,
        .last = draft.last,
        .payload = bytes_of(batch->data.data + *at + RECORD_HEADER, draft.len),
    };
    *at += record_size(draft.len);
    return true;
}
