/* SPDX-License-Identifier: BSD-2-Clause */
/* What a journal did to its disk, and what a power failure can leave of it.
 *
 * The model of the disk: content and length of a file are there for sure after its own sync, names
 * after the directory's. Until then each write, each creation, renaming and removal may be there
 * or not, in any combination, and of a write any of its sectors. */
#ifndef TESTS_SUPPORT_TAPE_H
#define TESTS_SUPPORT_TAPE_H

#include <pthread.h>

#include "daemon/journal/io.h"
#include "wire/base/buf.h"

enum { TAPE_SECTOR = 512 };

struct tape_event {
    enum io_op op;
    char name[48], to[48];
    uint64_t offset;
    uint8_t *data; /* owned */
    size_t len;
};

struct tape {
    pthread_mutex_t mutex;
    struct tape_event *events;
    size_t count, cap;
};

void tape_init(struct tape *tape);
void tape_free(struct tape *tape);
void tape_put(struct tape *tape, const struct io_event *event);
void tape_attach(struct tape *tape, struct io *io); /* io tells it everything */
size_t tape_count(struct tape *tape);
void tape_cut(struct tape *tape, size_t count); /* forgets what came later */

/* ---- the disk after some of the events ---- */

enum { DISK_FILES = 512, DISK_PENDING = 256 };

struct disk_file {
    struct buf content; /* that is there for sure */
};

struct disk_name {
    char name[48];
    int file;
};

struct disk_names {
    struct disk_name list[DISK_FILES];
    unsigned count;
};

/* An event that may be lost. */
struct disk_pending {
    const struct tape_event *event;
    int file; /* that it is about */
};

struct disk {
    struct disk_file files[DISK_FILES];
    unsigned file_count;
    struct disk_names durable, now;
    struct disk_pending pending[DISK_PENDING];
    unsigned pending_count;
};

/* What becomes of a pending event: it is lost; all of it is there; or the sectors i with
 * bit i % 64 set are, of a write. */
#define FATE_LOST UINT64_C(0)
#define FATE_KEPT UINT64_MAX

void disk_init(struct disk *disk);
void disk_free(struct disk *disk);
void disk_step(struct disk *disk, const struct tape_event *event);
/* A number for what it would look like: equal ones look the same. Writes it when dir >= 0; the
 * directory must be empty. */
uint64_t disk_image(const struct disk *disk, const uint64_t fates[DISK_PENDING], int dir);

#endif
