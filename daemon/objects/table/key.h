/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as keys of a dict and members of a set. */
#ifndef OBJECTS_KEY_H
#define OBJECTS_KEY_H

#include "wire/base/bytes.h"

struct ctx;

/* TYPE "unhashable type: 'list'" and -1 when it cannot be one. */
int key_check(struct ctx *ctx, struct bytes key) __attribute__((warn_unused_result));
/* Some NaN is inside a hashable value: it equals nothing and has no hash. Takes no memory. */
bool key_has_nan(struct bytes key);
/* a == b for hashable values without NaN: 1, 0, -1 when there was no memory. */
int key_equal(struct bytes a, struct bytes b);

#endif
