/* SPDX-License-Identifier: BSD-2-Clause */
/* Shell patterns over names. */
#ifndef OBJECTS_OBJECT_GLOB_H
#define OBJECTS_OBJECT_GLOB_H

#include "wire/base/bytes.h"

/* Whether the whole name matches: `*` any run of bytes, slashes too; `?` one byte; `[a-z]` one
 * of these; `[!a-z]` none of these; `\x` x itself; a `[` that is not closed is itself. Adds the
 * steps taken to *work. */
bool glob_match(struct bytes pattern, struct bytes name, size_t *work);

/* Length of the prefix of the pattern that every matching name must begin with. */
size_t glob_prefix(struct bytes pattern);

#endif
