/* SPDX-License-Identifier: BSD-2-Clause */
/* Counted memory of the engine. */
#include "daemon/engine/mem.h"

#include <stdbool.h>
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

/* Small blocks come from slabs, where daemons run. Tests have each from malloc: so each can be made
 * to fail, and the sanitizers see it. */
#ifdef MEM_SLABS
static bool in_slab(const struct mem *mem, size_t size)
{
    return mem != NULL && size <= SLAB_LARGEST;
}
#else
static bool in_slab(const struct mem *mem, size_t size)
{
    (void)mem;
    (void)size;
    return false;
}
#endif

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
    return counted(mem, in_slab(mem, size) ? slabs_take(&mem->slabs, size) : malloc(size), size);
}

/* glibc's calloc passes by the list of blocks that were freed just now, where small ones come from
 * fastest; of large ones it knows which the system has cleared already. explicit_bzero, since the
 * compiler makes calloc of malloc and memset. */
void *mem_zalloc(struct mem *mem, size_t size)
{
    if (size > MEM_SMALL)
        return counted(mem, calloc(1, size), size);
    void *block = mem_alloc(mem, size);
    if (block != NULL)
        explicit_bzero(block, size);
    return block;
}

/* From a slab, or into one. */
static void *move(struct mem *mem, void *block, size_t old_size, size_t new_size)
{
    void *moved = mem_alloc(mem, new_size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    mem_free(mem, block, old_size);
    return moved;
}

void *mem_resize(struct mem *mem, void *block, size_t old_size, size_t new_size)
{
    if (block == NULL)
        return mem_alloc(mem, new_size);
    if (in_slab(mem, old_size) || in_slab(mem, new_size))
        return move(mem, block, old_size, new_size);
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
    if (in_slab(mem, size))
        slabs_give(&mem->slabs, block);
    else
        free(block);
}

void mem_end(struct mem *mem)
{
    slabs_free(&mem->slabs);
}
