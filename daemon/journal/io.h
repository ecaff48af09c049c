/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way from the journal to the disk: every call that can fail or be lost goes through here,
 * so that tests can fail the Nth one, or record all of them and lose what was not synced. */
#ifndef JOURNAL_IO_H
#define JOURNAL_IO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum io_op { IO_CREATE, IO_WRITE, IO_SYNC, IO_RENAME, IO_UNLINK, IO_SYNC_DIR, IO_OPS };

struct io_event {
    enum io_op op;
    const char *name, *to; /* to: of a rename */
    uint64_t offset;
    const void *data;
    size_t len;
};

/* Zeroed: nothing fails, nobody is told. */
struct io {
    atomic_uint_least64_t calls; /* so far */
    uint64_t fail_at;            /* this call fails, from 1; 0: none does */
    int fail_error;              /* with this errno */
    atomic_uint fail_ops;        /* as long as set, these fail, too: 1 << enum io_op, ... */
    long sync_ms;                /* a sync takes so much longer; only in builds for tests */
    void (*told)(void *arg, const struct io_event *event); /* after a call that succeeded */
    void *arg;
};

struct io_file {
    int fd; /* -1: not open */
    char name[40];
};

/* All: 0, or -errno. io_create makes a new file for writing; io_write writes all or fails. */
int io_create(struct io *io, int dir, const char *name, struct io_file *file);
int io_open(struct io *io, int dir, const char *name, struct io_file *file); /* read and write */
int io_write(struct io *io, struct io_file *file, uint64_t offset, const void *data, size_t len);
int io_sync(struct io *io, struct io_file *file); /* content and length */
/* Has what was written there sent to the disk, and waits until it is there: no sync, which may need
 * more, but little is left for one to do. */
void io_push(const struct io_file *file, uint64_t offset, size_t len);
int io_rename(struct io *io, int dir, const char *from, const char *to);
int io_unlink(struct io *io, int dir, const char *name);
/* Gives the room of a file that nobody needs back, a little at a time, with pauses. */
void io_shrink(int dir, const char *name);
int io_sync_dir(struct io *io, int dir);
void io_close(struct io_file *file);
/* What the error of an open says to whoever has to mend it. */
const char *io_reason(int error);
/* CLOCK_MONOTONIC, for how long a disk takes. */
uint64_t io_clock_us(void);
/* All of it, whatever signals come. */
void io_pause_us(uint64_t us);
/* In builds for tests (MGRD_TEST_BUILD): takes the faults of the disk from the environment
 * (MGRD_IO_FAIL=CALL:ERRNO, MGRD_IO_SYNC_MS). Else: nothing. */
void io_faults(struct io *io);

#endif
