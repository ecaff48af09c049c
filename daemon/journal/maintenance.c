/* SPDX-License-Identifier: BSD-2-Clause */
/* Compacts, verifies and restores a journal. */
#include "daemon/journal/maintenance.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/journal/directory.h"
#include "daemon/journal/lockfile.h"

/* Locks a file, because NFS locks only files open for writing; and the directory, because older
 * mgrd binaries lock that. A process that only reads creates no file. */
static int lock_journal(int dir, enum maintenance_use use, int *lock)
{
    int flags = use == MAINTENANCE_READ ? O_RDONLY : O_RDWR | O_CREAT;
    *lock = openat(dir, LOCK_NAME, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (*lock < 0 && !(use == MAINTENANCE_READ && errno == ENOENT))
        return -errno;
    int error = *lock < 0 ? 0 : lockfile_take(*lock, use == MAINTENANCE_READ);
    if (error != 0)
        return error;
    error = lockfile_take(dir, use == MAINTENANCE_READ);
    return error == -EBADF && *lock >= 0 ? 0 : error;
}

int maintenance_open(const char *path, enum maintenance_use use, int *lock, struct buf *why)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *lock = -1;
    if (dir < 0) {
        buf_printf(why, "journal %s: %s", path, strerror(errno));
        return -1;
    }
    int error = use == MAINTENANCE_BESIDE ? 0 : lock_journal(dir, use, lock);
    if (error == 0)
        return dir;
    if (error == -EWOULDBLOCK)
        buf_printf(why, "journal %s: another mgrd uses it%s", path,
                   use == MAINTENANCE_READ ? ": a journal in use cannot be verified" : "");
    else
        buf_printf(why, "journal %s: cannot be locked: %s", path, strerror(-error));
    if (*lock >= 0)
        close(*lock);
    *lock = -1;
    close(dir);
    return -1;
}

/* An engine without limits, to read a journal into. NULL: no memory. */
static struct engine *maintenance_engine(const struct handlers *handlers)
{
    struct engine_options options = {0};
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

/* Appends WHAT and the error to why; error 0 appends nothing. Returns the error. */
static int told(struct buf *why, const char *what, int error)
{
    return error == 0 || failed(why, what, error) ? 0 : error;
}

/* ---- compacting ---- */

/* Writes the state at the beginning of segment header->segment into an unfinished file; a check
 * must then read the file back and compare it with *header. Frees the engine. */
static int write_state(struct io *io, int dir, const struct handlers *handlers,
                       struct snapshot *header, struct buf *why)
{
    struct recovery recovery;
    struct engine *engine = maintenance_engine(handlers);
    if (engine == NULL)
        return told(why, "snapshot", -ENOMEM);
    int error = recovery_run(dir, header->segment, engine, &recovery, why) ? 0 : -EIO;
    if (error == 0) {
        header->data_id = recovery.position.data_id;
        header->sequence = recovery.position.sequence;
        header->checksum = recovery.position.checksum;
        header->before_end = recovery.position.before_end;
        header->revision = engine_revision(engine);
        header->version = engine_version(engine);
        error = engine_digest(engine, header->digest) ? snapshot_write(io, dir, header, engine)
                                                      : -ENOMEM;
        error = told(why, "snapshot", error);
    }
    recovery_free(&recovery);
    engine_free(engine);
    return error;
}

static bool same_header(const struct snapshot *a, const struct snapshot *b)
{
    uint8_t one[SNAPSHOT_HEADER], other[SNAPSHOT_HEADER];
    snapshot_put_header(a, one);
    snapshot_put_header(b, other);
    return memcmp(one, other, sizeof one) == 0;
}

static int compare(const struct snapshot *wrote, const struct snapshot *read,
                   const struct engine *engine)
{
    uint8_t digest[sizeof wrote->digest];
    if (!engine_digest(engine, digest))
        return -ENOMEM;
    return same_header(read, wrote) && memcmp(digest, wrote->digest, sizeof digest) == 0 ? 0
                                                                                         : -EBADMSG;
}

/* Reads the file as a start would, into a new engine: the state must be the one that was
 * written. */
static int prove(int dir, const struct handlers *handlers, const struct snapshot *wrote,
                 struct buf *why)
{
    char name[SNAPSHOT_UNFINISHED];
    struct snapshot read;
    struct engine *engine = maintenance_engine(handlers);
    if (engine == NULL)
        return told(why, "snapshot", -ENOMEM);
    snapshot_unfinished(wrote->segment, name);
    int error = snapshot_load(dir, name, &read, engine, why) ? 0 : -EBADMSG;
    if (error == 0) {
        error = compare(wrote, &read, engine);
        if (error == -EBADMSG)
            buf_printf(why, "%s: reading it back gives another state than was written", name);
        else
            error = told(why, name, error);
    }
    engine_free(engine);
    return error;
}

int maintenance_compact(struct io *io, int dir, uint64_t before, const struct handlers *handlers,
                        struct buf *why)
{
    struct snapshot snapshot = {.format = JOURNAL_FORMAT, .segment = before};
    char unfinished[SNAPSHOT_UNFINISHED];
    int error = write_state(io, dir, handlers, &snapshot, why);
    if (error != 0)
        return error;
    error = prove(dir, handlers, &snapshot, why);
    if (error == 0)
        error = told(why, "snapshot", snapshot_adopt(io, dir, before));
    if (error == 0)
        return told(why, "snapshot", directory_tidy(io, dir, before, true));
    snapshot_unfinished(before, unfinished);
    (void)io_unlink(io, dir, unfinished);
    return error;
}

/* ---- verifying ---- */

static bool report(const struct recovery *recovery, const struct engine *engine, struct buf *out)
{
    uint8_t digest[32];
    const struct position *position = &recovery->position;
    if (!engine_digest(engine, digest))
        return false;
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
    return true;
}

bool maintenance_verify(int dir, const struct handlers *handlers, struct buf *out, struct buf *why)
{
    struct recovery recovery;
    struct engine *engine = maintenance_engine(handlers);
    if (engine == NULL)
        return failed(why, "verify", -ENOMEM);
    bool ok = recovery_run(dir, UINT64_MAX, engine, &recovery, why);
    if (ok && recovery.position.snapshot == 0 && recovery.segments == 0) {
        buf_put_text(why, faccessat(dir, "log", F_OK, 0) == 0
                              ? "there is no journal in this directory, but in its folder 'log'"
                              : "there is no journal in this directory");
        ok = false;
    }
    if (ok && !report(&recovery, engine, out))
        ok = failed(why, "verify", -ENOMEM);
    recovery_free(&recovery);
    engine_free(engine);
    return ok;
}

bool maintenance_verify_backup(const char *backup, const struct handlers *handlers, struct buf *out,
                               struct buf *why)
{
    struct snapshot snapshot;
    struct recovery recovery = {.clean = true};
    struct engine *engine = maintenance_engine(handlers);
    if (engine == NULL)
        return failed(why, "verify", -ENOMEM);
    bool ok = snapshot_load(AT_FDCWD, backup, &snapshot, engine, why);
    if (ok) {
        recovery.position.snapshot = snapshot.segment;
        recovery.position.data_id = snapshot.data_id;
        ok = report(&recovery, engine, out) || failed(why, "verify", -ENOMEM);
    }
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

/* The copy counts as other data than its original: a client with a session there must not
 * conclude from the copy which of its changes were made. */
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

bool maintenance_restore(struct io *io, int dir, const char *backup,
                         const struct handlers *handlers, struct buf *why)
{
    struct snapshot snapshot;
    struct directory directory;
    struct engine *engine = maintenance_engine(handlers);
    if (engine == NULL)
        return failed(why, "restore", -ENOMEM);
    bool ok = snapshot_load(AT_FDCWD, backup, &snapshot, engine, why);
    engine_free(engine);
    if (!ok)
        return false;
    int error = directory_list(dir, &directory);
    if (error != 0)
        return failed(why, "journal", error);
    if (directory.snapshot != 0 || directory.first != 0 ||
        faccessat(dir, WATERMARK_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        buf_put_text(why, "the journal's directory is not empty: move its files away first");
        return false;
    }
    int from = open(backup, O_RDONLY | O_CLOEXEC);
    error = from < 0 ? -errno : put_copy(io, dir, from, &snapshot);
    if (from >= 0)
        close(from);
    return error == 0 || failed(why, backup, error);
}
