/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as positions and counts: what Python's __index__ accepts, with its words for the rest. */
#ifndef OBJECTS_INDEX_H
#define OBJECTS_INDEX_H

#include "daemon/engine/core.h"

enum index_fit {
    INDEX_FITS,
    INDEX_LOW,  /* an int below 64 bits; read as INT64_MIN */
    INDEX_HIGH, /* an int above 64 bits; read as INT64_MAX */
    INDEX_NONE, /* no int and no bool */
};

/* Never fails; *kind is the value's kind. */
enum index_fit index_read(struct bytes value, int64_t *number, enum val_kind *kind);

/* How a type of sequence complains. */
struct index_words {
    const char *not_int;   /* "list indices must be integers or slices, not " */
    bool names_kind;       /* the kind of the value follows it */
    const char *not_found; /* "list index out of range" */
};

/* value as the position of one of count items; negative ones count from the end. -1: fail() was
 * called. */
int index_at(struct ctx *ctx, struct bytes value, uint64_t count, const struct index_words *words,
             uint64_t *at) __attribute__((warn_unused_result));

/* value as a plain number (list.insert, list.pop). -1: fail() was called. */
int index_number(struct ctx *ctx, struct bytes value, int64_t *number)
    __attribute__((warn_unused_result));

/* value as the border of list.index, cut to 0..count. -1: fail() was called. */
int index_border(struct ctx *ctx, struct bytes value, uint64_t count, uint64_t *at)
    __attribute__((warn_unused_result));

/* value as how often to repeat a sequence; 0 for negative ones. -1: fail() was called. */
int index_times(struct ctx *ctx, struct bytes value, uint64_t *times)
    __attribute__((warn_unused_result));

#endif
