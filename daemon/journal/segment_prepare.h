/* SPDX-License-Identifier: BSD-2-Clause */
/* Prepares the next segment in a thread before it is needed, so that an append neither fails on a
 * full disk nor waits for zeros to be written.
 *
 * A ballast file of a segment's size is removed when there is no room for a segment, and made
 * again when there is. Without ballast the state may shrink but not grow. */
#ifndef JOURNAL_SEGMENT_PREPARE_H
#define JOURNAL_SEGMENT_PREPARE_H

#include "daemon/journal/segment.h"

struct segment_prepare;

struct segment_prepare_options {
    struct io *io; /* borrowed */
    int dir;       /* borrowed */
    uint64_t number;
    uint64_t bytes;
    /* Called from the thread if the disk fails for another reason than lack of room; must not
     * return. */
    void (*failed)(const char *name, int error);
};
/* Starts preparing the segment of that number, and the ballast. NULL: no memory. */
struct segment_prepare *segment_prepare_new(const struct segment_prepare_options *options);
void segment_prepare_free(struct segment_prepare *spare); /* waits for the thread */

/* True: a segment is ready. */
bool segment_prepare_ready(struct segment_prepare *spare);
/* True: there is no room for the segment or for the ballast. */
bool segment_prepare_short(struct segment_prepare *spare);
/* True: the log waits for the segment, and there was no room for it. */
bool segment_prepare_stuck(struct segment_prepare *spare);
/* Tells how much of the current segment is used: the next one is made without pauses when it
 * might not be ready in time. */
void segment_prepare_pace(struct segment_prepare *spare, uint64_t used_bytes);
/* Waits until the segment is ready, hands it over, and starts with the next one. */
void segment_prepare_take(struct segment_prepare *spare, struct io_file *file, uint64_t *number);

#endif
