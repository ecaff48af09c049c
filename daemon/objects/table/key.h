/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as keys of a dict and members of a set. */
#ifndef OBJECTS_KEY_H
#define OBJECTS_KEY_H

#include "wire/base/bytes.h"

struct ctx;

/* Refuses a value that cannot be a key: TYPE "unhashable type: 'list'", -1. */
int key_check(struct ctx *ctx, struct bytes key) __attribute__((warn_unused_result));
/* True if a hashable value contains a NaN: it equals nothing and has no hash. Takes no memory. */
bool key_has_nan(struct bytes key);
/* a == b for hashable values without NaN: 1, 0, or -1: no memory. */
int key_equal(struct bytes a, struct bytes b);

#endif
