/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads values as positions and counts: accepts what Python's __index__ accepts, with Python's
 * messages for the rest. */
#ifndef OBJECTS_INDEX_H
#define OBJECTS_INDEX_H

#include "daemon/engine/core.h"

enum index_fit {
    INDEX_FITS,
    INDEX_LOW,  /* an int below the 64-bit range; read as INT64_MIN */
    INDEX_HIGH, /* an int above the 64-bit range; read as INT64_MAX */
    INDEX_NONE, /* neither int nor bool */
};

/* Never fails; *kind is the value's kind. */
enum index_fit index_read(struct bytes value, int64_t *number, enum val_kind *kind);

/* The messages of a type of sequence. */
struct index_words {
    const char *not_int;   /* "list indices must be integers or slices, not " */
    bool names_kind;       /* the kind of the value is appended */
    const char *not_found; /* "list index out of range" */
};

/* Reads value as the position of one of count items; negative positions count from the end. -1:
 * fail() was called. */
int index_at(struct ctx *ctx, struct bytes value, uint64_t count, const struct index_words *words,
             uint64_t *at) __attribute__((warn_unused_result));

/* Reads value as a number (list.insert, list.pop). -1: fail() was called. */
int index_number(struct ctx *ctx, struct bytes value, int64_t *number)
    __attribute__((warn_unused_result));

/* Reads value as a bound of list.index, clamped to 0..count. -1: fail() was called. */
int index_border(struct ctx *ctx, struct bytes value, uint64_t count, uint64_t *at)
    __attribute__((warn_unused_result));

/* Reads value as a number of repetitions; negative ones give 0. -1: fail() was called. */
int index_times(struct ctx *ctx, struct bytes value, uint64_t *times)
    __attribute__((warn_unused_result));

#endif
