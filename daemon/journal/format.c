/* SPDX-License-Identifier: BSD-2-Clause */
/* Which formats this mgrd can read. */
#include "daemon/journal/format.h"

#include <inttypes.h>

bool format_known(const char *file, uint64_t format, struct buf *why)
{
    if (format == JOURNAL_FORMAT)
        return true;
    if (format > JOURNAL_FORMAT)
        buf_printf(why, "%s: written by a newer mgrd (format %" PRIu64 "; this one knows %d)", file,
                   format, JOURNAL_FORMAT);
    else
        buf_printf(why,
                   "%s: format %" PRIu64
                   ", this mgrd reads %d; nothing was changed. To move the objects: start the mgrd "
                   "that wrote it, 'mgrctl dump > FILE' with its mgrctl, start this mgrd with an "
                   "empty journal, 'mgrctl load FILE'",
                   file, format, JOURNAL_FORMAT);
    return false;
}

bool format_behaviour_known(const char *file, uint64_t version, const struct engine *engine,
                            struct buf *why)
{
    uint32_t known = engine == NULL ? ENGINE_VERSION : engine_newest_version(engine);
    if (version <= known)
        return true;
    buf_printf(why,
               "%s: written by a newer mgrd (behaviour %" PRIu64 "; this one knows %" PRIu32 ")",
               file, version, known);
    return false;
}
