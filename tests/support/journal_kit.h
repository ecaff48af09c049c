/* SPDX-License-Identifier: BSD-2-Clause */
/* A journal under test: a directory, a random life that is put into it, and what comes back. */
#ifndef TESTS_SUPPORT_JOURNAL_KIT_H
#define TESTS_SUPPORT_JOURNAL_KIT_H

#include "daemon/journal/journal.h"
#include "daemon/journal/maintenance.h"
#include "tests/support/world.h"

enum { KIT_PATH = 64 };

/* ---- directories and files ---- */

/* A new directory, in memory if there is such a place. */
int kit_dir_make(char path[KIT_PATH]);
void kit_dir_clear(int dir);
void kit_dir_remove(const char *path, int dir);
/* Aborts when it is not there. out: to be freed. */
void kit_read(int dir, const char *name, struct buf *out);
void kit_write(int dir, const char *name, struct bytes content);
/* The names of all files, in order; returns how many. */
unsigned kit_names(int dir, char names[][40], unsigned most);
/* Makes `to` hold what `from` holds. */
void kit_dir_copy(int from, int to);

/* ---- what was committed ---- */

struct point {
    uint64_t revision;
    uint8_t digest[32];
};

struct points {
    struct point *list;
    size_t count, cap;
};

void points_add(struct points *points, const struct engine *engine);
/* NULL: no commit ended with this revision. */
const struct point *points_find(const struct points *points, uint64_t revision);
void points_free(struct points *points);

/* ---- a daemon without a network ---- */

struct host {
    struct world w;
    struct io *io;
    struct journal *journal;
    uint64_t seed;
    int dir;
    struct points *points; /* each commit is noted; borrowed, NULL: none is */
};

struct host_options {
    struct io *io; /* borrowed */
    int dir;       /* borrowed */
    uint64_t segment_bytes, interval_ms, seed;
    struct points *points;
    const struct handlers *handlers; /* NULL: those of mgrd */
};

/* Reads back what is there, and goes on from there; the start itself is not committed yet. */
void host_start(struct host *host, const struct host_options *options);
/* False: the journal could not be opened. */
bool host_try(struct host *host, const struct host_options *options);
void host_live(struct host *host, unsigned steps);
/* Commits. The revision that is durable then. */
uint64_t host_flush(struct host *host);
/* Begins a new segment, and makes all before it a snapshot; returns the segment. */
uint64_t host_seal(struct host *host);
void host_compact(struct host *host);
void host_stop(struct host *host); /* in order */
void host_drop(struct host *host); /* without a word */

/* ---- what comes back ---- */

struct revived {
    bool ok;
    uint8_t digest[32];
    struct recovery recovery;
    struct buf why;
};

/* Reads all of it into an engine with another hash key. */
void revive(int dir, struct revived *revived);
/* By an mgrd with other operations. */
void revive_as(int dir, const struct handlers *handlers, struct revived *revived);
void revived_free(struct revived *revived);
/* As text that ends in NUL; valid until it is freed. */
const char *revived_why(struct revived *revived);
const char *revived_warning(struct revived *revived);
/* Aborts unless all of it comes back with the state of that point. */
void kit_must_be(int dir, const struct point *point);

const char *kit_text(struct buf *buf);

#endif
