/* SPDX-License-Identifier: BSD-2-Clause */
/* Segment files: names, heads, and files prefilled with zeros. Overwriting written blocks
 * changes no metadata of the file system, which halves the time of a sync. */
#include "daemon/journal/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"

enum { SLICE = 256 * 1024, NUMBER_DIGITS = 12 };

void file_name(const char *prefix, uint64_t number, char name[40])
{
    snprintf(name, 40, "%s%0*" PRIu64, prefix, NUMBER_DIGITS, number);
}

bool file_number(const char *name, const char *prefix, uint64_t *number)
{
    char again[40], *end;
    size_t len = strlen(prefix);
    if (strncmp(name, prefix, len) != 0)
        return false;
    *number = strtoull(name + len, &end, 10);
    file_name(prefix, *number, again);
    return *number > 0 && *end == '\0' && strcmp(again, name) == 0;
}

static void put(void *arg, const void *data, size_t len)
{
    uint8_t **at = arg;
    memcpy(*at, data, len);
    *at += len;
}

void segment_head_put(const struct segment_head *head, uint8_t payload[SEGMENT_HEAD])
{
    uint8_t *at = payload;
    struct writer out = {put, &at};
    writer_u64(&out, head->format);
    writer_u64(&out, head->data_id);
    writer_u64(&out, head->before_end);
    writer_u64(&out, head->bytes);
}

bool segment_head_read(struct bytes payload, struct segment_head *head)
{
    struct reader in = {.at = payload.data, .end = payload.data + payload.len};
    head->format = reader_u64(&in);
    head->data_id = reader_u64(&in);
    head->before_end = reader_u64(&in);
    head->bytes = reader_u64(&in);
    return reader_ok(&in);
}

/* Writes the zeros to the disk in slices, so that no other sync has to wait for all of them. */
static int fill(const struct zeros *zeros, struct io_file *file)
{
    uint8_t *slice = calloc(1, SLICE);
    int error = slice == NULL ? -ENOMEM : 0;
    for (uint64_t at = 0; error == 0 && at < zeros->bytes; at += SLICE) {
        size_t len = zeros->bytes - at < SLICE ? (size_t)(zeros->bytes - at) : SLICE;
        error = io_write(zeros->io, file, at, slice, len);
        if (error == 0)
            io_push(file, at, len);
        zeros->pause(zeros->arg, at + len);
    }
    free(slice);
    return error;
}

int zeros_create(const struct zeros *zeros, struct io_file *file)
{
    int error = io_create(zeros->io, zeros->dir, zeros->name, file);
    if (error == 0)
        error = fill(zeros, file);
    if (error == 0)
        error = io_sync(zeros->io, file);
    if (error == 0)
        error = io_sync_dir(zeros->io, zeros->dir);
    if (error != 0 && file->fd >= 0) {
        io_close(file);
        (void)io_unlink(zeros->io, zeros->dir, zeros->name);
    }
    return error;
}
