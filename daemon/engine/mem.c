/* SPDX-License-Identifier: BSD-2-Clause */
/* Counted memory of the engine. */
#include "daemon/engine/mem.h"

#include <stdlib.h>
#include <string.h>

enum { MEM_HEAD = 8, MEM_UNIT = 16, MEM_LEAST = 32, MEM_SMALL = 1024 };

/* What a block really costs in glibc's malloc. A formula, not malloc_usable_size: what was counted
 * when it was taken and what is counted when it is given back must be the same everywhere. */
static size_t rounded(size_t size)
{
    size_t whole = (size + MEM_HEAD + MEM_UNIT - 1) / MEM_UNIT * MEM_UNIT;
    return whole < MEM_LEAST ? MEM_LEAST : whole;
}

static void *counted(struct mem *mem, void *block, size_t size)
{
    if (mem != NULL && block != NULL) {
        mem->used += rounded(size);
        mem->blocks++;
    }
    return block;
}

void *mem_alloc(struct mem *mem, size_t size)
{
    return counted(mem, malloc(size), size);
}

/* glibc's calloc passes by the list of blocks that were freed just now, where small ones come from
 * fastest; of large ones it knows which the system has cleared already. explicit_bzero, since the
 * compiler makes calloc of malloc and memset. */
void *mem_zalloc(struct mem *mem, size_t size)
{
    if (size > MEM_SMALL)
        return counted(mem, calloc(1, size), size);
    void *block = counted(mem, malloc(size), size);
    if (block != NULL)
        explicit_bzero(block, size);
    return block;
}

void *mem_resize(struct mem *mem, void *block, size_t old_size, size_t new_size)
{
    if (block == NULL)
        return mem_alloc(mem, new_size);
    void *moved = realloc(block, new_size);
    if (moved != NULL && mem != NULL)
        mem->used = mem->used - rounded(old_size) + rounded(new_size);
    return moved;
}

void mem_free(struct mem *mem, void *block, size_t size)
{
    if (block == NULL)
        return;
    if (mem != NULL) {
        mem->used -= rounded(size);
        mem->blocks--;
    }
    free(block);
}
