/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes records to segments. */
#include "daemon/journal/wal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

_Noreturn void journal_fatal(const char *name, int error)
{
    char text[256];
    int n = snprintf(text, sizeof text,
                     "mgrd: journal: %s: %s; unacknowledged changes may be lost, stopping\n", name,
                     strerror(-error));
    struct pollfd room = {STDERR_FILENO, POLLOUT, 0}; /* a full pipe would block */
    if (poll(&room, 1, 0) == 1 && write(STDERR_FILENO, text, (size_t)n) != n)
        _exit(EX_IOERR);
    _exit(EX_IOERR);
}

static void failed(const char *name, int error)
{
    journal_fatal(name, error);
}

static void must(const struct wal *writer, int error)
{
    if (error != 0)
        journal_fatal(writer->file.name, error);
}

static void close_files(struct wal *writer)
{
    io_close(&writer->file);
    watermark_close(&writer->mark);
}

/* Recovery may have read data that the previous process wrote and never synced. Sync it before the
 * daemon shows it to a client, and before a record says that it is on the disk. */
static int settle(struct io *io, int dir, const struct position *position)
{
    char name[40];
    struct io_file file = {.fd = -1};
    file_name(SEGMENT_NAME, position->segment - (position->offset == 0), name);
    int error = io_open(io, dir, name, &file);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    error = io_sync(io, &file);
    io_close(&file);
    return error;
}

/* Writes the watermark; everything written so far is on the disk. */
static int note(struct wal *writer)
{
    const struct position *position = &writer->position;
    writer->to_note = false;
    return watermark_put(&writer->mark, &(struct watermark){.data_id = position->data_id,
                                                            .segment = position->segment,
                                                            .sequence = position->sequence,
                                                            .revision = position->revision,
                                                            .stopped = writer->stopped});
}

/* Opens the files to write to, and records how far recovery came. */
static int open_files(struct wal *writer)
{
    const struct position *position = &writer->position;
    char name[40];
    int error = settle(writer->io, writer->dir, position);
    if (error == 0)
        error = watermark_open(&writer->mark, writer->io, writer->dir);
    if (error != 0 || position->offset == 0)
        return error;
    file_name(SEGMENT_NAME, position->segment, name);
    error = note(writer);
    return error == 0 ? io_open(writer->io, writer->dir, name, &writer->file) : error;
}

bool wal_open(struct wal *writer, struct io *io, int dir, const struct position *position,
              uint64_t segment_bytes)
{
    bool begun = position->offset != 0;
    *writer = (struct wal){.io = io,
                           .dir = dir,
                           .file = {.fd = -1},
                           .mark.file = {.fd = -1},
                           .position = *position,
                           .synced = position->sequence};
    int error = open_files(writer);
    if (error != 0) {
        close_files(writer);
        errno = -error;
        return false;
    }
    writer->spare =
        segment_prepare_new(&(struct segment_prepare_options){.io = io,
                                                              .dir = dir,
                                                              .number = position->segment + begun,
                                                              .bytes = segment_bytes,
                                                              .failed = failed});
    if (writer->spare == NULL)
        close_files(writer);
    if (!begun)
        writer->position.segment_bytes = segment_bytes;
    return writer->spare != NULL;
}

void wal_close(struct wal *writer)
{
    segment_prepare_free(writer->spare);
    close_files(writer);
}

void wal_sync(struct wal *writer)
{
    if (writer->file.fd >= 0 && writer->synced != writer->position.sequence)
        must(writer, io_sync(writer->io, &writer->file));
    writer->synced = writer->position.sequence;
    int error = writer->to_note ? note(writer) : 0;
    if (error != 0)
        journal_fatal(WATERMARK_NAME, error);
}

/* Chains the record to its predecessor: numbers and checksum. */
static void seal(struct wal *writer, struct record *record, uint8_t *to)
{
    struct position *position = &writer->position;
    record->segment = position->segment;
    record->sequence = ++position->sequence;
    record->synced = writer->synced;
    record->previous = position->checksum;
    record_seal(record, to);
    position->checksum = record->checksum;
}

static void append(struct wal *writer, const uint8_t *data, size_t len)
{
    if (len == 0)
        return;
    must(writer, io_write(writer->io, &writer->file, writer->position.offset, data, len));
    writer->position.offset += len;
    writer->written += len;
}

static void write_head(struct wal *writer)
{
    uint8_t bytes[RECORD_HEADER + SEGMENT_HEAD];
    struct segment_head head = {JOURNAL_FORMAT, writer->position.data_id,
                                writer->position.before_end, writer->position.segment_bytes};
    struct record record = {.kind = RECORD_HEAD,
                            .payload = bytes_of(bytes + RECORD_HEADER, SEGMENT_HEAD)};
    segment_head_put(&head, bytes + RECORD_HEADER);
    seal(writer, &record, bytes);
    append(writer, bytes, sizeof bytes);
    writer->to_note = true;
}

void wal_next_segment(struct wal *writer)
{
    struct position *position = &writer->position;
    wal_sync(writer);
    io_close(&writer->file);
    if (position->offset != 0)
        position->before_end = position->offset;
    segment_prepare_take(writer->spare, &writer->file, &position->segment);
    position->offset = 0;
    write_head(writer);
    wal_sync(writer); /* sync the head first: records after it can be missed only if it is there */
}

static bool fits(const struct wal *writer, size_t bytes)
{
    const struct position *position = &writer->position;
    return position->offset != 0 && position->offset + bytes <= position->segment_bytes;
}

void wal_write_batch(struct wal *writer, struct batch *batch)
{
    struct record record;
    size_t from = 0, at = 0, end = 0;
    while (batch_next(batch, &end, &record)) {
        if (!fits(writer, end - from)) {
            append(writer, batch->data.data + from, at - from);
            from = at;
            wal_next_segment(writer);
        }
        seal(writer, &record, batch->data.data + at);
        if (record.last != 0)
            writer->position.revision = record.last;
        writer->stopped = record.kind == RECORD_STOP;
        writer->to_note |= writer->stopped;
        at = end;
    }
    append(writer, batch->data.data + from, at - from);
    segment_prepare_pace(writer->spare, writer->position.offset);
}
