/* SPDX-License-Identifier: BSD-2-Clause */
/* A segment's file mapped into memory for reading. */
#ifndef JOURNAL_MAPPING_H
#define JOURNAL_MAPPING_H

#include "daemon/journal/segment.h"

struct mapping {
    uint64_t number;
    char name[40];
    struct bytes bytes; /* the whole file */
};

/* 0, or -errno; -EINVAL: not a file. */
int mapping_open(int dir, uint64_t number, struct mapping *mapping);
void mapping_close(struct mapping *mapping);
/* The bytes from offset on. */
static inline struct bytes mapping_from(const struct mapping *mapping, uint64_t offset)
{
    return bytes_of(mapping->bytes.data + offset, mapping->bytes.len - offset);
}

#endif
