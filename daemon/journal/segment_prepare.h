/* SPDX-License-Identifier: BSD-2-Clause */
/* The next segment, made ready by a thread of its own before it is needed, so that an append never
 * meets a full disk and never waits for zeros to be written.
 *
 * A ballast file of a segment's size is given up when there is no room for a segment, and made
 * again when there is: meanwhile the state may shrink, not grow. */
#ifndef JOURNAL_SEGMENT_PREPARE_H
#define JOURNAL_SEGMENT_PREPARE_H

#include "daemon/journal/segment.h"

struct segment_prepare;

struct segment_prepare_options {
    struct io *io; /* borrowed */
    int dir;       /* borrowed */
    uint64_t number;
    uint64_t bytes;
    /* Called from the thread when the disk fails in another way than by being full; it must not
     * return. */
    void (*failed)(const char *name, int error);
};
/* Makes the segment of that number, and the ballast. NULL: no memory. */
struct segment_prepare *segment_prepare_new(const struct segment_prepare_options *options);
void segment_prepare_free(struct segment_prepare *spare); /* waits for the thread */

/* A segment is ready. */
bool segment_prepare_ready(struct segment_prepare *spare);
/* There is no room for it, or for the ballast. */
bool segment_prepare_short(struct segment_prepare *spare);
/* Somebody waits for it, and there was no room for it. */
bool segment_prepare_stuck(struct segment_prepare *spare);
/* So much of the segment before it is used: it is made without pauses when it would not be
 * ready long before that one is full. */
void segment_prepare_pace(struct segment_prepare *spare, uint64_t used_bytes);
/* Waits until it is ready, hands it over, and begins with the next one. */
void segment_prepare_take(struct segment_prepare *spare, struct io_file *file, uint64_t *number);

#endif
