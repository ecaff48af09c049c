/* SPDX-License-Identifier: BSD-2-Clause */
/* Where state is read from, in the order in which it was written (writer.h). */
#ifndef ENGINE_READER_H
#define ENGINE_READER_H

#include <stdbool.h>

#include "wire/base/buf.h"

/* Reads from memory that it borrows. What goes beyond the end gives zeros and sets failed: callers
 * look at that once, not after each read. */
struct reader {
    const uint8_t *at, *end;
    bool failed;     /* what was written cannot be read: cut, or not what a writer writes */
    bool nomem;      /* no memory to hold it */
    struct buf *why; /* what failed, for people; NULL: nobody asks */
};

uint64_t reader_u64(struct reader *in);
/* At most max, else it fails and gives 0. */
uint64_t reader_u64_max(struct reader *in, uint64_t max);
/* Of a revision, which 0 and UINT64_MAX are not: then it fails and gives 1. */
uint64_t reader_id(struct reader *in);
bool reader_bool(struct reader *in);
struct bytes reader_bytes(struct reader *in); /* length first; borrowed from the memory */
struct bytes reader_raw(struct reader *in, size_t len);
/* Not as a writer wrote it. Always false, so that a load can return it. */
bool reader_fail(struct reader *in);
bool reader_nomem(struct reader *in);
static inline bool reader_ok(const struct reader *in)
{
    return !in->failed && !in->nomem;
}

#endif
