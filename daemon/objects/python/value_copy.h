/* SPDX-License-Identifier: BSD-2-Clause */
/* One stored value: a block of memory that is exactly its encoding. */
#ifndef OBJECTS_VALUE_COPY_H
#define OBJECTS_VALUE_COPY_H

#include "daemon/engine/mem.h"
#include "wire/base/bytes.h"

/* A copy of the (valid, not empty) value; NULL: no memory. Whether it holds refs is for the owner
 * to remember. */
uint8_t *cell_new(struct mem *mem, struct bytes value) __attribute__((warn_unused_result));
/* NULL is allowed. */
void cell_free(struct mem *mem, uint8_t *cell);
/* The value in it; empty for NULL. Borrowed until cell_free. */
struct bytes cell_bytes(const uint8_t *cell);

#endif
