/* SPDX-License-Identifier: BSD-2-Clause */
/* Compacting, verifying and restoring a journal. */
#include "daemon/journal/home.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/engine/planted.h"
#include "daemon/journal/directory.h"

int home_open(const char *path, enum home_use use, struct buf *why)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        buf_printf(why, "journal %s: %s", path, strerror(errno));
        return -1;
    }
    if (use == HOME_BESIDE || flock(dir, (use == HOME_OWN ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
        return dir;
    buf_printf(why, "journal %s: another mgrd uses it%s", path,
               use == HOME_READ ? ": what it writes cannot be verified meanwhile" : "");
    close(dir);
    return -1;
}

struct engine *home_engine(const struct handlers *handlers)
{
    struct engine_options options = {.planted = planted_wanted()};
    struct engine *engine = NULL;
    if (getrandom(options.hash_key, sizeof options.hash_key, 0) == sizeof options.hash_key)
        engine = engine_new(handlers, &options);
    if (engine != NULL)
        engine_set_limits(engine, NULL);
    return engine;
}

static bool failed(struct buf *why, const char *what, int error)
{
    buf_printf(why, "%s: %s", what, strerror(-error));
    return false;
}

static bool write_snapshot(struct io *io, int dir, const struct recovery *recovery, uint64_t before,
                           const struct engine *engine, struct buf *why)
{
    struct snapshot snapshot = {
        .format = JOURNAL_FORMAT,
        .version = engine_version(engine),
        .data_id = recovery->position.data_id,
        .segment = before,
        .sequence = recovery->position.sequence,
        .checksum = recovery->position.checksum,
        .revision = engine_revision(engine),
        .before_end = recovery->position.before_end,
    };
    int error = snapshot_write(io, dir, &snapshot, engine);
    if (error == 0)
        error = directory_tidy(io, dir, before, true);
    return error == 0 || failed(why, "snapshot", error);
}

bool home_compact(struct io *io, int dir, uint64_t before, const struct handlers *handlers,
                  struct buf *why)
{
    struct recovery recovery;
    struct engine *engine = home_engine(handlers);
    if (engine == NULL)
        return failed(why, "snapshot", -ENOMEM);
    bool ok = recovery_run(dir, before, engine, &recovery, why) &&
              write_snapshot(io, dir, &recovery, before, engine, why);
    recovery_free(&recovery);
    engine_free(engine);
    return ok;
}

static void report(const struct recovery *recovery, const struct engine *engine, struct buf *out)
{
    uint8_t digest[32];
    const struct position *position = &recovery->position;
    engine_digest(engine, digest);
    buf_printf(
        out,
        "snapshot: %" PRIu64 "\nsegments: %" PRIu64 "\ncommands: %" PRIu64 "\nrevision: %" PRIu64
        "\ndata: %016" PRIx64 "\nformat: %d\nbehaviour: %" PRIu32 "\nended in order: %s\ndigest: ",
        position->snapshot, recovery->segments, recovery->commands, engine_revision(engine),
        position->data_id, JOURNAL_FORMAT, engine_version(engine), recovery->clean ? "yes" : "no");
    for (size_t i = 0; i < sizeof digest; i++)
        buf_printf(out, "%02x", digest[i]);
    buf_put_text(out, "\n");
    if (recovery->warning.len > 0) {
        buf_put_text(out, "warning: ");
        buf_put_bytes(out, buf_bytes(&recovery->warning));
        buf_put_text(out, "\n");
    }
}

bool home_verify(int dir, const struct handlers *handlers, struct buf *out, struct buf *why)
{
    struct recovery recovery;
    struct engine *engine = home_engine(handlers);
    if (engine == NULL)
        return failed(why, "verify", -ENOMEM);
    bool ok = recovery_run(dir, UINT64_MAX, engine, &recovery, why);
    if (ok && recovery.position.snapshot == 0 && recovery.segments == 0) {
        buf_put_text(why, "there is no journal in this directory");
        ok = false;
    }
    if (ok)
        report(&recovery, engine, out);
    recovery_free(&recovery);
    engine_free(engine);
    return ok;
}

/* ---- restoring ---- */

static int copy(struct io *io, int from, struct io_file *to)
{
    static const size_t size = 1 << 20;
    uint8_t *block = malloc(size);
    int error = block == NULL ? -ENOMEM : 0;
    uint64_t at = 0;
    ssize_t n = 1;
    while (error == 0 && (n = pread(from, block, size, (off_t)at)) > 0) {
        error = io_write(io, to, at, block, (size_t)n);
        at += (uint64_t)n;
    }
    if (error == 0 && n < 0)
        error = -errno;
    free(block);
    return error;
}

/* The copy is other data than what it was saved from: a client that had a session there must not
 * take its unknown outcomes for known ones. */
static int put_copy(struct io *io, int dir, int from, struct snapshot *snapshot)
{
    uint8_t header[SNAPSHOT_HEADER];
    char name[40];
    struct io_file file = {.fd = -1};
    if (getrandom(&snapshot->data_id, sizeof snapshot->data_id, 0) != sizeof snapshot->data_id)
        return -EIO;
    file_name(SNAPSHOT_NAME, snapshot->segment, name);
    snapshot_put_header(snapshot, header);
    int error = io_create(io, dir, "restored.new", &file);
    if (error != 0)
        return error;
    error = copy(io, from, &file);
    if (error == 0)
        error = io_write(io, &file, 0, header, sizeof header);
    if (error == 0)
        error = io_sync(io, &file);
    if (error == 0)
        error = io_rename(io, dir, "restored.new", name);
    if (error == 0)
        error = io_sync_dir(io, dir);
    io_close(&file);
    return error;
}

bool home_restore(struct io *io, int dir, const char *backup, const struct handlers *handlers,
                  struct buf *why)
{
    struct snapshot snapshot;
    struct directory directory;
    struct engine *engine = home_engine(handlers);
    if (engine == NULL)
        return failed(why, "restore", -ENOMEM);
    bool ok = snapshot_load(AT_FDCWD, backup, &snapshot, engine, why);
    engine_free(engine);
    if (!ok)
        return false;
    int error = directory_list(dir, &directory);
    if (error != 0)
        return failed(why, "journal", error);
    if (directory.snapshot != 0 || directory.first != 0) {
        buf_put_text(why, "the journal's directory is not empty: move its files away first");
        return false;
    }
    int from = open(backup, O_RDONLY | O_CLOEXEC);
    error = from < 0 ? -errno : put_copy(io, dir, from, &snapshot);
    if (from >= 0)
        close(from);
    return error == 0 || failed(why, backup, error);
}
