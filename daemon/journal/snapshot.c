/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes and reads the state as a file. */
#include "daemon/journal/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <isa-l/crc.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"

enum {
    BLOCK = 64 * 1024,
    BATCH = 4 * BLOCK,
    PAUSES = 3, /* pauses are this many times the writing time */
    PAUSE_MOST_US = 20000,
};

static const uint8_t magic[8] = {'m', 'g', 'r', 'd', 's', 'n', 'a', 'p'};
static const uint8_t magic_end[8] = {'m', 'g', 'r', 'd', 's', 'e', 'n', 'd'};

static uint32_t checksum(const uint8_t *data, size_t len)
{
    return ~crc32_iscsi((unsigned char *)(uintptr_t)data, (int)len, ~0u);
}

/* ---- writing ---- */

struct output {
    struct io *io;
    struct io_file file;
    uint64_t offset; /* file offset of the gathered bytes */
    size_t used;
    uint8_t *gathered; /* room for BATCH bytes */
    struct buf sums;   /* the checksum of each block */
    EVP_MD_CTX *hash;
    int error;
};

/* The daemon's commits need the disk too: waits until the gathered bytes are written, and then
 * leaves the disk to the commits for a while. */
static void give_way(const struct output *out)
{
    uint64_t began_us = io_clock_us();
    io_push(&out->file, out->offset, out->used);
    uint64_t us = (io_clock_us() - began_us) * PAUSES;
    us = us < PAUSE_MOST_US ? us : PAUSE_MOST_US;
    io_pause_us(us);
}

static void flush(struct output *out)
{
    for (size_t at = 0; at < out->used; at += BLOCK) {
        size_t len = out->used - at < BLOCK ? out->used - at : BLOCK;
        uint32_t sum = checksum(out->gathered + at, len);
        uint8_t bytes[4] = {(uint8_t)sum, (uint8_t)(sum >> 8), (uint8_t)(sum >> 16),
                            (uint8_t)(sum >> 24)};
        buf_put(&out->sums, bytes, sizeof bytes);
    }
    if (EVP_DigestUpdate(out->hash, out->gathered, out->used) != 1 || out->sums.failed)
        out->error = -ENOMEM;
    if (out->error == 0)
        out->error = io_write(out->io, &out->file, out->offset, out->gathered, out->used);
    if (out->error == 0)
        give_way(out);
    out->offset += out->used;
    out->used = 0;
}

static void put_state(void *arg, const void *data, size_t len)
{
    struct output *out = arg;
    const uint8_t *from = data;
    while (len > 0 && out->error == 0) {
        size_t n = BATCH - out->used < len ? BATCH - out->used : len;
        memcpy(out->gathered + out->used, from, n);
        out->used += n;
        from += n;
        len -= n;
        if (out->used == BATCH)
            flush(out);
    }
}

static void put_run(void *arg, const void *data, size_t len)
{
    uint8_t **at = arg;
    memcpy(*at, data, len);
    *at += len;
}

/* Fills the block with zeros up to its checksum, which covers everything before it. */
static void finish(uint8_t *at, uint8_t *block, size_t size)
{
    memset(at, 0, (size_t)(block + size - at));
    uint32_t sum = checksum(block, size - 4);
    for (size_t i = 0; i < 4; i++)
        block[size - 4 + i] = (uint8_t)(sum >> (8 * i));
}

void snapshot_put_header(const struct snapshot *snapshot, uint8_t header[SNAPSHOT_HEADER])
{
    uint8_t *at = header;
    struct writer out = {put_run, &at};
    writer_raw(&out, magic, sizeof magic);
    writer_u64(&out, snapshot->format);
    writer_u64(&out, snapshot->version);
    writer_u64(&out, snapshot->data_id);
    writer_u64(&out, snapshot->segment);
    writer_u64(&out, snapshot->sequence);
    writer_u64(&out, snapshot->checksum);
    writer_u64(&out, snapshot->revision);
    writer_u64(&out, snapshot->before_end);
    finish(at, header, SNAPSHOT_HEADER);
}

static int put_footer(struct output *out, uint64_t state_bytes)
{
    uint8_t footer[SNAPSHOT_FOOTER], digest[EVP_MAX_MD_SIZE];
    uint8_t *at = footer;
    struct writer to = {put_run, &at};
    unsigned len = 0;
    if (EVP_DigestFinal_ex(out->hash, digest, &len) != 1 || len != 32)
        return -ENOMEM;
    writer_raw(&to, magic_end, sizeof magic_end);
    writer_u64(&to, state_bytes);
    writer_raw(&to, digest, 32);
    writer_u64(&to, checksum(out->sums.data, out->sums.len));
    finish(at, footer, SNAPSHOT_FOOTER);
    int error = io_write(out->io, &out->file, out->offset, out->sums.data, out->sums.len);
    if (error == 0)
        error = io_write(out->io, &out->file, out->offset + out->sums.len, footer, sizeof footer);
    return error;
}

static int write_all(struct output *out, const struct snapshot *snapshot,
                     const struct engine *engine)
{
    uint8_t header[SNAPSHOT_HEADER];
    struct writer state = {put_state, out};
    if (out->gathered == NULL || out->hash == NULL ||
        EVP_DigestInit_ex(out->hash, EVP_sha256(), NULL) != 1)
        return -ENOMEM;
    snapshot_put_header(snapshot, header);
    int error = io_write(out->io, &out->file, 0, header, sizeof header);
    if (error != 0)
        return error;
    out->offset = SNAPSHOT_HEADER;
    engine_save(engine, &state);
    if (out->used > 0 && out->error == 0)
        flush(out);
    if (out->error == 0)
        out->error = put_footer(out, out->offset - SNAPSHOT_HEADER);
    return out->error != 0 ? out->error : io_sync(out->io, &out->file);
}

void snapshot_unfinished(uint64_t number, char name[SNAPSHOT_UNFINISHED])
{
    char finished[40];
    file_name(SNAPSHOT_NAME, number, finished);
    snprintf(name, SNAPSHOT_UNFINISHED, "%s.new", finished);
}

int snapshot_write(struct io *io, int dir, const struct snapshot *snapshot,
                   const struct engine *engine)
{
    struct output out = {.io = io, .gathered = malloc(BATCH), .hash = EVP_MD_CTX_new()};
    char unfinished[SNAPSHOT_UNFINISHED];
    buf_init(&out.sums);
    snapshot_unfinished(snapshot->segment, unfinished);
    int error = io_create(io, dir, unfinished, &out.file);
    if (error == 0)
        error = write_all(&out, snapshot, engine);
    if (error != 0 && out.file.fd >= 0)
        (void)io_unlink(io, dir, unfinished);
    io_close(&out.file);
    buf_free(&out.sums);
    EVP_MD_CTX_free(out.hash);
    free(out.gathered);
    return error;
}

int snapshot_adopt(struct io *io, int dir, uint64_t number)
{
    char name[40], unfinished[SNAPSHOT_UNFINISHED];
    file_name(SNAPSHOT_NAME, number, name);
    snapshot_unfinished(number, unfinished);
    int error = io_rename(io, dir, unfinished, name);
    return error != 0 ? error : io_sync_dir(io, dir);
}

/* ---- reading ---- */

static uint32_t sum_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool whole(const uint8_t *block, size_t size)
{
    return sum_at(block + size - 4) == checksum(block, size - 4);
}

static bool damaged(struct buf *why, const char *name, uint64_t offset)
{
    buf_printf(why, "%s: damaged at byte %" PRIu64, name, offset);
    return false;
}

uint64_t snapshot_number(struct bytes header)
{
    struct reader in = {.at = header.data, .end = header.data + header.len};
    if (header.len < SNAPSHOT_HEADER || memcmp(header.data, magic, sizeof magic) != 0 ||
        !whole(header.data, SNAPSHOT_HEADER))
        return 0;
    (void)reader_raw(&in, sizeof magic);
    for (int i = 0; i < 3; i++)
        (void)reader_u64(&in); /* format, version, data_id */
    return reader_u64(&in);
}

/* Refuses a file of another format by its header alone: the rest may have any form. */
static bool read_header(struct bytes file, const char *name, struct snapshot *snapshot,
                        const struct engine *engine, struct buf *why)
{
    struct reader in = {.at = file.data, .end = file.data + file.len};
    if (file.len < SNAPSHOT_HEADER + SNAPSHOT_FOOTER) {
        buf_printf(why, "%s: too short to be a snapshot", name);
        return false;
    }
    if (memcmp(file.data, magic, sizeof magic) != 0) {
        buf_printf(why, "%s: not a snapshot", name);
        return false;
    }
    if (!whole(file.data, SNAPSHOT_HEADER))
        return damaged(why, name, 0);
    (void)reader_raw(&in, sizeof magic);
    snapshot->format = reader_u64(&in);
    if (!format_known(name, snapshot->format, why))
        return false;
    snapshot->version = reader_u64(&in);
    snapshot->data_id = reader_u64(&in);
    snapshot->segment = reader_u64(&in);
    snapshot->sequence = reader_u64(&in);
    snapshot->checksum = (uint32_t)reader_u64(&in);
    snapshot->revision = reader_u64(&in);
    snapshot->before_end = reader_u64(&in);
    return format_behaviour_known(name, snapshot->version, engine, why);
}

/* Checks every byte; *state is the part written by engine_save. */
static bool read_state(struct bytes file, const char *name, struct snapshot *snapshot,
                       struct bytes *state, struct buf *why)
{
    const uint8_t *footer = file.data + file.len - SNAPSHOT_FOOTER;
    struct reader in = {.at = footer, .end = footer + SNAPSHOT_FOOTER};
    if (memcmp(footer, magic_end, sizeof magic_end) != 0 || !whole(footer, SNAPSHOT_FOOTER))
        return damaged(why, name, file.len - SNAPSHOT_FOOTER);
    (void)reader_raw(&in, sizeof magic_end);
    uint64_t bytes = reader_u64(&in), room = file.len - SNAPSHOT_HEADER - SNAPSHOT_FOOTER;
    uint64_t blocks = bytes / BLOCK + (bytes % BLOCK != 0);
    memcpy(snapshot->digest, reader_raw(&in, 32).data, 32);
    uint32_t sums_sum = (uint32_t)reader_u64(&in);
    if (bytes > room || blocks * 4 != room - bytes)
        return damaged(why, name, file.len - SNAPSHOT_FOOTER);
    const uint8_t *sums = file.data + SNAPSHOT_HEADER + bytes;
    if (checksum(sums, blocks * 4) != sums_sum)
        return damaged(why, name, SNAPSHOT_HEADER + bytes);
    *state = bytes_of(file.data + SNAPSHOT_HEADER, bytes);
    for (uint64_t i = 0; i < blocks; i++) {
        size_t len = bytes - i * BLOCK < BLOCK ? bytes - i * BLOCK : BLOCK;
        if (checksum(state->data + i * BLOCK, len) != sum_at(sums + 4 * i))
            return damaged(why, name, SNAPSHOT_HEADER + i * BLOCK);
    }
    snapshot->state_bytes = bytes;
    return true;
}

static bool load_state(struct bytes state, const char *name, struct engine *engine, struct buf *why)
{
    struct buf what;
    struct reader in = {.at = state.data, .end = state.data + state.len, .why = &what};
    buf_init(&what);
    bool ok = engine_load(engine, &in);
    if (in.nomem)
        buf_printf(why, "%s: out of memory", name);
    else if (!ok)
        buf_printf(why, "%s: not a state this mgrd can read, at byte %" PRIu64 "%s%.*s", name,
                   (uint64_t)(SNAPSHOT_HEADER + (in.at - state.data)), what.len > 0 ? ": " : "",
                   (int)what.len, (const char *)what.data);
    buf_free(&what);
    return ok;
}

static bool load(struct bytes file, const char *name, struct snapshot *snapshot,
                 struct engine *engine, struct buf *why)
{
    struct bytes state;
    if (!read_header(file, name, snapshot, engine, why) ||
        !read_state(file, name, snapshot, &state, why))
        return false;
    return engine == NULL || load_state(state, name, engine, why);
}

bool snapshot_load(int dir, const char *name, struct snapshot *snapshot, struct engine *engine,
                   struct buf *why)
{
    struct stat stat;
    snapshot->format = 0;                                          /* the format is unknown */
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* it may be a FIFO */
    if (fd < 0 || fstat(fd, &stat) != 0) {
        buf_printf(why, "%s: %s", name, io_reason(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (!S_ISREG(stat.st_mode)) {
        buf_printf(why, "%s: not a file", name);
        close(fd);
        return false;
    }
    size_t len = (size_t)stat.st_size;
    void *map =
        len == 0 ? MAP_FAILED : mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        buf_printf(why, "%s: %s", name, len == 0 ? "empty" : strerror(errno));
        return false;
    }
    bool ok = load(bytes_of(map, len), name, snapshot, engine, why);
    munmap(map, len);
    return ok;
}
