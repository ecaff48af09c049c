/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks the size of stored values against the frame limit. */
#include "daemon/objects/python/storable.h"

#include "daemon/engine/core.h"

int storable_measure(struct ctx *ctx, size_t len)
{
    size_t limit = ctx_limits(ctx)->frame_bytes;
    size_t most = limit > STORABLE_ROOM ? limit - STORABLE_ROOM : 0;
    if (len <= most)
        return 0;
    return fail(ctx, ERR_TOO_LARGE,
                "%zu bytes are too many for one value (an entry: key and value together): the most "
                "is %zu, limits.frame less 1 KiB",
                len, most);
}
