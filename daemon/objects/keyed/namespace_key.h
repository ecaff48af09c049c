/* SPDX-License-Identifier: BSD-2-Clause */
/* Attribute names as keys of a namespace's table. */
#ifndef OBJECTS_NAMESPACE_KEY_H
#define OBJECTS_NAMESPACE_KEY_H

#include "wire/base/buf.h"

struct ctx;

/* Writes the name's key into a buffer, which the caller frees in any case. -1: fail() was
 * called: no name, or not UTF-8. */
int namespace_key(struct ctx *ctx, struct bytes attr, struct buf *key)
    __attribute__((warn_unused_result));
/* Refuses names that start with '_', which are never stored: VALUE, -1. */
int namespace_public(struct ctx *ctx, struct bytes attr) __attribute__((warn_unused_result));

#endif
