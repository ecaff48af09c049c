/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that are read back from where they were saved. */
#ifndef OBJECTS_VALUE_LOAD_H
#define OBJECTS_VALUE_LOAD_H

#include "daemon/engine/reader.h"

/* A value that a request could have brought. */
struct stored {
    struct bytes value; /* borrowed from the reader's memory */
    bool refs;          /* it holds some */
};

/* What writer_bytes wrote of a value. False: reader_fail or reader_nomem was called. */
bool stored_read(struct reader *in, struct stored *stored) __attribute__((warn_unused_result));
/* Whether so many things of at least that many bytes each can follow: what a count is held against
 * before memory is taken for it. */
bool stored_count_fits(const struct reader *in, uint64_t count, size_t least);

#endif
