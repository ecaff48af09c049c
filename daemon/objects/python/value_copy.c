/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies of values that are stored. */
#include "daemon/objects/python/value_copy.h"

#include "wire/value/value.h"

uint8_t *cell_new(struct mem *mem, struct bytes value)
{
    uint8_t *cell = mem_alloc(mem, value.len);
    if (cell != NULL)
        memcpy(cell, value.data, value.len);
    return cell;
}

void cell_free(struct mem *mem, uint8_t *cell)
{
    if (cell != NULL)
        mem_free(mem, cell, val_size_at(cell));
}

struct bytes cell_bytes(const uint8_t *cell)
{
    return cell == NULL ? bytes_of(NULL, 0) : bytes_of(cell, val_size_at(cell));
}
