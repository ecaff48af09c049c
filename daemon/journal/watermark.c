/* SPDX-License-Identifier: BSD-2-Clause */
/* A file with two places, each for one record. */
#include "daemon/journal/watermark.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"

enum {
    PLACES = 2,
    PLACE = 4096, /* larger than any torn write, which so spares the other place */
    PAYLOAD = 16, /* data_id, stopped */
    NOTE = RECORD_HEADER + PAYLOAD,
};

static void put(void *arg, const void *data, size_t len)
{
    uint8_t **at = arg;
    memcpy(*at, data, len);
    *at += len;
}

static bool read_place(const uint8_t place[PLACE], struct watermark *mark)
{
    struct record record;
    *mark = (struct watermark){.sequence = 0};
    if (!record_read(bytes_of(place, PLACE), &record) || record.kind != RECORD_WATERMARK)
        return false;
    struct reader in = {.at = record.payload.data, .end = record.payload.data + record.payload.len};
    mark->data_id = reader_u64(&in);
    mark->stopped = reader_bool(&in);
    mark->segment = record.segment;
    mark->sequence = record.sequence;
    mark->revision = record.last;
    return reader_ok(&in);
}

/* Reads the later record in the file and returns its place. *damaged: neither record can be
 * read, though something was written to both. */
static unsigned latest(const uint8_t file[PLACES][PLACE], struct watermark *mark, bool *damaged)
{
    unsigned place = PLACES - 1, unreadable = 0;
    *mark = (struct watermark){.sequence = 0};
    for (unsigned i = 0; i < PLACES; i++) {
        struct watermark here;
        if (!read_place(file[i], &here)) {
            unreadable += !bytes_all_zeros(bytes_of(file[i], PLACE));
        } else if (here.sequence > mark->sequence ||
                   (here.sequence == mark->sequence && here.stopped)) {
            *mark = here;
            place = i;
        }
    }
    mark->half = unreadable > 0;
    *damaged = unreadable == PLACES;
    return place;
}

/* Reads what is there, and fills the rest with zeros. 0, or -errno. */
static int read_file(int fd, uint8_t file[PLACES][PLACE], size_t *len)
{
    memset(file, 0, (size_t)PLACES * PLACE);
    ssize_t n = pread(fd, file, (size_t)PLACES * PLACE, 0);
    *len = n < 0 ? 0 : (size_t)n;
    return n < 0 ? -errno : 0;
}

int watermark_read(int dir, struct watermark *mark)
{
    uint8_t file[PLACES][PLACE];
    size_t len;
    bool damaged = false;
    *mark = (struct watermark){.sequence = 0};
    int fd = openat(dir, WATERMARK_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    int error = read_file(fd, file, &len);
    close(fd);
    if (error == 0)
        (void)latest((const uint8_t(*)[PLACE])file, mark, &damaged);
    return damaged ? -EBADMSG : error;
}

/* Creates the file with two places of zeros, synced together with its name. */
static int create(struct watermark_file *to, int dir)
{
    static const uint8_t zeros[PLACES * PLACE];
    int error = io_create(to->io, dir, WATERMARK_NAME, &to->file);
    if (error == 0)
        error = io_write(to->io, &to->file, 0, zeros, sizeof zeros);
    if (error == 0)
        error = io_sync(to->io, &to->file);
    return error == 0 ? io_sync_dir(to->io, dir) : error;
}

int watermark_open(struct watermark_file *to, struct io *io, int dir)
{
    uint8_t file[PLACES][PLACE];
    size_t len = 0;
    bool damaged;
    struct watermark mark;
    *to = (struct watermark_file){.io = io, .file = {.fd = -1}};
    int error = io_open(io, dir, WATERMARK_NAME, &to->file);
    if (error == 0)
        error = read_file(to->file.fd, file, &len);
    if (error == 0 && len == sizeof file) {
        to->next = (latest((const uint8_t(*)[PLACE])file, &mark, &damaged) + 1) % PLACES;
        return 0;
    }
    io_close(&to->file);
    if (error == 0 || error == -ENOENT) /* no file, or a crash left it unfinished */
        error = create(to, dir);
    if (error != 0)
        io_close(&to->file);
    return error;
}

int watermark_put(struct watermark_file *to, const struct watermark *mark)
{
    uint8_t note[NOTE], *at = note + RECORD_HEADER;
    struct writer out = {put, &at};
    struct record record = {.kind = RECORD_WATERMARK,
                            .segment = mark->segment,
                            .sequence = mark->sequence,
                            .last = mark->revision,
                            .payload = bytes_of(note + RECORD_HEADER, PAYLOAD)};
    assert(mark->sequence > 0);
    writer_u64(&out, mark->data_id);
    writer_u64(&out, mark->stopped);
    record_seal(&record, note);
    int error = io_write(to->io, &to->file, (uint64_t)to->next * PLACE, note, sizeof note);
    if (error == 0)
        error = io_sync(to->io, &to->file);
    if (error == 0) /* on failure the other place stays valid */
        to->next = (to->next + 1) % PLACES;
    return error;
}

void watermark_close(struct watermark_file *to)
{
    io_close(&to->file);
}
