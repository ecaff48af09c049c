/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads saved values. They are checked like those of a request, because a restored file may come
 * from anywhere. Whether a value has refs is not saved but found out again, so it cannot differ
 * from what the object will count. */
#include "daemon/objects/python/value_load.h"

#include "wire/value/value.h"

bool stored_read(struct reader *in, struct stored *stored)
{
    struct val_check check;
    stored->value = reader_bytes(in);
    if (!reader_ok(in))
        return false;
    switch (val_check(stored->value, VAL_DEPTH_STORED, &check)) {
    case VAL_OK:
        stored->refs = check.has_ref;
        return true;
    case VAL_NOMEM:
        return reader_nomem(in);
    default:
        return reader_fail(in);
    }
}

bool stored_count_fits(const struct reader *in, uint64_t count, size_t least)
{
    return !in->failed && count <= (size_t)(in->end - in->at) / least;
}
