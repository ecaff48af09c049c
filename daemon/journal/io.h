/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal's only way to the disk: every call that can fail, or whose effect a crash can
 * lose, goes through here, so that tests can make the Nth call fail, or record all calls and
 * lose what was not synced. */
#ifndef JOURNAL_IO_H
#define JOURNAL_IO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum io_op { IO_CREATE, IO_WRITE, IO_SYNC, IO_RENAME, IO_UNLINK, IO_SYNC_DIR, IO_OPS };

struct io_event {
    enum io_op op;
    const char *name, *to; /* to: the new name in a rename */
    uint64_t offset;
    const void *data;
    size_t len;
};

/* Zeroed: no faults, no callback. */
struct io {
    atomic_uint_least64_t calls; /* calls so far */
    uint64_t fail_at;            /* number of the call that fails, from 1; 0: none */
    int fail_error;              /* errno of that failure */
    atomic_uint fail_ops;        /* operations that fail while their bit is set: 1 << enum io_op */
    long sync_ms;                /* delay added to every sync; only in test builds */
    void (*told)(void *arg, const struct io_event *event); /* called after each success */
    void *arg;
};

struct io_file {
    int fd; /* -1: not open */
    char name[40];
};

/* All return 0 or -errno. io_create makes a new file for writing; io_write writes everything or
 * fails. */
int io_create(struct io *io, int dir, const char *name, struct io_file *file);
int io_open(struct io *io, int dir, const char *name, struct io_file *file); /* for both */
int io_write(struct io *io, struct io_file *file, uint64_t offset, const void *data, size_t len);
int io_sync(struct io *io, struct io_file *file); /* syncs content and length */
/* Writes that range to the disk and waits for it. This is not a sync, which may need more; but
 * it leaves little for the next sync to do. */
void io_push(const struct io_file *file, uint64_t offset, size_t len);
int io_rename(struct io *io, int dir, const char *from, const char *to);
int io_unlink(struct io *io, int dir, const char *name);
/* Frees the space of a file that is no longer needed, a little at a time, with pauses. */
void io_shrink(int dir, const char *name);
int io_sync_dir(struct io *io, int dir);
void io_close(struct io_file *file);
/* The error of an open, in words for the person who has to fix it. */
const char *io_reason(int error);
/* CLOCK_MONOTONIC, to measure the disk. */
uint64_t io_clock_us(void);
/* Sleeps the whole time, even if signals arrive. */
void io_pause_us(uint64_t us);
/* In test builds (MGRD_TEST_BUILD), reads disk faults from the environment
 * (MGRD_IO_FAIL=CALL:ERRNO, MGRD_IO_SYNC_MS). Otherwise does nothing. */
void io_faults(struct io *io);

#endif
