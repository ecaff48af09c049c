/* SPDX-License-Identifier: BSD-2-Clause */
/* One stored value: a block of memory that is exactly its encoding. */
#ifndef OBJECTS_VALUE_COPY_H
#define OBJECTS_VALUE_COPY_H

#include "daemon/engine/mem.h"
#include "wire/base/bytes.h"

/* Copies a valid, non-empty value; NULL: no memory. The owner must remember whether it has refs. */
uint8_t *cell_new(struct mem *mem, struct bytes value) __attribute__((warn_unused_result));
/* NULL is allowed. */
void cell_free(struct mem *mem, uint8_t *cell);
/* The stored value; empty for NULL. Borrowed until cell_free. */
struct bytes cell_bytes(const uint8_t *cell);

#endif
