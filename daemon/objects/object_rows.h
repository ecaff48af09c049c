/* SPDX-License-Identifier: BSD-2-Clause */
/* What objects are described with. */
#ifndef OBJECTS_OBJECT_ROWS_H
#define OBJECTS_OBJECT_ROWS_H

#include "daemon/engine/core.h"

/* Puts the fields that `ls --long` and `info` share into an open dict. */
void object_row_put(const struct ctx *ctx, const struct object *object, struct buf *out);

/* "key": "123": ids and revisions are strings, since other languages keep 53 bits of a number. */
void field_put_id(struct buf *out, const char *key, uint64_t id);

#endif
