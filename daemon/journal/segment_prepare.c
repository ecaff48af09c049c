/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that prepares segments in advance. */
#include "daemon/journal/segment_prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/journal/wait.h"

enum {
    RETRY_MS = 200,
    PAUSES = 3,           /* pauses are this many times the writing time, */
    PAUSE_MOST_US = 5000, /* ... but at most this long, */
    ASIDE_MOST = 1000,
    AHEAD = 2 /* ... while the file is this many times further than the segment in use */
};

struct segment_prepare {
    struct segment_prepare_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t wrote_us; /* used by the thread: when the last pause ended */
    bool no_room;      /* used by the thread: the last file failed for lack of room */
    /* used under the mutex: */
    struct io_file file; /* the prepared segment */
    uint64_t number;     /* of the prepared segment, or of the one in preparation */
    bool ready, ballast, short_of_room, stopping;
    uint64_t used; /* bytes used of the segment before it */
    bool wanted;   /* the log waits for the segment, */
    bool absent;   /* ... and there was no room for it */
};

static bool no_room(int error)
{
    return error == -ENOSPC || error == -EDQUOT;
}

/* Also accepts that no descriptor is free: a passing state, handled like a full disk. */
static bool passes(int error)
{
    return no_room(error) || error == -EMFILE || error == -ENFILE;
}

/* Leaves the disk quiet for commits most of the time, unless the log would have to wait for this
 * segment. */
static void pause_cb(void *arg, uint64_t written)
{
    struct segment_prepare *spare = arg;
    uint64_t us = (io_clock_us() - spare->wrote_us) * PAUSES;
    pthread_mutex_lock(&spare->mutex);
    if (!spare->wanted && !spare->stopping && written > AHEAD * spare->used)
        (void)cond_wait_us(&spare->changed, &spare->mutex, us < PAUSE_MOST_US ? us : PAUSE_MOST_US);
    pthread_mutex_unlock(&spare->mutex);
    spare->wrote_us = io_clock_us();
}

/* Does not start a file that cannot fit: before failing it would take the room that a snapshot
 * needs. */
static bool fits(const struct segment_prepare_options *options)
{
    struct statvfs disk;
    return fstatvfs(options->dir, &disk) != 0 ||
           (uint64_t)disk.f_bavail * disk.f_frsize >= options->bytes;
}

/* False: no room, or no descriptor. */
static bool make(struct segment_prepare *spare, const char *name, struct io_file *file)
{
    const struct segment_prepare_options *options = &spare->options;
    struct zeros zeros = {.io = options->io,
                          .dir = options->dir,
                          .name = name,
                          .bytes = options->bytes,
                          .pause = pause_cb,
                          .arg = spare};
    /* an unfinished file of a killed daemon only takes room */
    (void)io_unlink(options->io, options->dir, name);
    spare->no_room = true;
    if (!fits(options))
        return false;
    spare->wrote_us = io_clock_us();
    int error = zeros_create(&zeros, file);
    if (error != 0 && !passes(error))
        options->failed(name, error);
    spare->no_room = no_room(error);
    return error == 0;
}

static bool make_ballast(struct segment_prepare *spare)
{
    struct io_file file = {.fd = -1};
    struct stat stat;
    if (fstatat(spare->options.dir, BALLAST_NAME, &stat, 0) == 0 &&
        (uint64_t)stat.st_size == spare->options.bytes &&
        (uint64_t)stat.st_blocks * 512 >= spare->options.bytes)
        return true;
    bool made = make(spare, BALLAST_NAME, &file);
    if (made)
        io_close(&file);
    return made;
}

/* Makes a segment; if there is no room, removes the ballast first. */
static bool make_segment(struct segment_prepare *spare, uint64_t number, struct io_file *file)
{
    char name[40];
    file_name(SEGMENT_NAME, number, name);
    return make(spare, name, file) ||
           (spare->no_room && io_unlink(spare->options.io, spare->options.dir, BALLAST_NAME) == 0 &&
            make(spare, name, file));
}

/* Tries once to make what is missing; the mutex is held, but not while writing. */
static void work(struct segment_prepare *spare)
{
    struct io_file file = {.fd = -1};
    bool segment = !spare->ready, made;
    uint64_t number = spare->number;
    pthread_mutex_unlock(&spare->mutex);
    made = segment ? make_segment(spare, number, &file) : make_ballast(spare);
    pthread_mutex_lock(&spare->mutex);
    if (segment)
        spare->absent = !made;
    if (segment && made) {
        spare->ready = true;
        spare->file = file;
        spare->ballast = false; /* the ballast may have been removed */
    } else if (made) {
        spare->ballast = true;
        spare->short_of_room = false;
    } else {
        spare->short_of_room = true;
    }
    pthread_cond_broadcast(&spare->changed);
    if (!made && !spare->stopping)
        (void)cond_wait_us(&spare->changed, &spare->mutex, RETRY_MS * UINT64_C(1000));
}

static void *run(void *arg)
{
    struct segment_prepare *spare = arg;
    pthread_mutex_lock(&spare->mutex);
    while (!spare->stopping)
        if (!spare->ready || !spare->ballast)
            work(spare);
        else
            pthread_cond_wait(&spare->changed, &spare->mutex);
    pthread_mutex_unlock(&spare->mutex);
    return NULL;
}

static bool has_only_zeros(const struct io_file *file)
{
    uint8_t block[4096];
    ssize_t n = 0;
    for (off_t at = 0; (n = pread(file->fd, block, sizeof block, at)) > 0; at += n)
        if (!bytes_all_zeros(bytes_of(block, (size_t)n)))
            return false;
    return n == 0;
}

/* Reuses a segment that an earlier daemon prepared, if it is all zeros. Syncs it, because that
 * daemon may have been killed before the zeros or the name were on the disk. */
static bool take_existing(struct segment_prepare *spare)
{
    char name[40];
    struct stat stat;
    file_name(SEGMENT_NAME, spare->number, name);
    if (io_open(spare->options.io, spare->options.dir, name, &spare->file) != 0)
        return false;
    bool zeros =
        fstat(spare->file.fd, &stat) == 0 && (uint64_t)stat.st_size == spare->options.bytes &&
        (uint64_t)stat.st_blocks * 512 >= spare->options.bytes && has_only_zeros(&spare->file);
    zeros = zeros && io_sync(spare->options.io, &spare->file) == 0 &&
            io_sync_dir(spare->options.io, spare->options.dir) == 0;
    if (!zeros)
        io_close(&spare->file);
    return zeros;
}

/* Renames a file after the end of the log that has unreadable content, so that a person can
 * examine it. */
static int set_aside(const struct segment_prepare_options *options, uint64_t number)
{
    char name[40], aside[64];
    struct io_file file = {.fd = -1};
    file_name(SEGMENT_NAME, number, name);
    int error = io_open(options->io, options->dir, name, &file);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    bool zeros = has_only_zeros(&file);
    io_close(&file);
    if (zeros)
        return 0;
    for (unsigned i = 1; i <= ASIDE_MOST; i++) {
        snprintf(aside, sizeof aside, "%s" UNREAD_NAME "%u", name, i);
        if (faccessat(options->dir, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        error = io_rename(options->io, options->dir, name, aside);
        return error == 0 ? io_sync_dir(options->io, options->dir) : error;
    }
    return -EEXIST;
}

/* Removes the segment after the one to be made, which is there if a crash lost the first record
 * of the one before. If that one could not be made, there would be a gap. */
static void remove_next(struct segment_prepare *spare)
{
    const struct segment_prepare_options *options = &spare->options;
    char name[40];
    file_name(SEGMENT_NAME, spare->number + 1, name);
    int error = io_unlink(options->io, options->dir, name);
    if (error == 0)
        error = io_sync_dir(options->io, options->dir);
    if (error != 0 && error != -ENOENT)
        options->failed(name, error);
}

struct segment_prepare *segment_prepare_new(const struct segment_prepare_options *options)
{
    struct segment_prepare *spare = calloc(1, sizeof *spare);
    if (spare == NULL)
        return NULL;
    spare->options = *options;
    spare->number = options->number;
    spare->file.fd = -1;
    for (uint64_t number = options->number; number <= options->number + 1; number++) {
        int error = set_aside(options, number);
        if (error != 0) {
            free(spare);
            errno = -error;
            return NULL;
        }
    }
    remove_next(spare);
    spare->ready = take_existing(spare);
    pthread_mutex_init(&spare->mutex, NULL);
    pthread_cond_init(&spare->changed, NULL);
    int error = pthread_create(&spare->thread, NULL, run, spare);
    if (error == 0)
        return spare;
    io_close(&spare->file);
    free(spare);
    errno = error;
    return NULL;
}

void segment_prepare_free(struct segment_prepare *spare)
{
    if (spare == NULL)
        return;
    pthread_mutex_lock(&spare->mutex);
    spare->stopping = true;
    pthread_cond_broadcast(&spare->changed);
    pthread_mutex_unlock(&spare->mutex);
    pthread_join(spare->thread, NULL);
    io_close(&spare->file);
    pthread_cond_destroy(&spare->changed);
    pthread_mutex_destroy(&spare->mutex);
    free(spare);
}

bool segment_prepare_ready(struct segment_prepare *spare)
{
    pthread_mutex_lock(&spare->mutex);
    bool ready = spare->ready;
    pthread_mutex_unlock(&spare->mutex);
    return ready;
}

bool segment_prepare_short(struct segment_prepare *spare)
{
    pthread_mutex_lock(&spare->mutex);
    bool short_of_room = spare->short_of_room;
    pthread_mutex_unlock(&spare->mutex);
    return short_of_room;
}

bool segment_prepare_stuck(struct segment_prepare *spare)
{
    pthread_mutex_lock(&spare->mutex);
    bool stuck = spare->wanted && spare->absent;
    pthread_mutex_unlock(&spare->mutex);
    return stuck;
}

void segment_prepare_pace(struct segment_prepare *spare, uint64_t used_bytes)
{
    pthread_mutex_lock(&spare->mutex);
    spare->used = used_bytes;
    pthread_mutex_unlock(&spare->mutex);
}

void segment_prepare_take(struct segment_prepare *spare, struct io_file *file, uint64_t *number)
{
    pthread_mutex_lock(&spare->mutex);
    spare->wanted = !spare->ready;
    pthread_cond_broadcast(&spare->changed);
    while (!spare->ready)
        pthread_cond_wait(&spare->changed, &spare->mutex);
    *file = spare->file;
    *number = spare->number++;
    spare->used = 0;
    spare->wanted = false;
    spare->file.fd = -1;
    spare->ready = false;
    pthread_cond_broadcast(&spare->changed);
    pthread_mutex_unlock(&spare->mutex);
}
