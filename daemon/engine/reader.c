/* SPDX-License-Identifier: BSD-2-Clause */
/* The encoding of state that is read back. */
#include "daemon/engine/reader.h"

struct bytes reader_raw(struct reader *in, size_t len)
{
    struct bytes run = bytes_of(in->at, len);
    if (in->failed || len > (size_t)(in->end - in->at)) {
        in->failed = true;
        return bytes_of(NULL, 0);
    }
    in->at += len;
    return run;
}

uint64_t reader_u64(struct reader *in)
{
    struct bytes run = reader_raw(in, 8);
    uint64_t value = 0;
    for (size_t i = 0; i < run.len; i++)
        value |= (uint64_t)run.data[i] << (8 * i);
    return value;
}

uint64_t reader_u64_max(struct reader *in, uint64_t max)
{
    uint64_t value = reader_u64(in);
    if (value > max) {
        in->failed = true;
        return 0;
    }
    return value;
}

uint64_t reader_id(struct reader *in)
{
    uint64_t id = reader_u64(in);
    if (id == 0 || id == UINT64_MAX) {
        in->failed = true;
        return 1;
    }
    return id;
}

bool reader_bool(struct reader *in)
{
    return reader_u64_max(in, 1) != 0;
}

struct bytes reader_bytes(struct reader *in)
{
    return reader_raw(in, reader_u64(in));
}

bool reader_fail(struct reader *in)
{
    in->failed = true;
    return false;
}

bool reader_nomem(struct reader *in)
{
    in->nomem = true;
    return false;
}
