/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a valid value apart and builds it again: the bytes must be the same. */
#ifndef TESTS_SUPPORT_REBUILD_H
#define TESTS_SUPPORT_REBUILD_H

#include "wire/base/buf.h"

void rebuild(struct buf *out, struct bytes encoding);

/* The same value in other bytes: members of sets and pairs of dicts the other way round, on every
 * level, and each set a frozenset. At most REBUILD_MEMBERS members in each of them. */
enum { REBUILD_MEMBERS = 16 };
void rebuild_reversed(struct buf *out, struct bytes encoding);

#endif
