/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/base/elapsed.h"

#include <inttypes.h>

void elapsed_put(int64_t ms, struct buf *out)
{
    if (ms < 1000)
        buf_printf(out, "%" PRId64 "ms", ms);
    else
        buf_printf(out, "%" PRId64 ".%" PRId64 "s", ms / 1000, ms % 1000 / 100);
}
