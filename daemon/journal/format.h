/* SPDX-License-Identifier: BSD-2-Clause */
/* The format number of journals, snapshots and backups, and the refusal of other formats.
 *
 * The number is raised when a change of the format makes older files unreadable. What an
 * operation does is not part of the format: the state has a behaviour version for that. */
#ifndef JOURNAL_FORMAT_H
#define JOURNAL_FORMAT_H

#include "daemon/engine/engine.h"
#include "wire/base/buf.h"

enum { JOURNAL_FORMAT = 2 };

/* Whether this mgrd reads files of that format. False: *why tells what to do. */
bool format_known(const char *file, uint64_t format, struct buf *why);
/* Whether the engine (NULL: a new one) knows that behaviour version. False: *why tells what to
 * do. */
bool format_behaviour_known(const char *file, uint64_t version, const struct engine *engine,
                            struct buf *why);

#endif
