/* SPDX-License-Identifier: BSD-2-Clause */
/* Where state is written to, in order: a digest now, a snapshot later. */
#ifndef ENGINE_WRITER_H
#define ENGINE_WRITER_H

#include "wire/base/bytes.h"

struct writer {
    void (*put)(void *arg, const void *data, size_t len);
    void *arg;
};

void writer_u64(struct writer *out, uint64_t value);     /* 8 bytes, little endian */
void writer_bytes(struct writer *out, struct bytes run); /* length first */
void writer_raw(struct writer *out, const void *data, size_t len);

#endif
