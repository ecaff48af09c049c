/* SPDX-License-Identifier: BSD-2-Clause */
/* Shell patterns over names. */
#ifndef OBJECTS_OBJECT_GLOB_H
#define OBJECTS_OBJECT_GLOB_H

#include "wire/base/bytes.h"

/* Whether the whole name fits: `*` any run, slashes too, `?` one byte, `[a-z]` one of, `[!a-z]`
 * none of,
 * `\x` x itself; a `[` that nothing closes is itself. *work grows by the steps that it took. */
bool glob_match(struct bytes pattern, struct bytes name, size_t *work);

/* Bytes at the front of the pattern that every name that fits begins with as they are. */
size_t glob_prefix(struct bytes pattern);

#endif
