/* SPDX-License-Identifier: BSD-2-Clause */
/* The encoding of state that is written out. */
#include "daemon/engine/writer.h"

void writer_raw(struct writer *out, const void *data, size_t len)
{
    if (len > 0)
        out->put(out->arg, data, len);
}

void writer_u64(struct writer *out, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    writer_raw(out, bytes, sizeof bytes);
}

void writer_bytes(struct writer *out, struct bytes run)
{
    writer_u64(out, run.len);
    writer_raw(out, run.data, run.len);
}
