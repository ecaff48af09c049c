/* SPDX-License-Identifier: BSD-2-Clause */
/* File operations of the journal, with faults for tests. */
#include "daemon/journal/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SHRINK_BYTES = 1 << 20, SHRINK_PAUSE_MS = 20 };

/* 0, or the error that this call is to return. */
static int fault(struct io *io, enum io_op op)
{
    uint64_t call = atomic_fetch_add_explicit(&io->calls, 1, memory_order_relaxed) + 1;
    unsigned ops = atomic_load_explicit(&io->fail_ops, memory_order_relaxed);
    return call == io->fail_at || (ops >> op & 1) != 0 ? -io->fail_error : 0;
}

static void tell(struct io *io, const struct io_event *event)
{
    if (io->told != NULL)
        io->told(io->arg, event);
}

static int open_file(int dir, const char *name, int flags, struct io_file *file)
{
    snprintf(file->name, sizeof file->name, "%s", name);
    file->fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return file->fd < 0 ? -errno : 0;
}

int io_create(struct io *io, int dir, const char *name, struct io_file *file)
{
    int error = fault(io, IO_CREATE);
    file->fd = -1;
    if (error == 0)
        error = open_file(dir, name, O_RDWR | O_CREAT | O_TRUNC, file);
    if (error == 0)
        tell(io, &(struct io_event){.op = IO_CREATE, .name = name});
    return error;
}

int io_open(struct io *io, int dir, const char *name, struct io_file *file)
{
    (void)io;
    return open_file(dir, name, O_RDWR, file);
}

static int write_all(int fd, uint64_t offset, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        data += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

int io_write(struct io *io, struct io_file *file, uint64_t offset, const void *data, size_t len)
{
    int error = fault(io, IO_WRITE);
    if (error != 0) {
        (void)write_all(file->fd, offset, data, len / 2); /* a failed write may be partial */
        return error;
    }
    error = write_all(file->fd, offset, data, len);
    if (error == 0)
        tell(io,
             &(struct io_event){
                 .op = IO_WRITE, .name = file->name, .offset = offset, .data = data, .len = len});
    return error;
}

static void slow_down(const struct io *io)
{
#ifdef MGRD_TEST_BUILD
    if (io->sync_ms > 0)
        io_pause_us((uint64_t)io->sync_ms * 1000);
#else
    (void)io;
#endif
}

int io_sync(struct io *io, struct io_file *file)
{
    int error = fault(io, IO_SYNC);
    slow_down(io);
    if (error == 0 && fdatasync(file->fd) != 0)
        error = -errno;
    if (error == 0)
        tell(io, &(struct io_event){.op = IO_SYNC, .name = file->name});
    return error;
}

void io_push(const struct io_file *file, uint64_t offset, size_t len)
{
    (void)sync_file_range(file->fd, (off_t)offset, (off_t)len,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                              SYNC_FILE_RANGE_WAIT_AFTER);
}

int io_rename(struct io *io, int dir, const char *from, const char *to)
{
    int error = fault(io, IO_RENAME);
    if (error == 0 && renameat(dir, from, dir, to) != 0)
        error = -errno;
    if (error == 0)
        tell(io, &(struct io_event){.op = IO_RENAME, .name = from, .to = to});
    return error;
}

int io_unlink(struct io *io, int dir, const char *name)
{
    int error = fault(io, IO_UNLINK);
    if (error == 0 && unlinkat(dir, name, 0) != 0)
        error = -errno;
    if (error == 0)
        tell(io, &(struct io_event){.op = IO_UNLINK, .name = name});
    return error;
}

void io_shrink(int dir, const char *name)
{
    struct stat stat;
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    off_t len = fd < 0 || fstat(fd, &stat) != 0 ? 0 : stat.st_size;
    while (len > 0) {
        len = len > SHRINK_BYTES ? len - SHRINK_BYTES : 0;
        if (ftruncate(fd, len) != 0 || fsync(fd) != 0)
            break;
        io_pause_us(SHRINK_PAUSE_MS * UINT64_C(1000));
    }
    if (fd >= 0)
        close(fd);
}

int io_sync_dir(struct io *io, int dir)
{
    int error = fault(io, IO_SYNC_DIR);
    if (error == 0 && fsync(dir) != 0)
        error = -errno;
    if (error == 0)
        tell(io, &(struct io_event){.op = IO_SYNC_DIR, .name = "."});
    return error;
}

const char *io_reason(int error)
{
    return error == ELOOP    ? "it is a symbolic link"
           : error == EINVAL ? "not a file"
                             : strerror(error);
}

uint64_t io_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void io_pause_us(uint64_t us)
{
    uint64_t at_us = io_clock_us() + us;
    struct timespec until = {.tv_sec = (time_t)(at_us / 1000000),
                             .tv_nsec = (long)(at_us % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

void io_close(struct io_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void io_faults(struct io *io)
{
#ifdef MGRD_TEST_BUILD
    const char *text = getenv("MGRD_IO_FAIL"), *sync_ms = getenv("MGRD_IO_SYNC_MS");
    char *rest;
    if (text != NULL) {
        io->fail_at = strtoull(text, &rest, 10);
        io->fail_error = *rest == ':' ? atoi(rest + 1) : EIO;
    }
    if (sync_ms != NULL)
        io->sync_ms = atol(sync_ms);
#else
    (void)io;
#endif
}
