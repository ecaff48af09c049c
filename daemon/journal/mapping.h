/* SPDX-License-Identifier: BSD-2-Clause */
/* A segment's file in memory, to be read. */
#ifndef JOURNAL_MAPPING_H
#define JOURNAL_MAPPING_H

#include "daemon/journal/segment.h"

struct mapping {
    uint64_t number;
    char name[40];
    struct bytes bytes; /* of all of the file */
};

/* 0, or -errno; -EINVAL: it is no file. */
int mapping_open(int dir, uint64_t number, struct mapping *mapping);
void mapping_close(struct mapping *mapping);
/* From there on. */
static inline struct bytes mapping_from(const struct mapping *mapping, uint64_t offset)
{
    return bytes_of(mapping->bytes.data + offset, mapping->bytes.len - offset);
}

#endif
