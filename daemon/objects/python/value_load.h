/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads values from a saved state. */
#ifndef OBJECTS_VALUE_LOAD_H
#define OBJECTS_VALUE_LOAD_H

#include "daemon/engine/reader.h"

/* A loaded value, as valid as one from a request. */
struct stored {
    struct bytes value; /* borrowed from the reader's memory */
    bool refs;          /* the value has refs */
};

/* Reads a value written by writer_bytes. False: reader_fail or reader_nomem was called. */
bool stored_read(struct reader *in, struct stored *stored) __attribute__((warn_unused_result));
/* Whether count things of at least `least` bytes each can follow: to be asked before memory is
 * allocated for a count read from a file. */
bool stored_count_fits(const struct reader *in, uint64_t count, size_t least);

#endif
