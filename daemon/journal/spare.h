/* SPDX-License-Identifier: BSD-2-Clause */
/* The next segment, made ready by a thread of its own before it is needed, so that an append never
 * meets a full disk and never waits for zeros to be written.
 *
 * A ballast file of a segment's size is given up when there is no room for a segment, and made
 * again when there is: meanwhile the state may shrink, not grow. */
#ifndef JOURNAL_SPARE_H
#define JOURNAL_SPARE_H

#include "daemon/journal/segment.h"

struct spare;

struct spare_options {
    struct io *io; /* borrowed */
    int dir;       /* borrowed */
    uint64_t number;
    uint64_t bytes;
    /* Called from the thread when the disk fails in another way than by being full; it must not
     * return. */
    void (*failed)(const char *name, int error);
};
/* Makes the segment of that number, and the ballast. NULL: no memory. */
struct spare *spare_new(const struct spare_options *options);
void spare_free(struct spare *spare); /* waits for the thread */

/* A segment is ready. */
bool spare_ready(struct spare *spare);
/* There is no room for it, or for the ballast. */
bool spare_short(struct spare *spare);
/* Somebody waits for it, and there was no room for it. */
bool spare_stuck(struct spare *spare);
/* So much of the segment before it is used: it is made without pauses when it would not be
 * ready long before that one is full. */
void spare_pace(struct spare *spare, uint64_t used_bytes);
/* Waits until it is ready, hands it over, and begins with the next one. */
void spare_take(struct spare *spare, struct io_file *file, uint64_t *number);

#endif
