/* SPDX-License-Identifier: BSD-2-Clause */
/* The number of the form in which journals, snapshots and backups are written, and the refusal of
 * what was written in another one.
 *
 * The number is raised when the form changes so that what stands there cannot be read any more.
 * What an operation does is no part of it: that has the behaviour version, which is in the state.
 */
#ifndef JOURNAL_FORMAT_H
#define JOURNAL_FORMAT_H

#include "daemon/engine/engine.h"
#include "wire/base/buf.h"

enum { JOURNAL_FORMAT = 2 };

/* Whether this mgrd reads a file of that format. False: *why says what to do. */
bool format_known(const char *file, uint64_t format, struct buf *why);
/* Whether the engine (NULL: a new one) knows the behaviour of that version. False: *why. */
bool format_behaviour_known(const char *file, uint64_t version, const struct engine *engine,
                            struct buf *why);

#endif
